import type { PublicJwk } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import {
  type DecodedJws,
  decodeJws,
  isJsonObject,
  isSignedBy,
  publicJwkIn,
  thumbprintOf,
} from '../jose/jws.ts'
import type { Nonces } from '../jose/nonce.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'

/** How many copies one request may ask for: `batch_size` in the metadata. */
export const BATCH_SIZE = 10

/** Ways to prove the keys of the copies: `proof_types_supported` in the metadata. */
export const PROOF_TYPES = ['jwt', 'attestation'] as const

/** A key that a copy will be bound to: its possession was proven, or a trusted wallet provider attests it. */
export type ProvenKey = { jwk: PublicJwk; thumbprint: string }

export type KeyProofExpectation = {
  issuer: string
  agencyId: string
  /** Who was given the access token; a proof that names another is not for this request. */
  clientId: string
  /** Seconds. */
  now: number
  nonces: Nonces
  walletTrust: Pick<WalletTrust, 'keyAttestation'>
}

/** The nonce tells when a proof was made; `iat` only has to be plausible, so that a wrong time zone does no harm. */
const PLAUSIBLE_SECONDS = 86_400
/** A proof may carry an attestation of ten keys with its certificates. */
const MAX_PROOF = 16_384

/**
 * Verifies the key proofs of a credential request (OpenID4VCI 1.0 section 8.2 and appendix F): all of them, each for a
 * key of its own. One bad proof refuses the request, since half a batch helps nobody. An attestation brings all its
 * keys (appendices F.1 and F.3).
 * @throws OAuthError `invalid_credential_request`, `invalid_proof`, `invalid_nonce`
 */
export async function verifyKeyProofs(proofs: unknown, expected: KeyProofExpectation): Promise<ProvenKey[]> {
  const { type, list } = proofsIn(proofs)
  // Beside a proof an attestation must say until when it counts (appendix D.1).
  const attest = attestationReader(expected, type === 'jwt')
  const keys = type === 'jwt' ? await keysOfJwts(list, expected, attest) : await attest(list[0] ?? '')
  if (keys.length > BATCH_SIZE) throw tooMany()
  return keys.map((jwk) => ({ jwk, thumbprint: thumbprintOf(jwk) }))
}

const tooMany = () =>
  new OAuthError('invalid_credential_request', `At most ${BATCH_SIZE} copies can be asked for at once.`)

function proofsIn(proofs: unknown): { type: (typeof PROOF_TYPES)[number]; list: string[] } {
  if (proofs === undefined) throw new OAuthError('invalid_proof', 'The parameter proofs is missing.')
  if (!isJsonObject(proofs))
    throw new OAuthError('invalid_credential_request', 'The parameter proofs must be an object.')
  const names = Object.keys(proofs)
  const type = PROOF_TYPES.find((each) => each === names[0])
  if (names.length !== 1 || !type)
    throw new OAuthError('invalid_proof', 'The parameter proofs must hold one proof type of the metadata.')
  const list = proofs[type]
  if (!Array.isArray(list) || list.length === 0 || !list.every((item) => typeof item === 'string'))
    throw new OAuthError('invalid_proof', `proofs.${type} must be a list of JWTs.`)
  if (type === 'attestation' && list.length !== 1)
    throw new OAuthError('invalid_proof', 'proofs.attestation must hold exactly one JWT.')
  if (list.length > BATCH_SIZE) throw tooMany()
  return { type, list }
}

type AttestationReader = (jwt: string) => Promise<PublicJwk[]>

/** Proofs of one batch mostly carry the same attestation: it is verified once. */
function attestationReader(
  { agencyId, now, nonces, walletTrust }: KeyProofExpectation,
  mustExpire: boolean,
): AttestationReader {
  const read = new Map<string, Promise<PublicJwk[]>>()
  // With a nonce endpoint every attestation has one (appendices F.1 and F.3), beside a proof too.
  const nonceIsFresh = (nonce: unknown) => {
    if (nonce === undefined) throw new OAuthError('invalid_proof', 'A key attestation has no nonce.')
    return nonces.isFresh(nonce, agencyId)
  }
  return (jwt) => {
    const known = read.get(jwt) ?? walletTrust.keyAttestation(jwt, { now, nonceIsFresh, mustExpire })
    read.set(jwt, known)
    return known
  }
}

/** The proven keys in their order, then what their attestations attest beyond them. */
async function keysOfJwts(
  list: string[],
  expected: KeyProofExpectation,
  attest: AttestationReader,
): Promise<PublicJwk[]> {
  const keys = new Map<string, PublicJwk>()
  const attested: PublicJwk[] = []
  for (const compact of list) {
    const jws = decodeJws(compact, MAX_PROOF)
    if (!jws) throw new OAuthError('invalid_proof', 'A proof is not a well-formed JWT.')
    const beside = await attestedBeside(jws, attest)
    const jwk = verifyKeyProof(jws, beside, expected)
    if (keys.has(thumbprintOf(jwk)))
      throw new OAuthError('invalid_proof', 'Each copy needs a key of its own.')
    keys.set(thumbprintOf(jwk), jwk)
    if (beside) attested.push(...beside)
  }
  for (const jwk of attested) keys.set(thumbprintOf(jwk), jwk)
  return [...keys.values()]
}

/** Keys of the `key_attestation` in the proof's header. */
async function attestedBeside(
  { header }: DecodedJws,
  attest: AttestationReader,
): Promise<PublicJwk[] | undefined> {
  const { key_attestation: attestation } = header
  if (attestation === undefined) return undefined
  if (typeof attestation !== 'string')
    throw new OAuthError('invalid_proof', 'The key_attestation of a proof is no JWT.')
  return attest(attestation)
}

function verifyKeyProof(
  jws: DecodedJws,
  attested: PublicJwk[] | undefined,
  { issuer, agencyId, clientId, now, nonces }: KeyProofExpectation,
): PublicJwk {
  const { typ, alg, crit } = jws.header
  if (typ !== 'openid4vci-proof+jwt' || alg !== 'ES256' || crit !== undefined)
    throw new OAuthError('invalid_proof', 'A proof must have typ openid4vci-proof+jwt and alg ES256.')
  const jwk = keyNamedIn(jws.header, attested)
  if (!jwk) throw new OAuthError('invalid_proof', 'A proof must name one P-256 key in jwk.')
  if (attested && !attested.some((each) => thumbprintOf(each) === thumbprintOf(jwk)))
    throw new OAuthError('invalid_proof', 'The key of a proof is not among the attested ones.')
  const { iss, aud, iat, nonce } = jws.payload
  if (iss !== undefined && iss !== clientId)
    throw new OAuthError('invalid_proof', 'The iss of a proof is not the client of the access token.')
  if (aud !== issuer && !(Array.isArray(aud) && aud.length === 1 && aud[0] === issuer))
    throw new OAuthError('invalid_proof', 'A proof is meant for another issuer.')
  if (typeof iat !== 'number' || Math.abs(now - iat) > PLAUSIBLE_SECONDS)
    throw new OAuthError('invalid_proof', 'The time of a proof (iat) is not plausible.')
  if (nonce === undefined) throw new OAuthError('invalid_proof', 'A proof has no nonce.')
  if (!nonces.isFresh(nonce, agencyId))
    throw new OAuthError('invalid_nonce', 'The nonce is not one of ours or too old. Fetch another.')
  if (!isSignedBy(jwk, jws)) throw new OAuthError('invalid_proof', 'The signature of a proof does not match.')
  return jwk
}

/**
 * `jwk`, or `kid` with a did:jwk, which is the same thing in another spelling; never both (appendix F.1). Beside an
 * attestation a `kid` may also be the key's place in it.
 */
function keyNamedIn(
  { jwk, kid, x5c }: Record<string, unknown>,
  attested: PublicJwk[] | undefined,
): PublicJwk | undefined {
  if (x5c !== undefined) return undefined
  if (jwk !== undefined) return kid === undefined ? publicJwkIn(jwk) : undefined
  if (typeof kid !== 'string') return undefined
  if (attested && /^\d{1,2}$/.test(kid)) return attested[Number(kid)]
  const [, encoded] = /^did:jwk:([\w-]+)(?:#0)?$/.exec(kid) ?? []
  if (!encoded) return undefined
  try {
    return publicJwkIn(JSON.parse(Buffer.from(encoded, 'base64url').toString()))
  } catch {
    return undefined
  }
}
