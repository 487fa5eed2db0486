import { call, type District, type Resident } from '../api.ts'
import { useI18n } from '../i18n.ts'
import { useLoad } from '../load.ts'

/** The name of where a resident lives; the code until the names are there. */
export function usePlaceNames(): (place: Pick<Resident, 'districtCode' | 'neighbourhoodCode'>) => string {
  const { local } = useI18n()
  const districts = useLoad('districts', () => call<District[]>('GET', '/api/districts'))
  const names = new Map(
    districts.data?.flatMap((area) => [
      [area.code, local(area.name)] as const,
      ...area.neighbourhoods.map((one) => [one.code, local(one.name)] as const),
    ]),
  )
  return ({ districtCode, neighbourhoodCode }) =>
    `${names.get(districtCode) ?? districtCode} ${names.get(neighbourhoodCode) ?? ''}`
}
