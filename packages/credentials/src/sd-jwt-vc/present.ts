import { type CryptoPort, type Sign, webCryptoPort } from '../crypto-port.ts'
import { encodeBase64url, utf8 } from '../encoding/base64url.ts'
import { signJws } from '../encoding/jws.ts'
import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import { type ClaimPath, onSameBranch, selectClaims } from './claim-path.ts'
import { parseSdJwt } from './parse.ts'
import { transactionDataHashes } from './transaction-data-hashes.ts'

export type KeyBinding = {
  nonce: string
  /** The verifier's client id, with its prefix; over the Digital Credentials API `origin:` and its origin. */
  aud: string
  /** Seconds. */
  iat: number
  /** Signs with the key in `cnf`. */
  sign: Sign
  /** What this presentation authorises: the strings of the request as they stand there (appendix B.3.3.1). */
  transactionData?: readonly string[]
  /** Further claims of the key-binding JWT, such as the anchor receipt. */
  extra?: { anchor?: unknown; [claim: string]: unknown }
}

const KB_CLAIMS = ['nonce', 'aud', 'iat', 'sd_hash', 'transaction_data_hashes', 'transaction_data_hashes_alg']

/**
 * Makes a presentation that discloses `paths` and nothing else, bound to the verifier by a key-binding JWT
 * (RFC 9901 section 4.3). A path to an object discloses all beneath it. Throws `unknown_claim` when the credential has
 * no such claim, so that a wallet never shows less than it told the holder.
 */
export async function presentSdJwt(
  credential: string,
  paths: readonly ClaimPath[],
  { nonce, aud, iat, sign, transactionData = [], extra = {} }: KeyBinding,
  { sha256 }: Pick<CryptoPort, 'sha256'> = webCryptoPort,
): Promise<string> {
  const { jwt, claims, disclosures } = parseSdJwt(credential, { sha256 })
  for (const path of paths) {
    if (path.length === 0 || selectClaims(claims, path).length === 0) {
      throw new CredentialError('unknown_claim', `The credential has no claim ${JSON.stringify(path)}.`)
    }
  }
  for (const name of KB_CLAIMS) {
    if (Object.hasOwn(extra, name)) throw new TypeError(`${name} is set by presentSdJwt`)
  }
  const chosen = disclosures.filter((disclosure) => paths.some((path) => onSameBranch(path, disclosure.path)))
  const sdPart = `${[jwt, ...chosen.map(({ encoded }) => encoded)].join('~')}~`
  const payload: JsonObject = {
    iat,
    aud,
    nonce,
    sd_hash: encodeBase64url(sha256(utf8(sdPart))),
    ...(transactionData.length === 0
      ? {}
      : {
          transaction_data_hashes: transactionDataHashes(transactionData, { sha256 }),
          transaction_data_hashes_alg: 'sha-256',
        }),
    ...extra,
  }
  return sdPart + (await signJws({ typ: 'kb+jwt' }, payload, sign))
}
