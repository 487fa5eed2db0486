import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { CryptoPort, PublicJwk } from '@pass/credentials'

/** Enough for every issuer of a city; holders' keys, each used once, push each other out. */
const MAX_KEYS = 256

/**
 * The primitives of verification on OpenSSL: about three times as fast as WebCrypto, which pays for a promise and
 * an import per signature. Keys that were imported are remembered, since one agency signs many credentials.
 */
export function createNodeCrypto(): CryptoPort {
  const keys = new Map<string, KeyObject>()
  const keyOf = ({ kty, crv, x, y }: PublicJwk): KeyObject => {
    const name = `${x}.${y}`
    let key = keys.get(name)
    if (!key) {
      key = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' })
      if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value ?? '')
      keys.set(name, key)
    }
    return key
  }
  return {
    sha256: (data) => createHash('sha256').update(data).digest(),
    verifyEs256(publicJwk, data, signature) {
      if (signature.length !== 64) return false
      try {
        return verify('sha256', data, keyOf(publicJwk), derOf(signature))
      } catch {
        return false
      }
    },
  }
}

/**
 * r || s as the ASN.1 sequence that OpenSSL reads by itself. Node would take the raw form too, but its options object
 * costs 30 of the 95 microseconds that a verification takes.
 */
function derOf(signature: Uint8Array): Uint8Array {
  const [r, s] = [integerOf(signature.subarray(0, 32)), integerOf(signature.subarray(32))]
  return Uint8Array.of(0x30, r.length + s.length, ...r, ...s)
}

/** An unsigned number as DER writes it: no leading zeros but the one that keeps it positive. */
function integerOf(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const pad = (bytes[start] ?? 0) & 0x80 ? 1 : 0
  const integer = new Uint8Array(2 + pad + bytes.length - start)
  integer[0] = 0x02
  integer[1] = integer.length - 2
  integer.set(bytes.subarray(start), 2 + pad)
  return integer
}
