import { describe, expect, it } from 'vitest'
import { ANYTHING, find, type Wish } from './find.ts'
import { activity } from './testing/activity.ts'
import type { Activity } from './types.ts'

/** Thursday 26 November 2026, 23:30 in Korea: still the 26th there, as it is in London. */
const NOW = Date.parse('2026-11-26T14:30:00Z')

const at = (id: string, startsAt: string, endsAt: string, rest: Partial<Activity> = {}) =>
  activity({ id, startsAt, endsAt, ...rest })
const ids = (activities: Activity[], wish: Partial<Wish> = {}, now = NOW) =>
  find(activities, { ...ANYTHING, ...wish }, now).map(({ id }) => id)

describe('a search for activities', () => {
  it('gives them by their beginning, without those that are over or called off', () => {
    const list = [
      at('later', '2026-11-29T01:00:00Z', '2026-11-29T02:00:00Z'),
      at('over', '2026-11-26T10:00:00Z', '2026-11-26T14:29:00Z'),
      at('soon', '2026-11-26T14:00:00Z', '2026-11-26T15:00:00Z'),
      at('off', '2026-11-28T01:00:00Z', '2026-11-28T02:00:00Z', { status: 'cancelled' }),
    ]
    expect(ids(list)).toEqual(['soon', 'later'])
  })

  it('knows days as they are in Korea', () => {
    const list = [
      at('today', '2026-11-26T14:40:00Z', '2026-11-26T15:00:00Z'),
      at('after midnight', '2026-11-26T15:00:00Z', '2026-11-26T16:00:00Z'),
      at('over midnight', '2026-11-26T14:50:00Z', '2026-11-26T17:00:00Z'),
    ]
    expect(ids(list, { when: 'today' })).toEqual(['today', 'over midnight'])
    expect(ids(list, { when: 'date', date: '2026-11-27' })).toEqual(['over midnight', 'after midnight'])
  })

  it('counts today and six more days as a week', () => {
    const list = [
      at('sixth', '2026-12-02T14:00:00Z', '2026-12-02T14:30:00Z'),
      at('seventh', '2026-12-02T15:00:00Z', '2026-12-02T16:00:00Z'),
    ]
    expect(ids(list, { when: 'week' })).toEqual(['sixth'])
  })

  it.each([
    ['a Thursday', '2026-11-26T03:00:00Z', ['saturday', 'sunday']],
    ['the Saturday', '2026-11-27T15:30:00Z', ['saturday', 'sunday']],
    ['the Sunday', '2026-11-28T15:30:00Z', ['sunday']],
  ])('finds the weekend from %s', (_, now, expected) => {
    const list = [
      at('friday', '2026-11-27T10:00:00Z', '2026-11-27T14:59:00Z'),
      at('saturday', '2026-11-28T01:00:00Z', '2026-11-28T02:00:00Z'),
      at('sunday', '2026-11-29T10:00:00Z', '2026-11-29T14:59:00Z'),
      at('next saturday', '2026-12-05T01:00:00Z', '2026-12-05T02:00:00Z'),
    ]
    expect(ids(list, { when: 'weekend' }, Date.parse(now))).toEqual(expected)
  })

  it('keeps to a kind and to a district', () => {
    const list = [
      activity({ id: 'a', kind: 'care', districtCode: '28237' }),
      activity({ id: 'b', kind: 'care', districtCode: '28177' }),
      activity({ id: 'c', kind: 'education', districtCode: '28237' }),
    ]
    expect(ids(list, { kind: 'care' })).toEqual(['a', 'b'])
    expect(ids(list, { districtCode: '28237' })).toEqual(['a', 'c'])
    expect(ids(list, { kind: 'care', districtCode: '28237' })).toEqual(['a'])
  })

  it('finds every word, in either language and wherever it stands', () => {
    const list = [
      activity({ id: 'beach' }),
      activity({ id: 'park', title: { ko: '공원', en: 'Park' }, place: '공원' }),
    ]
    expect(ids(list, { text: '  해변  바다지킴이 ' })).toEqual(['beach'])
    expect(ids(list, { text: 'BEACH' })).toEqual(['beach'])
    expect(ids(list, { text: '왕산' })).toEqual(['beach'])
    expect(ids(list, { text: '용유서로' })).toEqual(['beach', 'park'])
    expect(ids(list, { text: '해변 공원' })).toEqual([])
  })

  it('gives the nearest first, and how far they are, once it is told from where', () => {
    const list = [
      activity({ id: 'far', latitude: 37.75, longitude: 126.49, startsAt: '2026-11-27T01:00:00Z' }),
      activity({ id: 'near', latitude: 37.456, longitude: 126.706, startsAt: '2026-11-28T01:00:00Z' }),
    ]
    const here = { latitude: 37.4559, longitude: 126.7052 }
    const found = find(list, { ...ANYTHING, order: 'nearest' }, NOW, here)
    expect(found.map(({ id }) => id)).toEqual(['near', 'far'])
    expect(found[0]?.distance).toBeLessThan(100)
    expect(ids(list, { order: 'nearest' })).toEqual(['far', 'near'])
  })
})
