import { createHash, ECDH } from 'node:crypto'
import { AgentError } from '../errors.ts'
import type { Hex, PublicJwk } from '../types.ts'

/**
 * The name by which IssuerRegistry knows a P-256 key: the RFC 7638 SHA-256 thumbprint of its JWK, 0x hex.
 * Anyone can compute it from the certificate in a credential's header.
 */
export function keyHashOf(jwk: { kty?: string; crv?: string; x?: string; y?: string }): Hex {
  const { crv, kty, x, y } = jwk
  if (kty !== 'EC' || !crv || !x || !y) throw new AgentError('unsupported_key', 'Not an elliptic curve key.')
  // RFC 7638, section 3.2: the required members only, in lexicographic order.
  return `0x${createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('hex')}`
}

/** P-256 JWK to the compressed SEC 1 point in hex, which is what the DID registry holds. */
export function compressedHex(jwk: PublicJwk): string {
  const point = Buffer.concat([
    Uint8Array.of(4),
    Buffer.from(jwk.x, 'base64url'),
    Buffer.from(jwk.y, 'base64url'),
  ])
  return ECDH.convertKey(point, 'prime256v1', undefined, 'hex', 'compressed') as string
}

/**
 * SEC 1 point in hex, compressed or not, to a P-256 JWK.
 * @throws AgentError `unsupported_key` when the bytes are no point of the curve.
 */
export function jwkOfPoint(hex: string): PublicJwk {
  try {
    const point = ECDH.convertKey(hex, 'prime256v1', 'hex', undefined, 'uncompressed') as Buffer
    return {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
  } catch (cause) {
    throw new AgentError('unsupported_key', 'Not a point of P-256.', { cause })
  }
}
