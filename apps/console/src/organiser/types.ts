import type { Localized } from '../api.ts'

/** An activity as its organiser sees it. */
export type Activity = {
  id: string
  seriesId: string | null
  title: Localized
  description: Localized
  kind: string
  place: string
  address: string
  latitude: number
  longitude: number
  district: string
  startsAt: string
  endsAt: string
  places: number
  /** Signed up, waiting. */
  taken: number
  waiting: number
  minAge: number | null
  maxAge: number | null
  minutes: number
  pointsPerHour: number
  school: boolean
  status: 'draft' | 'published' | 'cancelled'
  cancelReason: string | null
}

export type Volunteer = {
  signupId: string
  name: string
  group: string | null
  status: 'consent' | 'signed' | 'waiting' | 'withdrawn' | 'cancelled'
  attendance: {
    checkedInAt: string
    checkedOutAt: string | null
    minutes: number | null
    status: 'present' | 'left' | 'confirmed' | 'refused' | 'disputed'
    /** What the organiser would confirm without changing anything. */
    proposed: number
    note: string | null
  } | null
}

export const KINDS = ['care', 'environment', 'education', 'culture', 'safety', 'events', 'other'] as const
