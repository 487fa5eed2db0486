/** The shapes that the wallet's engine and its host share: ports, what is stored, what a screen is shown. */

import type { Receipt } from '@pass/anchoring'
import type { JWK } from 'jose'

export type { Receipt }

export type Localized = { ko: string; en: string }
/** A DCQL claims path pointer (OpenID4VP 1.0 section 7). */
export type ClaimPath = readonly (string | number | null)[]
export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** P-256 keys that never leave where they were made. `sign` gives raw ES256 (64 bytes, r then s). */
export type KeyPort = {
  generate(): Promise<{ id: string; publicJwk: PublicJwk }>
  sign(id: string, data: Uint8Array): Promise<Uint8Array>
  remove(id: string): Promise<void>
}

/** Whom the city trusts: the answer of its `GET /api/trust`, as far as the holder uses it. */
export type Trust = {
  /** Base64 DER. */
  rootCertificates: string[]
  /**
   * Name of the authority that registers verifiers, a URI in its certificate. Without it no purpose counts as
   * registered.
   */
  authority?: string
}

/** What the holder keeps. All of it is plain JSON. */
export type Records = {
  credential: StoredCredential
  pending: PendingIssuance
  activity: ActivityEntry
  /** The key of points; the one record is `mine`. */
  account: AccountRecord
  /** Payments that this device signed, by request or attempt. */
  payment: PaymentRecord
  /** What the city last answered, to be shown without a network. */
  snapshot: Snapshot
}

/** Storage that survives a restart; the host encrypts it. `get` of something absent gives undefined. */
export type StorePort = {
  put<K extends keyof Records>(kind: K, id: string, value: Records[K]): Promise<void>
  get<K extends keyof Records>(kind: K, id: string): Promise<Records[K] | undefined>
  list<K extends keyof Records>(kind: K): Promise<Records[K][]>
  delete(kind: keyof Records, id: string): Promise<void>
}

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

/** How a credential looks, from its type metadata. Colours are CSS hex colours. */
export type CardDisplay = {
  name: Localized
  description?: Localized
  background?: string
  text?: string
}

export type ClaimLabel = { path: ClaimPath; label: Localized }
export type ClaimShown = ClaimLabel & { value: unknown }

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
}

/** An issuance under way: kept until the copies are stored, so that a lost response can be asked for again. */
export type PendingIssuance = {
  /** Derived from the issuer and the code, so that the same offer read twice finds it. */
  id: string
  startedAt: number
  issuer: { id: string; name: Localized }
  preAuthorizedCode: string
  authorizationServer?: string
  dpopKey: HeldKey
  /** Present once the token endpoint answered. */
  accessToken?: string
  /** Whether the token is bound to `dpopKey`. */
  dpopBound?: boolean
  /** What is still to come, with its keys: the same on each try. */
  configurations: { id: string; name: Localized; copyKeys: HeldKey[] }[]
}

export type HeldKey = { id: string; publicJwk: PublicJwk }

/** A credential that an offer promises. */
export type OfferedType = CardDisplay & {
  configurationId: string
  vct: string
  claims: ClaimLabel[]
}

/** What the consent step of receiving shows. Plain data; give it back to `receive`. */
export type OfferPreview = {
  issuer: {
    /** The credential issuer identifier, a URL. */
    id: string
    name: Localized
    /** Who signed its metadata, when a certificate of the city vouches for it. */
    certifiedName?: string
  }
  types: OfferedType[]
  /** Present when the citizen must type a code that came by another way. */
  txCode?: { inputMode: 'numeric' | 'text'; length?: number; description?: string }
  preAuthorizedCode: string
  /** The authorization server to use, when the offer names one. */
  authorizationServer?: string
}

/** One stored credential that answers a query, with exactly what would be shown of it. */
export type Candidate = {
  credentialId: string
  display: CardDisplay
  issuer: StoredCredential['issuer']
  expiresAt?: number
  claims: ClaimShown[]
}

/** Why a query has no candidate. */
export type Missing =
  | { reason: 'no_such_credential'; vcts: string[] }
  | { reason: 'claim_absent'; name: Localized; claims: ClaimLabel[] }
  | { reason: 'value_differs'; name: Localized; claims: ClaimLabel[] }
  | { reason: 'expired'; name: Localized; expiresAt: number }
  | { reason: 'format_unsupported' }

/** One credential query of the request (DCQL `credentials[]`). */
export type QueryPreview = {
  id: string
  vcts: string[]
  candidates: Candidate[]
  /** Present exactly when there is no candidate. */
  missing?: Missing
}

/**
 * One thing the verifier wants. `options` are alternatives; each is a list of query ids that go together.
 * A request without `credential_sets` becomes one required group per query.
 */
export type QueryGroup = { required: boolean; options: string[][] }

/** Which stored credential answers which query: `{ [query id]: credential id }`. Unnamed queries go unanswered. */
export type Choice = Record<string, string>

/** What the consent step of presenting shows. Plain data; give it back to `present` or `decline`. */
export type RequestPreview = {
  verifier: {
    /** Common name of its certificate, which chains to a city root; in the city's certificates its Korean name. */
    name: string
    /** In the city's certificates its English name. */
    organization?: string
    /** SHA-256 of its certificate, base64url: the client id without the prefix. */
    x509Hash: string
    /** Host that the answer goes to. */
    host: string
  }
  /** Purpose registered with the city; absent when there is no valid registration. */
  purpose?: Localized
  /** False when the city knows no purpose for this request. */
  registered: boolean
  /** What is asked beyond the registered purpose; empty when not registered (warn about that instead). */
  beyond: ClaimLabel[]
  groups: QueryGroup[]
  queries: QueryPreview[]
  /** Whether every required group can be answered. */
  satisfiable: boolean
  /** The choice to start from: first candidates of the first answerable option of each required group. */
  choice: Choice
  /** Milliseconds since 1970; absent when the request does not expire. */
  expiresAt?: number
  /** The verified request object; of no interest to a screen. */
  request: VerifiedRequest
}

/** A request object whose signature and certificate were checked. */
export type VerifiedRequest = {
  clientId: string
  nonce: string
  state?: string
  /** The answer takes a proof of this key (`dpop_jkt`, RFC 9449 section 10): see `PresentOptions`. */
  proofOf?: string
  responseUri: string
  encryption: { jwk: JWK; alg: string; enc: string }
  dcqlQuery: Record<string, unknown>
}

export type PresentOptions = {
  /**
   * Makes the DPoP proof (RFC 9449) that a request with `proofOf` asks for. Give it only for what this wallet has asked
   * for itself: who gets two of them knows that both answers are of one person.
   */
  proof?: (method: string, url: string) => Promise<string>
}

export type PresentOutcome = {
  outcome: 'accepted' | 'refused'
  /** The verifier's own code when it refused, e.g. `credential_revoked`. */
  code?: string
  /** Where the verifier wants the browser to go next. */
  redirectUri?: string
}

/** What happened, to be shown to its owner: names of claims, never values. */
export type ActivityEntry = {
  id: string
  at: number
  kind: 'received' | 'presented' | 'refused' | 'failed' | 'declined' | 'deleted'
  /** Issuer or verifier. */
  party: { name: Localized; id: string }
  purpose?: Localized
  credentials: { name: Localized; claims: ClaimLabel[] }[]
  /** Code of a refusal or a failure. */
  code?: string
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
