import type { KeyObject } from 'node:crypto'
import type { Localized, PublicJwk } from '@pass/credentials'

/** Which wallets the city believes, and what their providers say about keys (HAIP 1.0 sections 4.4.1 and 4.5.1). */
export type WalletTrust = {
  /**
   * The key that signed a client attestation, when a trusted provider's certificate vouches for this client id
   * (`payload.sub`). The caller checks the signature with it.
   * @throws OAuthError `invalid_client_attestation`
   */
  attestationKey(header: { x5c?: unknown }, payload: { sub?: unknown; iss?: unknown }): Promise<KeyObject>
  /** Whether the attested key still counts: one of our own instances that was revoked does not. */
  stands(clientId: string, thumbprint: string): Promise<boolean>
  /** The display name of a client; `undefined` for one that no trusted provider names. */
  nameOf(clientId: string): Localized | undefined
  /**
   * The keys of a key attestation (OpenID4VCI 1.0 appendix D), in its order.
   * @throws OAuthError `invalid_proof`, `invalid_nonce`
   */
  keyAttestation(jwt: string, expected: KeyAttestationExpectation): Promise<PublicJwk[]>
}

export type KeyAttestationExpectation = {
  /** Asked about the attestation's `nonce`, which may be absent: whether that is required depends on the proof type. */
  nonceIsFresh(nonce: unknown): boolean
  /** Seconds since 1970. */
  now: number
  /** In the header of a `jwt` proof, an attestation must say when it ends. */
  mustExpire?: boolean
}
