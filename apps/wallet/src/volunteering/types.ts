import type { Localized } from '@pass/ui'

/** What volunteers help with; the list is the city's. */
export type Kind = { id: string; name: Localized }

/** An activity as everyone may see it. Times are ISO 8601. */
export type Activity = {
  id: string
  organisation: { id: string; name: Localized }
  title: Localized
  description: Localized
  /** Id of a `Kind`. */
  kind: string
  place: string
  address: string
  latitude: number
  longitude: number
  districtCode: string
  startsAt: string
  endsAt: string
  places: number
  placesLeft: number
  waiting: number
  minAge: number | null
  maxAge: number | null
  /** Name of what a volunteer has to prove; null when nothing. */
  template: string | null
  /** What a full attendance counts. */
  minutes: number
  pointsPerHour: number
  /** Counts as hours for school. */
  school: boolean
  status: 'draft' | 'published' | 'cancelled'
  cancelReason: string | null
  /** When its time or place was changed after it was published. */
  movedAt: string | null
}

/** A citizen's place in an activity. */
export type Signup = {
  id: string
  activity: Activity
  status: 'consent' | 'signed' | 'waiting' | 'withdrawn' | 'cancelled'
  /** Place on the waiting list, from 1. */
  position: number | null
  /** For the guardian, while a yes is waited for. */
  consentLink: string | null
  attendance: Attendance | null
}

export type Attendance = {
  checkedInAt: string
  checkedOutAt: string | null
  /** What the organiser confirmed. */
  minutes: number | null
  status: 'present' | 'left' | 'confirmed' | 'refused' | 'disputed'
}

/** Hours on the citizen's record. */
export type Hours = {
  id: string
  title: Localized
  organisation: string
  /** `YYYY-MM-DD`, in Korea. */
  date: string
  minutes: number
  school: boolean
  /** Decimal; null when none were given. */
  points: string | null
  /** Why not all points were given yet. */
  withheld: string | null
}

export type MyVolunteering = {
  signups: Signup[]
  hours: Hours[]
  totals: { minutes: number; schoolMinutes: number }
  /** The badge to come, in hours; null when all were reached. */
  nextBadge: { hours: number; minutesLeft: number } | null
}

export type Group = {
  id: string
  name: string
  kind: GroupKind
  /** What members type to join; only its leader sees it. */
  joinCode: string | null
  members: number
  leader: boolean
}
export const GROUP_KINDS = ['school', 'club', 'company', 'family'] as const
export type GroupKind = (typeof GROUP_KINDS)[number]
