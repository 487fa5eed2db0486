import type { City } from '../city.ts'
import type { Resident } from '../register/resident.ts'

/** A resident as credential types see one: the register's row with the names behind its codes. */
export function createSubjectRecords({
  districts,
}: Pick<City, 'districts'>): (row: Resident) => Record<string, unknown> {
  const districtNames = new Map(districts.map(({ code, name }) => [code, name.ko]))
  const neighbourhoodNames = new Map(
    districts.flatMap((d) => d.neighbourhoods.map(({ code, name }) => [code, name.ko])),
  )
  return (row) => ({
    ...row,
    districtName: districtNames.get(row.districtCode),
    neighbourhoodName: neighbourhoodNames.get(row.neighbourhoodCode),
  })
}

const SEOUL_OFFSET_MS = 9 * 60 * 60 * 1000

/** The calendar date in Korea, which has no summer time: YYYY-MM-DD. */
export function dateInSeoul(at: Date): string {
  return new Date(at.getTime() + SEOUL_OFFSET_MS).toISOString().slice(0, 10)
}

/** Midnight in Korea that began the day of `at`, in seconds. */
export function startOfDayInSeoul(at: Date): number {
  return Math.floor((Date.parse(dateInSeoul(at)) - SEOUL_OFFSET_MS) / 1000)
}
