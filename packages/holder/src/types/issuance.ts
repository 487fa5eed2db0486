/** An issuance under way, and what comes of it. */

import type { HeldKey, Localized } from './basics.ts'
import type { OfferPreview } from './offer.ts'
import type { Deferred, StoredCredential } from './stored.ts'

/**
 * An issuance under way: kept until the copies are stored, so that a lost response can be asked for again.
 * - `begun`: opened, not authorized yet (a transaction code may be missing)
 * - `signing_in`: the person was sent to the issuer's sign-in; `completeSignIn`, or `beginSignIn` with `offer` anew
 * - `authorized`: interrupted on the way; `resume` finishes it
 * - `waiting`: the issuer delivers later; `poll` asks
 */
export type PendingIssuance = {
  /** Derived from the issuer and the code, so that the same offer read twice finds it; random for a sign-in. */
  id: string
  state: 'begun' | 'signing_in' | 'authorized' | 'waiting'
  startedAt: number
  issuer: { id: string; name: Localized }
  preAuthorizedCode?: string
  signIn?: SignInUnderWay
  /** The one to use; until there is a token, only when the offer named it. */
  authorizationServer?: string
  dpopKey: HeldKey
  /** Present once the token endpoint answered. */
  accessToken?: string
  refreshToken?: string
  /** Whether the token is bound to `dpopKey`. */
  dpopBound?: boolean
  clientId?: string
  /** What is still to come, with its keys: the same on each try. */
  configurations: PendingConfiguration[]
}

export type PendingConfiguration = {
  id: string
  name: Localized
  copyKeys: HeldKey[]
  /** The dataset that the token is for (section 6.2); must be asked for by this name when it is given. */
  credentialIdentifier?: string
  /** Present when the issuer delivers later. */
  deferred?: Deferred
}

/** What the return from the sign-in is held against. */
export type SignInUnderWay = {
  /** To begin anew with, when the sign-in was broken off. */
  offer: OfferPreview
  redirectUri: string
  state: string
  codeVerifier: string
  clientId: string
  /** Whether the server always names itself in its answer (RFC 9207). */
  namesItself: boolean
  /** From the return; kept before it is redeemed. */
  code?: string
}

export type Received = {
  credentials: StoredCredential[]
  /** The issuance, when some of it is delivered later. */
  waiting: PendingIssuance[]
}

export type Polled = {
  arrived: StoredCredential[]
  refused: { name: Localized; reason?: string }[]
  waiting: PendingIssuance[]
}
