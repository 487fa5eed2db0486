import type { Activity } from '../types.ts'

/** An activity for tests: a Saturday morning at the beach of 왕산. */
export function activity(differing: Partial<Activity> = {}): Activity {
  return {
    id: '00000000-0000-4000-8000-000000000001',
    organisation: { id: 'o1', name: { ko: '바다지킴이', en: 'Sea Keepers' } },
    title: { ko: '해변 쓰레기 줍기', en: 'Beach clean-up' },
    description: { ko: '장갑과 집게를 드려요.', en: 'Gloves and tongs are there.' },
    kind: 'environment',
    place: '왕산해수욕장 입구',
    address: '인천광역시 영종구 용유서로 423',
    latitude: 37.4606,
    longitude: 126.3667,
    districtCode: '28155',
    startsAt: '2026-11-28T01:00:00.000Z',
    endsAt: '2026-11-28T04:00:00.000Z',
    places: 20,
    placesLeft: 5,
    waiting: 0,
    minAge: null,
    maxAge: null,
    template: null,
    minutes: 180,
    pointsPerHour: 1000,
    school: true,
    status: 'published',
    cancelReason: null,
    movedAt: null,
    ...differing,
  }
}
