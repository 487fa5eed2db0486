import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { type DecodedJws, decodeJws } from '../encoding/jws.ts'
import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import { type Disclosure, resolveDisclosures } from './resolve-disclosures.ts'

/** Longest compact form that is read, in characters: ten times a resident card with all its disclosures. */
export const MAX_SD_JWT_LENGTH = 65_536

const MAX_DISCLOSURES = 200

/** An SD-JWT taken apart (RFC 9901 section 4); nothing about it is verified. */
export type DecodedSdJwt = {
  /** The issuer-signed JWT, compact. Its sha256 is what the city anchors. */
  jwt: string
  issuerJws: DecodedJws
  header: JsonObject
  payload: JsonObject
  /** Disclosures as they stand, undecoded. */
  encodedDisclosures: string[]
  /** All up to and including the last tilde: what `sd_hash` of the key-binding JWT covers. */
  sdPart: string
  kbJwt?: DecodedJws
}

export type ParsedSdJwt = DecodedSdJwt & {
  /** The payload with what is disclosed put in place, and without `_sd` and `_sd_alg`. */
  claims: JsonObject
  disclosures: Disclosure[]
}

/** Takes an SD-JWT or SD-JWT+KB apart. Throws `malformed_credential`, also for input beyond the size limits. */
export function decodeSdJwt(compact: string): DecodedSdJwt {
  if (compact.length > MAX_SD_JWT_LENGTH)
    throw new CredentialError('malformed_credential', 'The SD-JWT is too long.')
  const parts = compact.split('~', MAX_DISCLOSURES + 3)
  const jwt = parts[0]
  const last = parts.at(-1)
  if (parts.length < 2 || parts.length > MAX_DISCLOSURES + 2 || jwt === undefined || last === undefined) {
    throw new CredentialError('malformed_credential', 'Not an SD-JWT: it has no or too many parts.')
  }
  try {
    const issuerJws = decodeJws(jwt)
    return {
      jwt,
      issuerJws,
      header: issuerJws.header,
      payload: issuerJws.payload,
      encodedDisclosures: parts.slice(1, -1),
      sdPart: compact.slice(0, compact.length - last.length),
      ...(last === '' ? {} : { kbJwt: decodeJws(last) }),
    }
  } catch (cause) {
    throw new CredentialError('malformed_credential', 'The SD-JWT cannot be read.', { cause })
  }
}

/**
 * Reads an SD-JWT with its disclosed claims, without verifying any signature. Throws `malformed_credential`, and
 * `tampered_disclosure` when a disclosure does not belong to the signed part.
 */
export function parseSdJwt(
  compact: string,
  { sha256 }: Pick<CryptoPort, 'sha256'> = webCryptoPort,
): ParsedSdJwt {
  const decoded = decodeSdJwt(compact)
  return { ...decoded, ...resolveDisclosures(decoded, sha256) }
}
