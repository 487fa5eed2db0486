const OFFSET_MS = 9 * 60 * 60 * 1000
const DAY_MS = 86_400_000

type Span = { startsAt: Date; endsAt: Date }

/**
 * The dates of a repeated activity, the first included: the same weekday each week, or the same day each month at the
 * same time in Korea. A month that lacks the day (the 31st) is passed over, as a calendar does.
 */
export function repeatedDates(
  { startsAt, endsAt }: Span,
  repeat: { every: 'week' | 'month'; times: number } | undefined,
): Span[] {
  if (!repeat) return [{ startsAt, endsAt }]
  const lasts = endsAt.getTime() - startsAt.getTime()
  const local = new Date(startsAt.getTime() + OFFSET_MS)
  const dates: Span[] = []
  for (let step = 0; dates.length < repeat.times; step++) {
    const start = repeat.every === 'week' ? startsAt.getTime() + step * 7 * DAY_MS : monthsLater(local, step)
    if (start !== undefined) dates.push({ startsAt: new Date(start), endsAt: new Date(start + lasts) })
  }
  return dates
}

function monthsLater(local: Date, months: number): number | undefined {
  const moved = new Date(local)
  moved.setUTCMonth(local.getUTCMonth() + months)
  return moved.getUTCDate() === local.getUTCDate() ? moved.getTime() - OFFSET_MS : undefined
}
