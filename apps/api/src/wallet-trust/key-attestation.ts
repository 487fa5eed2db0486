import type { KeyObject } from 'node:crypto'
import type { PublicJwk } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import { importEs256, verifyEs256 } from '../jose/es256.ts'
import { decodeJws, publicJwkIn, thumbprintOf } from '../jose/jws.ts'
import type { KeyAttestationExpectation } from './types.ts'

/** Ten keys and a chain of three certificates fit well. */
const MAX_LENGTH = 16_384
const MOST_KEYS = 10
const CLOCK_SKEW_SECONDS = 60
/** One that does not say when it ends is believed for so long. */
const MAX_AGE_SECONDS = 86_400

/**
 * Verifies a key attestation (OpenID4VCI 1.0 appendix D.1) and answers its keys. Members that are not understood are
 * ignored; whether the provider keeps keys well is its promise, and nothing here asks for a certain storage.
 * @param keyOf the key of the chain in `x5c`, which HAIP 1.0 section 4.5.1 requires; throws when nobody trusted is there
 * @throws OAuthError `invalid_proof`, `invalid_nonce`
 */
export async function readKeyAttestation(
  jwt: unknown,
  { nonceIsFresh, now, mustExpire = false }: KeyAttestationExpectation,
  keyOf: (x5c: unknown) => Promise<KeyObject>,
): Promise<PublicJwk[]> {
  const jws = typeof jwt === 'string' ? decodeJws(jwt, MAX_LENGTH) : undefined
  if (!jws) throw refuse('The key attestation is not one well-formed JWT.')
  const { typ, alg, crit, x5c } = jws.header
  if (typ !== 'key-attestation+jwt' || alg !== 'ES256' || crit !== undefined)
    throw refuse('The key attestation must have typ key-attestation+jwt and alg ES256.')
  const key = await keyOf(x5c)
  if (!verifyEs256(key, jws.signingInput, jws.signature))
    throw refuse('The signature of the key attestation does not match.')
  checkTime(jws.payload, now, mustExpire)
  const keys = keysIn(jws.payload['attested_keys'])
  // Last: a wallet that is told so fetches another nonce and sends the same again.
  if (!nonceIsFresh(jws.payload['nonce']))
    throw new OAuthError('invalid_nonce', 'The nonce of the key attestation is not one of ours, or too old.')
  return keys
}

function checkTime(payload: Record<string, unknown>, now: number, mustExpire: boolean): void {
  const { iat, exp, nbf } = payload
  if (!Number.isSafeInteger(iat)) throw refuse('The key attestation has no iat.')
  const issued = iat as number
  if (issued > now + CLOCK_SKEW_SECONDS) throw refuse('The key attestation is of the future.')
  if (nbf !== undefined && !(Number.isSafeInteger(nbf) && (nbf as number) <= now + CLOCK_SKEW_SECONDS))
    throw refuse('The key attestation does not count yet.')
  if (exp === undefined) {
    if (mustExpire) throw refuse('The key attestation must say when it expires.')
    if (issued < now - MAX_AGE_SECONDS) throw refuse('The key attestation is too old.')
    return
  }
  if (!Number.isSafeInteger(exp) || (exp as number) <= issued)
    throw refuse('The key attestation has no sane exp.')
  if ((exp as number) < now - CLOCK_SKEW_SECONDS) throw refuse('The key attestation has expired.')
}

function keysIn(attested: unknown): PublicJwk[] {
  if (!Array.isArray(attested) || attested.length === 0 || attested.length > MOST_KEYS)
    throw refuse(`A key attestation must have 1 to ${MOST_KEYS} attested_keys.`)
  const keys = attested.map((entry) => {
    const jwk = publicJwkIn(entry)
    if (!jwk || !isOnCurve(jwk)) throw refuse('Each of the attested_keys must be a public P-256 key.')
    return jwk
  })
  if (new Set(keys.map(thumbprintOf)).size !== keys.length)
    throw refuse('One of the attested_keys is there twice.')
  return keys
}

/** Nobody proves these keys: a credential must not be bound to coordinates that are no key. */
function isOnCurve(jwk: PublicJwk): boolean {
  try {
    importEs256(jwk)
    return true
  } catch {
    return false
  }
}

const refuse = (reason: string): OAuthError => new OAuthError('invalid_proof', reason)
