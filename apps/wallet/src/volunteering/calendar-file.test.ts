import { describe, expect, it } from 'vitest'
import { calendarFile } from './calendar-file.ts'
import { activity } from './testing/activity.ts'

const NOW = Date.parse('2026-11-21T05:00:00Z')
const words = { title: '해변 쓰레기 줍기', description: '장갑을 드려요.', reminder: '내일 봉사가 있어요' }
const file = (differing = {}, said = words) => calendarFile(activity(differing), said, NOW, 'pass.example')
/** As a calendar reads it: folded lines joined, one property per line. */
const unfolded = (text: string) => text.replace(/\r\n[ \t]/g, '').split('\r\n')

describe('the calendar file of an activity', () => {
  it('says when, where and what', () => {
    expect(unfolded(file())).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Incheon Pass//Volunteering//KO',
      'BEGIN:VEVENT',
      'UID:00000000-0000-4000-8000-000000000001@pass.example',
      'DTSTAMP:20261121T050000Z',
      'DTSTART:20261128T010000Z',
      'DTEND:20261128T040000Z',
      'SUMMARY:해변 쓰레기 줍기',
      'LOCATION:왕산해수욕장 입구\\, 인천광역시 영종구 용유서로 423',
      'GEO:37.4606;126.3667',
      'DESCRIPTION:장갑을 드려요.',
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'DESCRIPTION:내일 봉사가 있어요',
      'TRIGGER:-P1D',
      'END:VALARM',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ])
  })

  it('has no line of more than 75 octets, and breaks no character', () => {
    const long = '아주 긴 설명이에요 '.repeat(40).trim()
    const text = file({}, { ...words, description: long })
    for (const line of text.split('\r\n')) {
      expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75)
      expect(line).not.toContain('\uFFFD')
    }
    expect(unfolded(text)).toContain(`DESCRIPTION:${long}`)
  })

  it('lets no organiser write properties of their own', () => {
    const lines = unfolded(file({}, { ...words, description: '1; 2, 3\\4\r\nATTACH:http://evil\u0007' }))
    expect(lines).toContain('DESCRIPTION:1\\; 2\\, 3\\\\4\\nATTACH:http://evil')
    expect(lines.some((line) => line.startsWith('ATTACH'))).toBe(false)
  })
})
