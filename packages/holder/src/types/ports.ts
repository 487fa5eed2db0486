/** What the host gives to the engine. */

import type { TransactionType } from '@pass/credentials'
import type { HeldKey, PublicJwk } from './basics.ts'

/** P-256 keys that never leave where they were made. `sign` gives raw ES256 (64 bytes, r then s). */
export type KeyPort = {
  generate(): Promise<{ id: string; publicJwk: PublicJwk }>
  sign(id: string, data: Uint8Array): Promise<Uint8Array>
  remove(id: string): Promise<void>
}

/** What vouches for this wallet: its provider's statements (OpenID4VCI 1.0 appendices D and E). */
export type AttestPort = {
  /**
   * A wallet attestation for one authorization server, and the key it is for (kept by the host, another for each
   * server). Undefined when no provider stands behind this wallet.
   */
  client(authorizationServer: string): Promise<ClientAttestation | undefined>
  /** One key attestation over all these keys, as a compact JWT. */
  keys(keys: HeldKey[], nonce: string | undefined): Promise<string>
}

export type ClientAttestation = { clientId: string; attestation: string; key: HeldKey }

/** Whom the city trusts: the answer of its `GET /api/trust`, as far as the holder uses it. */
export type Trust = {
  /** Base64 DER. */
  rootCertificates: string[]
  /**
   * Name of the authority that registers verifiers, a URI in its certificate. Without it no purpose counts as
   * registered.
   */
  authority?: string
  /** Kinds of transactions that can be confirmed; a request with any other is refused. */
  transactionTypes?: TransactionType[]
}
