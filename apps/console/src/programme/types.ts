import type { Localized } from '../api.ts'

export type Rule = { id: string; name: Localized; unit: Localized; points: number; most: number }

export type Programme = {
  id: number
  slug: string
  kind: string
  name: Localized
  description: Localized
  owner: Localized
  status: 'pending' | 'active' | 'stopped'
  /** Points a period, and how many of the running one are given out. */
  budget: string
  spent: string
  periodDays: number
  dayLimit: number
  startsOn: string
  endsOn: string
  rules: Rule[]
}

export type Spending = {
  periods: { from: string; to: string; points: string; budget: string }[]
  /** `week` is its Monday. */
  weeks: { week: string; points: string }[]
}

export type Award = {
  id: string
  points: number
  reason: Localized
  status: 'pending' | 'batched' | 'confirmed' | 'refused'
  /** Number of the account that got it. */
  to: string
  createdAt: string
}

export type Correction = {
  id: string
  programme: number
  /** Number of the account. */
  account: string
  amount: string
  debited: string | null
  reason: string
  status: 'proposed' | 'approved' | 'rejected' | 'settled'
  proposedBy: string
  /** Whether whoever asks proposed it, and so may not approve. */
  own: boolean
  createdAt: string
}
