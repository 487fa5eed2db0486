/** Korea has one time zone and no summer time, since 1988. */
const OFFSET_MS = 9 * 3_600_000
const DAY_MS = 86_400_000

/** The calendar date in Korea of a moment (milliseconds since 1970), `YYYY-MM-DD`. */
export function seoulDate(at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10)
}

/** So many days later, or earlier. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
}

/** 0 for Sunday to 6 for Saturday. */
export function weekday(date: string): number {
  return new Date(Date.parse(date)).getUTCDay()
}
