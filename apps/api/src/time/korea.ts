import { addDays } from './dates.ts'

/** The city's clock, as the contract has it: Korea has no summer time. */
const OFFSET_MS = 9 * 60 * 60 * 1000

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

/** HH:MM:SS in Korea. */
export function timeOf(time: Date): string {
  return time.toLocaleTimeString('en-GB', { timeZone: 'Asia/Seoul', hour12: false })
}
