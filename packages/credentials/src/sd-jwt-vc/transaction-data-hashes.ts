import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { encodeBase64url, utf8 } from '../encoding/base64url.ts'

/** What the key-binding JWT says of transaction data, as it stands there; nothing is compared yet. */
export type TransactionDataClaims = { hashes: unknown; algorithm: unknown }

/**
 * How a key-binding JWT refers to transaction data (OpenID4VP 1.0 appendix B.3.3.1): a sha-256 of each string exactly as
 * it stands in the request, base64url included.
 * @param transactionData those that this presentation authorises, and no others
 */
export function transactionDataHashes(
  transactionData: readonly string[],
  { sha256 }: Pick<CryptoPort, 'sha256'> = webCryptoPort,
): string[] {
  return transactionData.map((encoded) => encodeBase64url(sha256(utf8(encoded))))
}
