import { bytesToHex } from '@noble/hashes/utils.js'
import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { utf8 } from '../encoding/base64url.ts'

/**
 * What the city anchors for a credential: sha256 of the issuer-signed JWT, lower-case hex without `0x`. The same
 * whether disclosures or a key-binding JWT follow or not.
 */
export function hashOfCredential(
  credential: string,
  { sha256 }: Pick<CryptoPort, 'sha256'> = webCryptoPort,
): string {
  const end = credential.indexOf('~')
  return bytesToHex(sha256(utf8(end < 0 ? credential : credential.slice(0, end))))
}
