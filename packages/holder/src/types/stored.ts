/** A credential, as it is kept. */

import type { Receipt } from '@pass/anchoring'
import type { CardDisplay, ClaimShown, HeldKey, Localized } from './basics.ts'

/** One copy of a credential, bound to a key of its own, so that two presentations cannot be linked. */
export type StoredCopy = {
  keyId: string
  /** Compact SD-JWT with all disclosures, without key binding. */
  credential: string
  /** SHA-256 of the issuer-signed part, lower-case hex without 0x. */
  hash: string
  /** How many times this copy was presented. */
  used: number
  receipt?: Receipt
}

export type StoredCredential = {
  id: string
  vct: string
  issuer: { id: string; name: Localized }
  display: CardDisplay
  /** Every claim of the credential with its label, in the order of the type metadata. */
  claims: ClaimShown[]
  /** Milliseconds since 1970, as everywhere in this package unless it says otherwise. */
  receivedAt: number
  issuedAt?: number
  expiresAt?: number
  copies: StoredCopy[]
  /** How fresh copies are fetched; absent when its issuer gave no means. */
  renewal?: Renewal
}

/** What an authorization server gave, and the key that it is bound to. */
export type TokenSet = {
  authorizationServer: string
  accessToken: string
  refreshToken?: string
  /** Credentials that came by one token share its key. */
  dpopKey: HeldKey
  dpopBound: boolean
  /** Under which this wallet got them; absent when the server takes anyone. */
  clientId?: string
}

/** How fresh copies are had (OpenID4VCI 1.0 section 13.5), and how the issuer hears of the credential's end. */
export type Renewal = TokenSet & {
  configurationId: string
  /** The dataset that the issuer named (section 8.2). */
  credentialIdentifier?: string
  /** Under which the issuer wants to hear how it went (section 11). */
  notificationId?: string
  /** Keys of the copies that are being fetched: the same on each try. */
  nextKeys?: HeldKey[]
  /** The issuer delivers the fresh copies later. */
  deferred?: Deferred
  /** No sooner than this, milliseconds: the last try failed. */
  notBefore?: number
}

/** A delivery that the issuer put off (section 9). */
export type Deferred = {
  transactionId: string
  /** When it was put off. */
  since: number
  /** When the issuer may be asked, milliseconds. */
  askAt: number
  /** Seconds between two questions. */
  interval: number
}
