/** What the device keeps besides credentials. */

import type { ClaimLabel, HeldKey, Localized } from './basics.ts'
import type { ClientAttestation } from './ports.ts'

/** What happened, to be shown to its owner: names of claims, never values. */
export type ActivityEntry = {
  id: string
  at: number
  kind:
    | 'received'
    /** Asked for, and the issuer delivers later. */
    | 'applied'
    /** Asked for, and in the end the issuer did not deliver. */
    | 'rejected'
    | 'presented'
    | 'refused'
    | 'failed'
    | 'declined'
    | 'deleted'
  /** Issuer or verifier. */
  party: { name: Localized; id: string }
  purpose?: Localized
  credentials: { name: Localized; claims: ClaimLabel[] }[]
  /** Code of a refusal or a failure. */
  code?: string
  /** Why it was rejected, in the issuer's words. */
  reason?: string
  /** Whether anything left the device. */
  shared: boolean
}

/** The key that this device holds points with, and what is known of its account with the city. */
export type AccountRecord = {
  key: HeldKey
  /** Highest nonce that this key ever signed: the same or a lower one is void. */
  nonce: number
  /** `waiting`: the points are still with an older key; `closed`: they went to a newer one. */
  status: 'none' | 'open' | 'waiting' | 'closed'
  /** What a citizen reads out at a desk. */
  number?: string
  /** Why a closed one is closed: the points went to another phone, or the old phone kept them. */
  reason?: 'moved' | 'objected'
  /** When a waiting account opens, milliseconds. */
  readyAt?: number
  /** Another device is taking the points over, and when; this key may object until then. */
  leavingAt?: number
  /** The proof of who the citizen is that is under way. */
  verificationId?: string
}

/** A payment that this device signed. It is kept before it is sent, so that nothing is ever signed twice. */
export type PaymentRecord = {
  /** The merchant's request, or one made for this attempt when there is none. */
  id: string
  requestId?: string
  payee: { id: number; name: Localized; kind: 'merchant' | 'fund' | 'exchange' }
  /** Decimal. */
  amount: string
  /** 0x hex. */
  address: string
  nonce: number
  /** Until when the chain takes it, seconds. */
  deadline: number
  /** base64url of r and s, s in the lower half. */
  signature: string
  signedAt: number
  /** Until when the city takes it, by the city's clock. */
  goodUntil: number
  /** Whether it was shown as a code, because there was no network. */
  asCode: boolean
  /** `open`: whether it counts is not known yet. */
  state: 'open' | 'held' | 'refused'
  /** When it was held. */
  heldAt?: number
  /** Why it was refused. */
  refusal?: string
}

export type Snapshot = { at: number; body: unknown }

/** What vouches for this wallet, as its host keeps it. Times are milliseconds. */
export type InstanceRecord = {
  key: HeldKey
  clients: Record<string, ClientAttestation & { expiresAt: number }>
  /** Id of the account's key that the provider was told of. */
  accountKey?: string
}
