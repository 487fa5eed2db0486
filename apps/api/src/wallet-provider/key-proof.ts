import type { PublicJwk } from '@pass/credentials'
import { Problem } from '../http/problem.ts'
import { decodeJws, isSignedBy, publicJwkIn } from '../jose/jws.ts'

/** What a key is proven for: one proof never serves another purpose. */
export type KeyProofType = 'pass-client-key+jwt' | 'pass-holder-key+jwt' | 'pass-account-key+jwt'

const WINDOW_SECONDS = 300

/**
 * The key that signed this proof for this instance. It names the instance, so whoever overhears it cannot have the key
 * attested for another one; again by the same instance it gives nothing new.
 * @param expected.audience the provider
 * @param expected.jkt thumbprint of the instance's key
 * @param expected.now seconds since 1970
 * @throws Problem `bad_signature`
 */
export function readKeyProof(
  proof: string,
  expected: { typ: KeyProofType; audience: string; jkt: string; now: number },
): PublicJwk {
  const jws = decodeJws(proof)
  const jwk = jws && publicJwkIn(jws.header['jwk'])
  if (!jws || !jwk) throw refuse('is no JWS with a public P-256 key in its header')
  const { typ, alg, crit } = jws.header
  if (typ !== expected.typ || alg !== 'ES256' || crit !== undefined)
    throw refuse(`must have typ ${expected.typ} and alg ES256`)
  const { aud, iat, jkt } = jws.payload
  if (aud !== expected.audience || jkt !== expected.jkt)
    throw refuse('is for another provider or another wallet')
  if (typeof iat !== 'number' || !(Math.abs(expected.now - iat) <= WINDOW_SECONDS))
    throw refuse('is not of the last five minutes')
  if (!isSignedBy(jwk, jws)) throw refuse('was not signed by its key')
  return jwk
}

const refuse = (reason: string): Problem => new Problem('bad_signature', `The proof of a key ${reason}.`)
