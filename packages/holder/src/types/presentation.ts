/** What the consent step of presenting shows, and what comes of it. */

import type { EncryptionKey } from '../message-encryption.ts'
import type { CardDisplay, ClaimLabel, ClaimShown, Localized } from './basics.ts'
import type { StoredCredential } from './stored.ts'

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
  /** Held, but not from an issuer that the verifier trusts (`trusted_authorities`). */
  | { reason: 'issuer_not_accepted'; name: Localized }

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
    /**
     * Common name of its certificate, which chains to a city root; in the city's certificates its Korean name. Of an
     * unsigned request from a web page (Digital Credentials API) the page's host, for nothing else is known.
     */
    name: string
    /** In the city's certificates its English name. */
    organization?: string
    /** SHA-256 of its certificate, base64url; absent when the request is not signed. */
    x509Hash?: string
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
  /** What the person approves by presenting, besides showing credentials; empty for most requests. */
  transactions: TransactionPreview[]
  /** Whether the verifier is on this very device: the host says so, or the request came from a web page here. */
  sameDevice: boolean
  /** Whether every required group can be answered. */
  satisfiable: boolean
  /** The choice to start from: first candidates of the first answerable option of each required group. */
  choice: Choice
  /** Milliseconds since 1970; absent when the request does not expire. */
  expiresAt?: number
  /** The verified request object; of no interest to a screen. */
  request: VerifiedRequest
}

/** One transaction to approve. */
export type TransactionPreview = {
  type: string
  /** What is approved, in words: nothing is to be filled in. */
  text: Localized
  /** Ids of the queries of which one is answered with a credential that approves it. */
  queryIds: string[]
  /** The values that `text` is made of, and those that it leaves out. */
  details: Record<string, unknown>
  /** As it came. */
  encoded: string
}

/** A request object whose signature and certificate were checked. */
export type VerifiedRequest = {
  /** What the answer is made out to: the client id, or `origin:…` for an unsigned request from a web page. */
  clientId: string
  nonce: string
  state?: string
  /** The answer takes a proof of this key (`dpop_jkt`, RFC 9449 section 10): see `PresentOptions`. */
  proofOf?: string
  /** Where the answer goes; absent when it goes back to the web page that asked. */
  responseUri?: string
  encryption: { key: EncryptionKey; enc: string }
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
  /** Where the verifier wants the browser to go next, also after it refused. */
  redirectUri?: string
  /** For a request from a web page: the `data` to give back to it. */
  response?: { response: string }
}

/** A request by the Digital Credentials API (OpenID4VP 1.0 appendix A). */
export type DcApiRequest = {
  /** `openid4vp-v1-unsigned`, `-signed` or `-multisigned`. */
  protocol: string
  data: unknown
  /** Of the page that asks, as the browser says. */
  origin: string
}
