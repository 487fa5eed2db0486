import { addDays, seoulDate } from './seoul-time.ts'
import type { Signup } from './types.ts'

export type Reminder = { signup: Signup; when: 'today' | 'tomorrow' }

/** What begins today or tomorrow in Korea, is not over and not entered yet, soonest first. */
export function remindersOf(signups: readonly Signup[], now: number): Reminder[] {
  const today = seoulDate(now)
  const tomorrow = addDays(today, 1)
  return signups
    .filter(({ status, activity }) => status === 'signed' && activity.status === 'published')
    .filter(({ attendance }) => attendance === null)
    .filter(({ activity }) => Date.parse(activity.endsAt) > now)
    .sort((a, b) => Date.parse(a.activity.startsAt) - Date.parse(b.activity.startsAt))
    .flatMap((signup): Reminder[] => {
      const day = seoulDate(Date.parse(signup.activity.startsAt))
      if (day === tomorrow) return [{ signup, when: 'tomorrow' }]
      // What began yesterday and still goes on is today's.
      return day <= today ? [{ signup, when: 'today' }] : []
    })
}
