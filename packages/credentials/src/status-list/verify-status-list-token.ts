import { bytesToHex } from '@noble/hashes/utils.js'
import type { CertificateVerifier } from '../certificates/verify-certificate-chain.ts'
import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { utf8 } from '../encoding/base64url.ts'
import { type DecodedJws, decodeJws } from '../encoding/jws.ts'
import { isJsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import type { StatusBits } from './bitmap.ts'
import { decodeStatusList } from './encode.ts'

export type VerifyStatusListTokenOptions = {
  /** The `uri` that the credential names. */
  uri: string
  /** The credential's issuer: the list must be signed with a certificate given to it. */
  issuer: string
  /** Seconds. */
  now: number
  certificates: CertificateVerifier
  crypto?: CryptoPort
}

export type VerifiedStatusList = {
  bitmap: Uint8Array
  bits: StatusBits
  iat: number
  /** When the token ceases to count, seconds; absent: it does not. */
  exp?: number
  /** For how many seconds it may be used before it is fetched again. */
  ttl?: number
  /** sha256 of the token, hex without `0x`: what the issuer commits on the chain. */
  hash: string
}

const MAX_TOKEN_LENGTH = 4_194_304
const CLOCK_SKEW_SECONDS = 60

/**
 * Verifies a status list token (Token Status List section 8.3). Throws `invalid_status_list`, or
 * `untrusted_certificate` when the chain leads to no trusted root.
 */
export async function verifyStatusListToken(
  token: string,
  { uri, issuer, now, certificates, crypto = webCryptoPort }: VerifyStatusListTokenOptions,
): Promise<VerifiedStatusList> {
  const { header, payload, signingInput, signature } = decode(token)
  const { typ, alg, crit } = header
  if (typ !== 'statuslist+jwt' || alg !== 'ES256' || crit !== undefined)
    throw invalid('It is of another kind.')
  const certificate = await certificates(header['x5c'], now)
  if (!certificate.sanUris.includes(issuer)) throw invalid('It was signed by another than the issuer.')
  if (!(await crypto.verifyEs256(certificate.publicJwk, signingInput, signature)))
    throw invalid('Its signature does not match.')

  const { sub, iat, exp, ttl, status_list: list } = payload
  if (sub !== uri) throw invalid('It is another list.')
  if (typeof iat !== 'number' || iat > now + CLOCK_SKEW_SECONDS) throw invalid('It is not valid yet.')
  if (exp !== undefined && (typeof exp !== 'number' || now >= exp)) throw invalid('It has expired.')
  if (ttl !== undefined && (typeof ttl !== 'number' || !(ttl > 0)))
    throw invalid('Its ttl is not a number of seconds.')
  const { bits, lst } = isJsonObject(list) ? list : {}
  if ((bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) || typeof lst !== 'string')
    throw invalid('It has no list.')
  return {
    bitmap: await decodeStatusList(lst),
    bits,
    iat,
    ...(exp === undefined ? {} : { exp }),
    ...(ttl === undefined ? {} : { ttl }),
    hash: bytesToHex(crypto.sha256(utf8(token))),
  }
}

function decode(token: string): DecodedJws {
  if (token.length > MAX_TOKEN_LENGTH) throw invalid('It is too long.')
  try {
    return decodeJws(token)
  } catch (cause) {
    throw new CredentialError('invalid_status_list', 'The status list token cannot be read.', { cause })
  }
}

const invalid = (reason: string): CredentialError =>
  new CredentialError('invalid_status_list', `The status list token is refused. ${reason}`)
