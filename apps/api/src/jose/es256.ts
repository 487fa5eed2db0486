import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { PublicJwk } from '@pass/credentials'

/**
 * ES256 in the forms that node:crypto takes without an options object. Whatever key or options object it is given it
 * first tries for a key by an exception, which costs 20 to 30 microseconds a time: as much as the import itself.
 */

/** SubjectPublicKeyInfo (RFC 5480) of a P-256 key, up to its two coordinates, in base64. */
const SPKI_HEAD = 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'

/** @throws Error when the coordinates are not 32 bytes each, or no point of the curve */
export function importEs256({ x, y }: PublicJwk): KeyObject {
  const [first, second] = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
  if (first.length !== 32 || second.length !== 32) throw new TypeError('not a key on P-256')
  const point = Buffer.concat([first, second]).toString('base64')
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${SPKI_HEAD}${point}\n-----END PUBLIC KEY-----`)
}

/** Whether the coordinates are those of a point of P-256. */
export function isOnCurve(jwk: PublicJwk): boolean {
  try {
    importEs256(jwk)
    return true
  } catch {
    return false
  }
}

/** @param signature r || s, 64 bytes; any other length is no signature */
export function verifyEs256(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify('sha256', data, key, derOf(signature))
}

/** r || s as the ASN.1 sequence that OpenSSL reads by itself. */
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
