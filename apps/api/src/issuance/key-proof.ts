import type { PublicJwk } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import { type DecodedJws, decodeJws, isJsonObject, isSignedBy, publicJwkIn, thumbprintOf } from '../jose/jws.ts'
import type { Nonces } from '../jose/nonce.ts'

/** How many copies one request may ask for: `batch_size` in the metadata. */
export const BATCH_SIZE = 10

/** A key whose possession was proven. */
export type ProvenKey = { jwk: PublicJwk; thumbprint: string }

/** The nonce tells when a proof was made; `iat` only has to be plausible, so that a wrong time zone does no harm. */
const PLAUSIBLE_SECONDS = 86_400

/**
 * Verifies the key proofs of a credential request (OpenID4VCI 1.0 sections 8.2 and F.1): all of them, each for a
 * key of its own. One bad proof refuses the request, since half a batch helps nobody.
 * @throws OAuthError `invalid_credential_request`, `invalid_proof`, `invalid_nonce`
 */
export function verifyKeyProofs(
  proofs: unknown,
  expected: { issuer: string; agencyId: string; now: number; nonces: Nonces },
): ProvenKey[] {
  const keys = jwtsIn(proofs).map((compact) => {
    const jws = decodeJws(compact)
    if (!jws) throw new OAuthError('invalid_proof', 'A proof is not a well-formed JWT.')
    return verifyKeyProof(jws, expected)
  })
  if (new Set(keys.map(({ thumbprint }) => thumbprint)).size !== keys.length)
    throw new OAuthError('invalid_proof', 'Each copy needs a key of its own.')
  return keys
}

function jwtsIn(proofs: unknown): string[] {
  if (proofs === undefined) throw new OAuthError('invalid_proof', 'The parameter proofs is missing.')
  if (!isJsonObject(proofs))
    throw new OAuthError('invalid_credential_request', 'The parameter proofs must be an object.')
  const types = Object.keys(proofs)
  if (types.length !== 1 || types[0] !== 'jwt')
    throw new OAuthError('invalid_proof', 'The parameter proofs must hold the proof type jwt alone.')
  const list = proofs['jwt']
  if (!Array.isArray(list) || list.length === 0 || !list.every((item) => typeof item === 'string'))
    throw new OAuthError('invalid_proof', 'proofs.jwt must be a list of JWTs.')
  if (list.length > BATCH_SIZE)
    throw new OAuthError(
      'invalid_credential_request',
      `At most ${BATCH_SIZE} copies can be asked for at once.`,
    )
  return list
}

function verifyKeyProof(
  jws: DecodedJws,
  { issuer, agencyId, now, nonces }: { issuer: string; agencyId: string; now: number; nonces: Nonces },
): ProvenKey {
  const { typ, alg, crit } = jws.header
  if (typ !== 'openid4vci-proof+jwt' || alg !== 'ES256' || crit !== undefined)
    throw new OAuthError('invalid_proof', 'A proof must have typ openid4vci-proof+jwt and alg ES256.')
  const jwk = keyNamedIn(jws.header)
  if (!jwk) throw new OAuthError('invalid_proof', 'A proof must name one P-256 key in jwk.')
  const { aud, iat, nonce } = jws.payload
  if (aud !== issuer && !(Array.isArray(aud) && aud.length === 1 && aud[0] === issuer))
    throw new OAuthError('invalid_proof', 'A proof is meant for another issuer.')
  if (typeof iat !== 'number' || Math.abs(now - iat) > PLAUSIBLE_SECONDS)
    throw new OAuthError('invalid_proof', 'The time of a proof (iat) is not plausible.')
  if (nonce === undefined) throw new OAuthError('invalid_proof', 'A proof has no nonce.')
  if (!nonces.isFresh(nonce, agencyId))
    throw new OAuthError('invalid_nonce', 'The nonce is not one of ours or too old. Fetch another.')
  if (!isSignedBy(jwk, jws)) throw new OAuthError('invalid_proof', 'The signature of a proof does not match.')
  return { jwk, thumbprint: thumbprintOf(jwk) }
}

/** `jwk`, or `kid` with a did:jwk, which is the same thing in another spelling; never both (section F.1). */
function keyNamedIn({ jwk, kid, x5c }: Record<string, unknown>): PublicJwk | undefined {
  if (x5c !== undefined) return undefined
  if (jwk !== undefined) return kid === undefined ? publicJwkIn(jwk) : undefined
  if (typeof kid !== 'string') return undefined
  const [, encoded] = /^did:jwk:([\w-]+)(?:#0)?$/.exec(kid) ?? []
  if (!encoded) return undefined
  try {
    return publicJwkIn(JSON.parse(Buffer.from(encoded, 'base64url').toString()))
  } catch {
    return undefined
  }
}
