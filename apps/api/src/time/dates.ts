/** Calendar dates as YYYY-MM-DD: a birthday has no time of day and no zone. */
const DAY_MS = 86_400_000

const parse = (date: string) => Date.parse(`${date}T00:00:00Z`)
const format = (time: number) => new Date(time).toISOString().slice(0, 10)

export function addDays(date: string, days: number): string {
  return format(parse(date) + days * DAY_MS)
}

/** 29 February plus a year is 1 March, as in Korean law a day that does not exist passes to the next. */
export function addYears(date: string, years: number): string {
  const time = new Date(parse(date))
  time.setUTCFullYear(time.getUTCFullYear() + years)
  return format(time.getTime())
}

export function daysBetween(from: string, to: string): number {
  return Math.round((parse(to) - parse(from)) / DAY_MS)
}

/**
 * Reads a date as offices write it: 1990-01-05, 1990.1.5, 1990. 1. 5., 1990/01/05, 19900105, 1990년 1월 5일.
 * @returns undefined for anything else, and for days that no calendar has
 */
export function readDate(text: string): string | undefined {
  const match =
    /^(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\s*\.?$/.exec(text) ??
    /^(\d{4})년\s*(\d{1,2})월\s*(\d{1,2})일$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  if (!match) return undefined
  const [, year = '', month = '', day = ''] = match
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const time = parse(date)
  return Number.isNaN(time) || format(time) !== date ? undefined : date
}
