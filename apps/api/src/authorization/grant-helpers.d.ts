/**
 * What the grants that come with oidc-provider check DPoP proofs with; its documentation refers writers of further grants
 * to these files, and its types leave them out.
 */
declare module 'oidc-provider/lib/helpers/grants.js' {
  import type { KoaContextWithOIDC, Provider } from 'oidc-provider'

  type Proof = { thumbprint: string; jti: string; iat: number }
  /** `undefined` when the request has no proof. Remembered for the request. @throws InvalidDpopProof, UseDpopNonce */
  export function validateDpop(provider: Provider, ctx: KoaContextWithOIDC): Promise<Proof | undefined>
  /** @throws the error given when the proof was used before */
  export function checkDpopReplay(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    proof: Proof | undefined,
    clientId: string,
    error?: new (description?: string) => Error,
  ): Promise<void>
}

/** What oidc-provider makes DPoP nonces and attestation challenges with. */
declare module 'oidc-provider/lib/helpers/challenge.js' {
  export default class ServerChallenge {
    constructor(secret: Buffer, info: string)
    nextChallenge(): string
  }
}
