import { describe, expect, it } from 'vitest'
import { remindersOf } from './due.ts'
import { activity } from './testing/activity.ts'
import type { Signup } from './types.ts'

const signup = (id: string, startsAt: string, endsAt: string, rest: Partial<Signup> = {}): Signup => ({
  id,
  activity: activity({ startsAt, endsAt }),
  status: 'signed',
  position: null,
  consentLink: null,
  attendance: null,
  ...rest,
})
/** Friday 27 November 2026, 23:30 in Korea. */
const NOW = Date.parse('2026-11-27T14:30:00Z')
const due = (signups: Signup[], now = NOW) =>
  remindersOf(signups, now).map(({ signup, when }) => [signup.id, when])

describe('a citizen is reminded', () => {
  it('the day before and on the day, by the days of Korea', () => {
    const list = [
      signup('in two days', '2026-11-28T15:00:00Z', '2026-11-28T16:00:00Z'),
      signup('tomorrow', '2026-11-28T01:00:00Z', '2026-11-28T04:00:00Z'),
      signup('now', '2026-11-27T14:00:00Z', '2026-11-27T15:00:00Z'),
    ]
    expect(due(list)).toEqual([
      ['now', 'today'],
      ['tomorrow', 'tomorrow'],
    ])
    expect(due(list, Date.parse('2026-11-27T15:00:00Z'))).toEqual([
      ['tomorrow', 'today'],
      ['in two days', 'tomorrow'],
    ])
  })

  it('until it is over, also over midnight', () => {
    const night = [signup('night', '2026-11-27T13:00:00Z', '2026-11-27T17:00:00Z')]
    expect(due(night, Date.parse('2026-11-27T16:00:00Z'))).toEqual([['night', 'today']])
    expect(due(night, Date.parse('2026-11-27T17:00:00Z'))).toEqual([])
  })

  it('until they have checked in', () => {
    const attendance = {
      checkedInAt: '2026-11-27T14:05:00Z',
      checkedOutAt: null,
      minutes: null,
      status: 'present',
    }
    const now = ['2026-11-27T14:00:00Z', '2026-11-27T15:00:00Z'] as const
    expect(due([signup('in', ...now, { attendance } as Partial<Signup>)])).toEqual([])
  })

  it('not of what they wait for, withdrew from, or what was called off', () => {
    const [start, end] = ['2026-11-28T01:00:00Z', '2026-11-28T04:00:00Z'] as const
    const off = { activity: activity({ startsAt: start, endsAt: end, status: 'cancelled' }) }
    expect(
      due([
        signup('a', start, end, { status: 'waiting', position: 1 }),
        signup('b', start, end, { status: 'withdrawn' }),
        signup('c', start, end, off),
      ]),
    ).toEqual([])
  })
})
