import type { TestCity } from '../../city.ts'
import type { Json } from '../jose.ts'

/** Calls the API for an agency: `GET` without a body. */
export type Officer = (path: string, body?: object) => Promise<Json>

/** An officer's machine of that agency, by a key that the operator makes. */
export async function officerOf(city: TestCity, agency: string): Promise<Officer> {
  const made = await city.call('operator', '/api/api-keys', { name: 'conformance', role: 'officer', agency })
  if (made.status !== 201) throw new Error(`no key: ${JSON.stringify(made.body)}`)
  return async (path, body) => {
    const answer = await city.call('officer', path, body, { authorization: `Bearer ${made.body.key}` })
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
}

/** Register numbers of those who may have the card that an officer must approve. */
export async function veterans(officer: Officer, count: number): Promise<string[]> {
  const found: string[] = []
  let cursor: string | null = ''
  while (found.length < count && cursor !== null) {
    const page: Json = await officer(
      `/api/register/residents?limit=100${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    )
    const adults = page.items.filter(({ birthDate }: Json) => birthDate < '1965')
    for (const { id, registerNo } of adults) {
      const { attributes } = await officer(`/api/register/residents/${id}`)
      if (attributes?.veteran) found.push(registerNo)
      if (found.length === count) break
    }
    cursor = page.nextCursor
  }
  if (found.length < count) throw new Error('too few veterans in the sample')
  return found
}
