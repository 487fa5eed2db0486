import type { CryptoPort, PublicJwk } from '../crypto-port.ts'
import { encodeBase64url, utf8 } from '../encoding/base64url.ts'
import { isJsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import type { DecodedSdJwt } from './parse.ts'
import type { TransactionDataClaims } from './transaction-data-hashes.ts'

export type HolderBindingExpectation = {
  nonce: string
  /** Our client id, with its prefix; over the Digital Credentials API `origin:` and our origin (appendix A.4). */
  aud: string
  /** Seconds. */
  now: number
  /** How old the proof may be; 300 s. */
  maxAgeSeconds?: number
  /** How far ahead the holder's clock may run; 60 s. */
  clockSkewSeconds?: number
}

export type HolderBinding = {
  holderJwk: PublicJwk
  /** When the holder signed, by its own clock, seconds. */
  iat: number
  /** The anchor receipt, unverified, if there is one. */
  anchor?: unknown
  /** What it says of transaction data, if anything: compare it with what was asked. */
  transactionData?: TransactionDataClaims
}

/**
 * Verifies the key-binding JWT (RFC 9901 section 7.3): signed by the key in `cnf`, for this nonce and audience, just
 * now, over exactly these disclosures. Throws `nonce_mismatch`, `audience_mismatch`, `holder_binding_invalid`.
 */
export async function verifyHolderBinding(
  sdJwt: DecodedSdJwt,
  { nonce, aud, now, maxAgeSeconds = 300, clockSkewSeconds = 60 }: HolderBindingExpectation,
  { sha256, verifyEs256 }: CryptoPort,
): Promise<HolderBinding> {
  const { kbJwt, payload, sdPart } = sdJwt
  if (!kbJwt) throw invalid('There is no key-binding JWT.')
  const holderJwk = holderJwkOf(payload['cnf'])
  const { typ, alg, crit } = kbJwt.header
  if (typ !== 'kb+jwt' || alg !== 'ES256' || crit !== undefined)
    throw invalid('The key-binding JWT is of another kind.')
  if (!(await verifyEs256(holderJwk, kbJwt.signingInput, kbJwt.signature))) {
    throw invalid("The holder's signature does not match.")
  }
  const { iat, sd_hash: sdHash, anchor, ...claims } = kbJwt.payload
  if (claims['nonce'] !== nonce)
    throw new CredentialError('nonce_mismatch', 'The proof was made for another request.')
  if (claims['aud'] !== aud)
    throw new CredentialError('audience_mismatch', 'The proof was made for another verifier.')
  if (typeof iat !== 'number' || iat > now + clockSkewSeconds || iat < now - maxAgeSeconds) {
    throw invalid('The proof was not made just now.')
  }
  if (sdHash !== encodeBase64url(sha256(utf8(sdPart)))) throw invalid('The proof covers other disclosures.')
  const { transaction_data_hashes: hashes, transaction_data_hashes_alg: algorithm } = claims
  return {
    holderJwk,
    iat,
    ...(anchor === undefined ? {} : { anchor }),
    ...(hashes === undefined ? {} : { transactionData: { hashes, algorithm } }),
  }
}

function holderJwkOf(cnf: unknown): PublicJwk {
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined
  if (isJsonObject(jwk)) {
    const { kty, crv, x, y } = jwk
    if (kty === 'EC' && crv === 'P-256' && typeof x === 'string' && typeof y === 'string')
      return { kty, crv, x, y }
  }
  throw invalid('The credential is bound to no P-256 key.')
}

const invalid = (message: string): CredentialError => new CredentialError('holder_binding_invalid', message)
