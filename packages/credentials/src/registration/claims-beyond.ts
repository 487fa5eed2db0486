import { type ClaimPath, covers } from '../sd-jwt-vc/claim-path.ts'
import type { VerifierRegistration } from './registration.ts'

/** The part of a DCQL query that says what is asked for; other members are ignored. */
export type AskedClaims = {
  credentials: ReadonlyArray<{
    meta?: { vct_values?: readonly string[] | undefined } | undefined
    claims?: ReadonlyArray<{ path?: ClaimPath | undefined }> | undefined
  }>
}

/**
 * Claims that a query asks for beyond what the city registered for the verifier: those a wallet warns of. Without a
 * registration that is all of them. A type that is not registered makes all its claims count, and the empty path stands
 * for a query that asks for nothing but such a credential.
 */
export function claimsBeyond(
  query: AskedClaims,
  registration: VerifierRegistration | undefined,
): ClaimPath[] {
  return query.credentials.flatMap(({ meta, claims = [] }) => {
    const types = meta?.vct_values ?? []
    const registered = types.map((vct) =>
      registration?.credentials.find((credential) => credential.vct === vct),
    )
    const typesRegistered = types.length > 0 && registered.every((entry) => entry !== undefined)
    const asked = claims.map(({ path = [] }) => path)
    if (!typesRegistered) return asked.length > 0 ? asked : [[]]
    // Any of the types may be shown, so each has to be registered for the claim.
    return asked.filter(
      (path) => !registered.every((entry) => entry?.claims.some((allowed) => covers(allowed, path))),
    )
  })
}
