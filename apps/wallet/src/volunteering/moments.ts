import type { Language } from '@pass/ui'
import { seoulDate } from './seoul-time.ts'

const LOCALES = { ko: 'ko-KR', en: 'en-GB' } as const
const ZONE = { timeZone: 'Asia/Seoul' } as const

/** A day with its weekday, from milliseconds since 1970. The year only when it is not this one. */
export function dayWithWeekday(language: Language, at: number, now: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    ...ZONE,
    month: 'long',
    day: 'numeric',
    weekday: 'short',
    ...(seoulDate(at).slice(0, 4) === seoulDate(now).slice(0, 4) ? {} : { year: 'numeric' as const }),
  }).format(at)
}

export function timeOfDay(language: Language, at: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], { ...ZONE, hour: 'numeric', minute: '2-digit' }).format(
    at,
  )
}

/** From when to when: the day is said once when it is one day. ISO 8601 in. */
export function span(language: Language, startsAt: string, endsAt: string, now: number): string {
  const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)]
  const from = `${dayWithWeekday(language, start, now)} ${timeOfDay(language, start)}`
  const to = timeOfDay(language, end)
  return seoulDate(start) === seoulDate(end)
    ? `${from} – ${to}`
    : `${from} – ${dayWithWeekday(language, end, now)} ${to}`
}
