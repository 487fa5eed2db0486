import { hashBytes, leafBytes, toHex } from './keccak.ts'
import type { Hex } from './receipt.ts'

/**
 * The leaf of a credential hash, as CredentialAnchor computes it: keccak256(keccak256(hash)).
 * `hash` is sha256 of the issuer-signed JWT, lower-case hex without `0x`; throws `malformed_hash`.
 */
export function leafOf(hash: string): Hex {
  return toHex(leafBytes(hashBytes(hash)))
}
