import { dateOf } from '../time/korea.ts'

const DAY_MS = 86_400_000
/** Points that end with the year are not spendable in its last minutes: the chain might settle them too late. */
const YEAR_END_MS = 10 * 60 * 1000

/** The day in Korea as the contract counts it: days since 1970. */
export function koreanDay(at: Date): number {
  return dayOf(dateOf(at))
}

/** A calendar date, YYYY-MM-DD, as days since 1970. */
export function dayOf(date: string): number {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
}

/** The calendar date of a day since 1970. */
export function dateOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The year in Korea: the epoch of points that are earned then. */
export function koreanYear(at: Date): number {
  return Number(dateOf(at).slice(0, 4))
}

/** The last day on which points of a year are good. */
export const expiryOf = (epoch: number): string => `${epoch + 1}-12-31`

/** The Monday of a day's week. 1970-01-01 was a Thursday. */
export const mondayOf = (day: number): number => day - ((day + 3) % 7)

/**
 * The years whose points can be spent: `oldest` to `newest`. `expiring` is the oldest that is still good, although in
 * the last minutes of a year it cannot be spent any more.
 */
export function spendableYears(now: Date): { oldest: number; newest: number; expiring: number } {
  const year = koreanYear(now)
  const ending = koreanYear(new Date(now.getTime() + YEAR_END_MS)) > year
  return { oldest: ending ? year : year - 1, newest: year, expiring: year - 1 }
}
