import { isJsonObject, type JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import type { DisclosureFrame } from '../sd-jwt-vc/issue.ts'
import type { CredentialType } from './credential-type.ts'

type Claim = CredentialType['claims'][number]

const DATE = /^\d{4}-\d{2}-\d{2}$/

/**
 * The claims of a credential for one record of the register, and which of them become disclosures: all. A claim whose
 * source is empty is left out. `today` is the calendar date in Asia/Seoul, YYYY-MM-DD.
 * Throws `not_entitled` when the record lacks what the type requires, `invalid_parameter` for a malformed date.
 */
export function claimsFor(
  type: CredentialType,
  record: Readonly<Record<string, unknown>>,
  today: string,
): { claims: JsonObject; disclosureFrame: DisclosureFrame } {
  assertDate(today)
  if (!isEntitled(type, record)) {
    throw new CredentialError('not_entitled', `The register does not show what "${type.id}" requires.`)
  }
  const claims: JsonObject = {}
  const frame: { _sd: string[]; [group: string]: { _sd: string[] } | string[] } = { _sd: [] }
  for (const claim of type.claims) {
    const value = claimValue(claim, record, today)
    const [first, second] = claim.path
    if (value === undefined || first === undefined) continue
    if (second === undefined) {
      claims[first] = value
      frame._sd.push(first)
      continue
    }
    // The group itself is in the open and holds digests only, so that each member can be shown by itself.
    const group = claims[first]
    const groupFrame = frame[first]
    if (isJsonObject(group) && groupFrame && '_sd' in groupFrame) {
      group[second] = value
      groupFrame._sd.push(second)
    } else {
      claims[first] = { [second]: value }
      frame[first] = { _sd: [second] }
    }
  }
  return { claims, disclosureFrame: frame }
}

/** Whether the record holds what the type requires. */
export function isEntitled({ requires }: CredentialType, record: Readonly<Record<string, unknown>>): boolean {
  return requires.every((requirement) => {
    if (Array.isArray(requirement)) return isPresent(lookUp(record, requirement))
    const value = lookUp(record, requirement.path)
    return typeof value === 'number' && value >= requirement.atLeast
  })
}

/**
 * Whether someone born on `birthDate` has reached `years` on `today` (both YYYY-MM-DD), as the Civil Act counts
 * (만 나이): from the day of birth (Article 158), completed when the day before the birthday ends. A child of
 * 29 February has no such day in a common year; the year then ends with February (Article 160), so that the age is
 * reached on 1 March. ISO dates order as text, and 02-29 falls before 03-01 and after 02-28, which is that rule. The
 * Youth Protection Act counts by calendar year instead and would need a derivation of its own.
 */
export function hasReachedAge(birthDate: string, years: number, today: string): boolean {
  assertDate(birthDate)
  assertDate(today)
  const birthday = `${String(Number(birthDate.slice(0, 4)) + years).padStart(4, '0')}${birthDate.slice(4)}`
  return birthday <= today
}

function claimValue(
  { source, derive, path }: Claim,
  record: Readonly<Record<string, unknown>>,
  today: string,
): unknown {
  const value = lookUp(record, source)
  if (!isPresent(value)) return undefined
  switch (derive?.kind) {
    case undefined:
      return value
    case 'ageAtLeast':
      return hasReachedAge(String(value), derive.years, today)
    case 'numberAtLeast':
      if (typeof value === 'number') return value >= derive.value
      throw new CredentialError('invalid_parameter', `The register holds no number for ${path.join('.')}.`)
  }
}

function lookUp(record: unknown, path: readonly string[]): unknown {
  let at = record
  for (const name of path) at = isJsonObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  return at
}

const isPresent = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && value !== false

function assertDate(date: string): void {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  const exists =
    DATE.test(date) &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (!exists) throw new CredentialError('invalid_parameter', 'Not a calendar date YYYY-MM-DD.')
}
