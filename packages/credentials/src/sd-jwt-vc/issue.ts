import { bytesToHex } from '@noble/hashes/utils.js'
import {
  type CryptoPort,
  type PublicJwk,
  type RandomBytes,
  type Sign,
  webCryptoPort,
} from '../crypto-port.ts'
import { asciiText, encodeBase64url, encodeBase64urlBytes, utf8 } from '../encoding/base64url.ts'
import { signJws } from '../encoding/jws.ts'
import { isJsonObject, type JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'

/** Which members become disclosures: names under `_sd`, and frames for members that are objects themselves. */
export type DisclosureFrame = {
  _sd?: readonly string[]
  [member: string]: DisclosureFrame | readonly string[] | undefined
}

export type IssueSdJwtVcOptions = {
  claims: JsonObject
  disclosureFrame: DisclosureFrame
  vct: string
  /** Credential issuer identifier; a SAN URI of the certificate. */
  issuer: string
  /** DID URL of the signing key. */
  kid: string
  /** Base64 DER, leaf first, without the trust anchor (HAIP 1.0 section 6.1.1). */
  x5c: readonly string[]
  /** The holder's key. */
  cnfJwk: PublicJwk
  status?: { idx: number; uri: string }
  /** Seconds. Without `iat` the credential does not say when it was issued. */
  iat?: number
  exp: number
  nbf?: number
  sign: Sign
  randomBytes: RandomBytes
  sha256?: CryptoPort['sha256']
}

export type IssuedSdJwtVc = {
  /** Compact form with every disclosure, ending in a tilde. */
  credential: string
  /** sha256 of the issuer-signed JWT, hex without `0x`. */
  hash: string
}

const SALT_BYTES = 16
const PROTOCOL_CLAIMS = ['iss', 'vct', 'iat', 'exp', 'nbf', 'cnf', 'status', '_sd', '_sd_alg', '...']

/** Issues an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc section 2). Throws `invalid_type` for claims that cannot be packed. */
export async function issueSdJwtVc(options: IssueSdJwtVcOptions): Promise<IssuedSdJwtVc> {
  const { claims, vct, issuer, kid, x5c, cnfJwk, status, iat, exp, nbf } = options
  for (const name of PROTOCOL_CLAIMS) {
    if (Object.hasOwn(claims, name))
      throw new CredentialError('invalid_type', `A type may not define the claim ${name}.`)
  }
  const { sha256 = webCryptoPort.sha256 } = options
  const disclosures: string[] = []
  const packed = pack(claims, options.disclosureFrame, {
    salt: saltsFrom(options.randomBytes, countHidden(options.disclosureFrame)),
    sha256,
    disclosures,
  })
  const payload: JsonObject = {
    iss: issuer,
    vct,
    ...(iat === undefined ? {} : { iat }),
    ...(nbf === undefined ? {} : { nbf }),
    exp,
    cnf: { jwk: { kty: cnfJwk.kty, crv: cnfJwk.crv, x: cnfJwk.x, y: cnfJwk.y } },
    ...(status ? { status: { status_list: status } } : {}),
    _sd_alg: 'sha-256',
    ...packed,
  }
  const jwt = await signJws({ typ: 'dc+sd-jwt', kid, x5c }, payload, options.sign)
  return { credential: [jwt, ...disclosures, ''].join('~'), hash: bytesToHex(sha256(utf8(jwt))) }
}

type Packing = { salt: () => string; sha256: CryptoPort['sha256']; disclosures: string[] }

function pack(claims: JsonObject, frame: DisclosureFrame, packing: Packing): JsonObject {
  const hidden = new Set(frame._sd ?? [])
  const result: JsonObject = {}
  const digests: string[] = []
  for (const [name, value] of Object.entries(claims)) {
    const inner = frame[name]
    const packed = isJsonObject(value) && isFrame(inner) ? pack(value, inner, packing) : value
    if (!hidden.has(name)) {
      result[name] = packed
      continue
    }
    const disclosure = encodeBase64urlBytes(utf8(JSON.stringify([packing.salt(), name, packed])))
    packing.disclosures.push(asciiText(disclosure))
    digests.push(encodeBase64url(packing.sha256(disclosure)))
  }
  // Sorted, so that the order tells nothing about which claim is behind a digest (RFC 9901 section 4.2.4.1).
  if (digests.length > 0) result['_sd'] = digests.sort()
  return result
}

/** One draw of randomness for all salts: each call into the system costs as much as a dozen hashes. */
function saltsFrom(randomBytes: RandomBytes, count: number): () => string {
  const bytes = randomBytes(count * SALT_BYTES)
  let used = 0
  return () => {
    const salt = bytes.subarray(used, used + SALT_BYTES)
    used += SALT_BYTES
    if (salt.length !== SALT_BYTES) throw new RangeError('not enough randomness')
    return encodeBase64url(salt)
  }
}

function countHidden(frame: DisclosureFrame): number {
  return Object.values(frame).reduce(
    (sum, inner) => sum + (isFrame(inner) ? countHidden(inner) : (inner?.length ?? 0)),
    0,
  )
}

function isFrame(frame: DisclosureFrame | readonly string[] | undefined): frame is DisclosureFrame {
  return frame !== undefined && !Array.isArray(frame)
}
