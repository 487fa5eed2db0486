import { typeHash } from './identifiers.ts'
import type { Hex } from './manifest.ts'

/** Seconds; `from` belongs to the period, `until` does not; null is an open end. */
export type Period = { from: number; until: number | null }

/** What IssuerRegistry holds of one issuer. */
export type IssuerRecord = {
  registeredAt: number
  suspensions: Period[]
  keys: ({ keyHash: Hex } & Period)[]
  types: { typeHash: Hex; periods: Period[] }[]
}

/** In the order of the contract's enum Standing. */
export const STANDINGS = [
  'unknown_issuer',
  'suspended',
  'key_not_valid',
  'type_not_accredited',
  'accredited',
] as const

/** The first thing that was missing, or `accredited`. */
export type Standing = (typeof STANDINGS)[number]

const OPEN = 2n ** 64n - 1n

/** The contract's `until` as a number of seconds, or null for an open end. */
export const closedUntil = (until: bigint): number | null => (until === OPEN ? null : Number(until))

const covers = (period: Period, time: number): boolean =>
  time >= period.from && (period.until === null || time < period.until)

/** `standingOf` of the contract over a record read before: the same answer without asking the chain. */
export function standingAt(
  record: IssuerRecord | undefined,
  keyHash: Hex,
  type: string,
  time: number,
): Standing {
  if (!record || time < record.registeredAt) return 'unknown_issuer'
  if (record.suspensions.some((period) => covers(period, time))) return 'suspended'
  const key = record.keys.find((candidate) => candidate.keyHash.toLowerCase() === keyHash.toLowerCase())
  if (!key || !covers(key, time)) return 'key_not_valid'
  const accreditations = record.types.find((candidate) => candidate.typeHash === typeHash(type))
  if (!accreditations?.periods.some((period) => covers(period, time))) return 'type_not_accredited'
  return 'accredited'
}
