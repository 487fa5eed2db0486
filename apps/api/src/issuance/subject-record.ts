import type { City } from '../city.ts'
import type { Resident } from '../register/resident.ts'
import { dateOf, startOf } from '../time/korea.ts'

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

/** Midnight in Korea that began the day of `at`, in seconds. */
export function startOfDayInSeoul(at: Date): number {
  return Math.floor(startOf(dateOf(at)).getTime() / 1000)
}
