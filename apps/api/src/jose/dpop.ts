import { createHash } from 'node:crypto'
import type { PublicJwk } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import { decodeJws, isSignedBy, publicJwkIn, thumbprintOf } from './jws.ts'
import type { Nonces } from './nonce.ts'

export type DpopExpectation = {
  /** Method and address of the request (`htm`, `htu`). */
  method: string
  url: string
  /** Seconds. */
  now: number
  nonces: Nonces
  /** Whether a proof without a nonce of ours is sent back for one; else only a device whose clock is wrong needs it. */
  nonceRequired?: boolean
  /** At a protected resource: the token that `ath` must be the hash of. */
  accessToken?: string
}

export type DpopProof = {
  publicJwk: PublicJwk
  /** Thumbprint of the key: what the token is bound to. */
  jkt: string
  /** Whoever acts on the proof must see to it that this acts once. */
  jti: string
}

const WINDOW_SECONDS = 300
const MAX_JTI = 200

/**
 * Verifies a DPoP proof (RFC 9449 section 4.3), except for the replay of `jti`, which only the database can tell.
 * A nonce takes the place of `iat` (section 8), so that a device whose clock is wrong succeeds too.
 * @throws OAuthError `invalid_dpop_proof`, `use_dpop_nonce`
 */
export function verifyDpop(header: string | undefined, expected: DpopExpectation): DpopProof {
  const refuse = (reason: string) => dpopRefusal('invalid_dpop_proof', reason, expected)
  if (header === undefined) throw refuse('A DPoP proof is required.')
  const jws = decodeJws(header)
  if (!jws) throw refuse('The DPoP proof is not one well-formed JWT.')
  const { typ, alg, crit } = jws.header
  if (typ !== 'dpop+jwt' || alg !== 'ES256' || crit !== undefined)
    throw refuse('The DPoP proof must have typ dpop+jwt and alg ES256.')
  const jwk = publicJwkIn(jws.header['jwk'])
  if (!jwk) throw refuse('The DPoP proof must carry a public P-256 key.')

  const { htm, htu, iat, jti, nonce, ath } = jws.payload
  if (htm !== expected.method || !isSameAddress(htu, expected.url))
    throw refuse('The DPoP proof is for another request.')
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI)
    throw refuse('The DPoP proof has no usable jti.')
  if (typeof iat !== 'number') throw refuse('The DPoP proof has no iat.')
  if (expected.accessToken !== undefined && ath !== hashOfToken(expected.accessToken))
    throw refuse('The DPoP proof is for another access token.')
  if (!isSignedBy(jwk, jws)) throw refuse('The signature of the DPoP proof does not match.')

  const fresh =
    nonce === undefined
      ? !expected.nonceRequired && Math.abs(expected.now - iat) <= WINDOW_SECONDS
      : expected.nonces.isFresh(nonce, 'dpop')
  if (!fresh) throw dpopRefusal('use_dpop_nonce', 'Put the nonce into the DPoP proof.', expected)
  return { publicJwk: jwk, jkt: thumbprintOf(jwk), jti }
}

/** A refusal in the form that the token endpoint (section 5) or a protected resource (section 7.1) gives it. */
export function dpopRefusal(
  error: 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token',
  description: string,
  { accessToken, nonces }: Pick<DpopExpectation, 'accessToken' | 'nonces'>,
): OAuthError {
  const nonce = error === 'use_dpop_nonce' ? { 'DPoP-Nonce': nonces.create('dpop') } : {}
  if (accessToken === undefined) return new OAuthError(error, description, { headers: nonce })
  return new OAuthError(error, description, {
    status: 401,
    headers: { ...nonce, 'WWW-Authenticate': `DPoP error="${error}", algs="ES256"` },
  })
}

function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

/** Without query and fragment, which a proof does not cover. */
function isSameAddress(given: unknown, expected: string): boolean {
  if (given === expected) return true
  if (typeof given !== 'string' || !URL.canParse(given)) return false
  const url = new URL(given)
  url.search = ''
  url.hash = ''
  return url.href === new URL(expected).href
}
