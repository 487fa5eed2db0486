import { sha256 } from '@noble/hashes/sha2.js'

/** The public half of a P-256 key (RFC 7517); further members are ignored. */
export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

/** Signs with ES256; answers the raw 64-byte form (IEEE P1363) that JWS uses. */
export type Sign = (data: Uint8Array) => Promise<Uint8Array> | Uint8Array

/** Cryptographically secure random bytes. */
export type RandomBytes = (length: number) => Uint8Array

/**
 * The primitives that verification spends its time on. A server injects node:crypto; the default below runs in
 * browsers and Node alike.
 */
export type CryptoPort = {
  sha256(data: Uint8Array): Uint8Array
  /** `signature` is the raw 64-byte form. Answers false, never throws, for a key or signature that is not sound. */
  verifyEs256(publicJwk: PublicJwk, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

/** WebCrypto for signatures; noble for sha256, because many small synchronous hashes beat as many promises. */
export const webCryptoPort: CryptoPort = {
  sha256: (data) => sha256(data),
  async verifyEs256({ kty, crv, x, y }, data, signature) {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    try {
      const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, false, ['verify'])
      return await crypto.subtle.verify(
        { name: 'ECDSA', hash: 'SHA-256' },
        key,
        Uint8Array.from(signature),
        Uint8Array.from(data),
      )
    } catch {
      return false
    }
  },
}
