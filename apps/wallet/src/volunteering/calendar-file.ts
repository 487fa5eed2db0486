import type { Activity } from './types.ts'

export type CalendarWords = { title: string; description: string; reminder: string }

/** An entry in a calendar stands by itself: who reads it needs no wallet. */
type Event = Pick<Activity, 'id' | 'startsAt' | 'endsAt' | 'place' | 'address' | 'latitude' | 'longitude'>

/**
 * An activity as a calendar file (iCalendar, RFC 5545) with an alarm the day before.
 *
 * @param now when it was made, milliseconds since 1970
 * @param host makes the entry's name one in the world: taking the file twice gives one entry
 */
export function calendarFile(event: Event, words: CalendarWords, now: number, host: string): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Incheon Pass//Volunteering//KO',
    'BEGIN:VEVENT',
    `UID:${event.id}@${host}`,
    `DTSTAMP:${utc(now)}`,
    `DTSTART:${utc(Date.parse(event.startsAt))}`,
    `DTEND:${utc(Date.parse(event.endsAt))}`,
    `SUMMARY:${text(words.title)}`,
    `LOCATION:${text(`${event.place}, ${event.address}`)}`,
    `GEO:${event.latitude};${event.longitude}`,
    `DESCRIPTION:${text(words.description)}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${text(words.reminder)}`,
    'TRIGGER:-P1D',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return lines.map((line) => `${fold(line)}\r\n`).join('')
}

/** RFC 5545 section 3.3.5, form 2. */
const utc = (at: number) => `${new Date(at).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`

/** Section 3.3.11. */
const text = (value: string) =>
  value
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')
    // No other control character may stand in a line.
    .replace(/\p{Cc}/gu, '')

/** Lines of at most 75 octets, broken between characters (section 3.1). */
function fold(line: string): string {
  const encoder = new TextEncoder()
  let folded = ''
  let room = 75
  for (const character of line) {
    const size = encoder.encode(character).length
    if (size > room) {
      folded += '\r\n '
      room = 74
    }
    folded += character
    room -= size
  }
  return folded
}
