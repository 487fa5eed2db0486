import { createHash, type KeyObject } from 'node:crypto'
import type { CryptoPort, PublicJwk } from '@pass/credentials'
import { importEs256, verifyEs256 } from '../jose/es256.ts'

/** Enough for every issuer of a city; holders' keys, each used once, push each other out. */
const MAX_KEYS = 256

/**
 * The primitives of verification on OpenSSL: about three times as fast as WebCrypto, which pays for a promise and
 * an import per signature. Keys that were imported are remembered, since one agency signs many credentials.
 */
export function createNodeCrypto(): CryptoPort {
  const keys = new Map<string, KeyObject>()
  const keyOf = (jwk: PublicJwk): KeyObject => {
    const name = `${jwk.x}.${jwk.y}`
    let key = keys.get(name)
    if (!key) {
      key = importEs256(jwk)
      if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value ?? '')
      keys.set(name, key)
    }
    return key
  }
  return {
    sha256: (data) => createHash('sha256').update(data).digest(),
    verifyEs256(publicJwk, data, signature) {
      try {
        return verifyEs256(keyOf(publicJwk), data, signature)
      } catch {
        return false
      }
    },
  }
}
