import { addDays } from '../register/calendar.ts'

/** The city's clock, as the contract has it: Korea has no summer time. */
const OFFSET_MS = 9 * 60 * 60 * 1000
/** Points that end with the year are not spendable in its last minutes: the chain might settle them too late. */
const YEAR_END_MS = 10 * 60 * 1000

/** The day in Korea, YYYY-MM-DD. */
export function dateOf(time: Date): string {
  return new Date(time.getTime() + OFFSET_MS).toISOString().slice(0, 10)
}

/** When a day in Korea begins. */
export function startOf(date: string): Date {
  return new Date(Date.parse(`${date}T00:00:00Z`) - OFFSET_MS)
}

/** When a day in Korea is over. */
export function endOf(date: string): Date {
  return startOf(addDays(date, 1))
}

/**
 * The years whose points can be spent: `oldest` to `newest`. `expiring` is the oldest that is still good, although in
 * the last minutes of a year it cannot be spent any more.
 */
export function spendableYears(now: Date): { oldest: number; newest: number; expiring: number } {
  const year = Number(dateOf(now).slice(0, 4))
  const ending = Number(dateOf(new Date(now.getTime() + YEAR_END_MS)).slice(0, 4)) > year
  return { oldest: ending ? year : year - 1, newest: year, expiring: year - 1 }
}
