import { distanceBetween, type Position } from './distance.ts'
import { addDays, seoulDate, weekday } from './seoul-time.ts'
import type { Activity } from './types.ts'

export type When = 'any' | 'today' | 'week' | 'weekend' | 'date'

export type Wish = {
  text: string
  when: When
  /** `YYYY-MM-DD`, for `when: 'date'`. */
  date: string
  /** Id of a kind; empty for any. */
  kind: string
  districtCode: string
  order: 'soonest' | 'nearest'
}

export const ANYTHING: Wish = {
  text: '',
  when: 'any',
  date: '',
  kind: '',
  districtCode: '',
  order: 'soonest',
}

export type Found = Activity & { /** Metres from where the citizen is. */ distance?: number }

/**
 * The activities that fit a wish, in the order wished for. All of it happens here, over the public list: nobody
 * learns what was looked for, or from where.
 *
 * @param now milliseconds since 1970
 */
export function find(activities: readonly Activity[], wish: Wish, now: number, from?: Position): Found[] {
  const days = daysOf(wish, seoulDate(now))
  const words = wish.text.toLowerCase().split(/\s+/).filter(Boolean)
  return activities
    .filter(
      (activity) =>
        activity.status === 'published' &&
        Date.parse(activity.endsAt) > now &&
        (wish.kind === '' || activity.kind === wish.kind) &&
        (wish.districtCode === '' || activity.districtCode === wish.districtCode) &&
        (!days || touches(activity, days)) &&
        words.every((word) => textOf(activity).includes(word)),
    )
    .map((activity) => (from ? { ...activity, distance: distanceBetween(from, activity) } : activity))
    .sort(wish.order === 'nearest' && from ? byDistance : byStart)
}

const byStart = (a: Activity, b: Activity) => Date.parse(a.startsAt) - Date.parse(b.startsAt)
const byDistance = (a: Found, b: Found) => (a.distance ?? 0) - (b.distance ?? 0) || byStart(a, b)

type Days = readonly [first: string, last: string]

/** First and last day wished for; undefined for any. */
function daysOf({ when, date }: Wish, today: string): Days | undefined {
  switch (when) {
    case 'any':
      return undefined
    case 'today':
      return [today, today]
    case 'week':
      return [today, addDays(today, 6)]
    case 'weekend': {
      // On a Sunday the weekend is this day; on any other it is the Saturday to come, or this one.
      const saturday = addDays(today, 6 - weekday(today))
      return weekday(today) === 0 ? [today, today] : [saturday, addDays(saturday, 1)]
    }
    case 'date':
      return date === '' ? undefined : [date, date]
  }
}

/** What goes on over midnight, or over days, is found on each of them. */
function touches({ startsAt, endsAt }: Activity, [first, last]: Days): boolean {
  // An activity until midnight is not one of the next day.
  const end = Math.max(Date.parse(startsAt), Date.parse(endsAt) - 1)
  return seoulDate(Date.parse(startsAt)) <= last && seoulDate(end) >= first
}

const textOf = ({ title, description, organisation, place, address }: Activity) =>
  [
    title.ko,
    title.en,
    description.ko,
    description.en,
    organisation.name.ko,
    organisation.name.en,
    place,
    address,
  ]
    .join('\n')
    .toLowerCase()
