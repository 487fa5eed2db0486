import { addDays, daysBetween } from '../time/dates.ts'
import { endOf } from '../time/korea.ts'

/** Whole days in Korea, both counted. */
export type Period = { from: string; to: string }

/** A Monday: periods of seven days are weeks. */
const FIRST_DAY = '1970-01-05'

/** The period that a day is in. */
export function periodOf(date: string, periodDays: number): Period {
  const into = daysBetween(FIRST_DAY, date) % periodDays
  const from = addDays(date, into === 0 ? 0 : -into)
  return { from, to: addDays(from, periodDays - 1) }
}

/** A payment of the last second may still be on its way into the database. */
const GRACE_MS = 10 * 60 * 1000

/** Nothing more can come into it. */
export function isOver({ to }: Period, now: Date): boolean {
  return now.getTime() >= endOf(to).getTime() + GRACE_MS
}
