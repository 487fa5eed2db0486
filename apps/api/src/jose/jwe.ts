import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createSecretKey,
  type ECDH,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import type { PublicJwk } from '@pass/credentials'

/** Content encryption that is spoken here, with its key length in bits (RFC 7518 section 5.1; both asked by HAIP). */
const KEY_BITS = { A128GCM: 128, A256GCM: 256 } as const
export type Encryption = keyof typeof KEY_BITS

/** `enc` values. The one `alg` is ECDH-ES with P-256, in direct key agreement mode. */
export const RESPONSE_ENCRYPTIONS = Object.keys(KEY_BITS)

export function isEncryption(value: unknown): value is Encryption {
  return typeof value === 'string' && Object.hasOwn(KEY_BITS, value)
}

/** A key pair for encryption. `privateKey` is the 32-byte scalar. */
export type ResponseKey = { privateKey: Uint8Array; publicJwk: PublicJwk }

/** A message cannot be decrypted. */
export class ResponseEncryptionError extends Error {
  override readonly name = 'ResponseEncryptionError'
}

/** A fresh P-256 pair from the operating system's randomness. */
export function createResponseKey(): ResponseKey {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  // OpenSSL leaves leading zeros of the scalar away.
  const privateKey = new Uint8Array(32)
  const scalar = ecdh.getPrivateKey()
  privateKey.set(scalar, 32 - scalar.length)
  return { privateKey, publicJwk: publicJwkOf(ecdh) }
}

/**
 * The pair of a scalar that was chosen elsewhere.
 * @throws Error when it is none of the curve: zero, or not below its order
 */
export function responseKeyOf(privateKey: Uint8Array): ResponseKey {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  return { privateKey, publicJwk: publicJwkOf(ecdh) }
}

function publicJwkOf(ecdh: ECDH): PublicJwk {
  const point = ecdh.getPublicKey()
  return {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
}

/** Whose key a message is encrypted to. A `kid` is repeated in the header, so that the reader finds the key. */
export type Recipient = { jwk: PublicJwk; kid?: string; enc: Encryption }

/**
 * A compact JWE in the form that `decryptMessage` reads, with a fresh ephemeral key for each message.
 * @throws Error when the coordinates are no point of the curve
 */
export function encryptMessage(plaintext: Uint8Array, { jwk, kid, enc }: Recipient): string {
  const ecdh = createECDH('prime256v1')
  ecdh.generateKeys()
  const secret = ecdh.computeSecret(pointOf(jwk))
  const header = { alg: 'ECDH-ES', enc, ...(kid === undefined ? {} : { kid }), epk: publicJwkOf(ecdh) }
  const encoded = Buffer.from(JSON.stringify(header)).toString('base64url')
  const iv = randomBytes(12)
  const cipher = createCipheriv(cipherOf(enc), deriveKey(secret, { enc, apu: '', apv: '' }), iv)
  cipher.setAAD(Buffer.from(encoded, 'ascii'))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  const parts = [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url'))
  return [encoded, '', ...parts].join('.')
}

/**
 * Decrypts a compact JWE with ECDH-ES in direct key agreement mode and AES-GCM (RFC 7516, RFC 7518 section 4.6),
 * the one form that is offered. On node:crypto because a general library takes three times as long
 * (0.64 ms against 0.18 ms), more than everything else a verification does.
 * @param keyOf the private key that goes by the header's `kid`; `undefined` for one that is not ours
 * @throws ResponseEncryptionError for whatever else arrives
 */
export function decryptMessage(jwe: string, keyOf: (kid: unknown) => Uint8Array | undefined): Uint8Array {
  const parts = jwe.split('.', 6)
  const [encodedHeader, encryptedKey, iv, ciphertext, tag] = parts
  if (parts.length !== 5 || !encodedHeader || encryptedKey !== '' || !iv || !ciphertext || !tag)
    throw new ResponseEncryptionError('The message is no compact JWE with direct key agreement.')
  try {
    const { privateKey, ...header } = readHeader(encodedHeader, keyOf)
    const secret = deriveKey(agree(privateKey, header.epk), header)
    const decipher = createDecipheriv(cipherOf(header.enc), secret, bytes(iv, 12), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(encodedHeader, 'ascii'))
    decipher.setAuthTag(bytes(tag, 16))
    return Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()])
  } catch (cause) {
    if (cause instanceof ResponseEncryptionError) throw cause
    throw new ResponseEncryptionError('The message was not encrypted to this key.', { cause })
  }
}

/**
 * `decryptMessage` with the key of one request; who encrypted may leave the `kid` away.
 * @param keyId the `kid` that the request gave the key
 * @throws ResponseEncryptionError
 */
export function decryptResponse(jwe: string, privateKey: Uint8Array, keyId: string): Uint8Array {
  return decryptMessage(jwe, (kid) => (kid === undefined || kid === keyId ? privateKey : undefined))
}

type Header = { enc: Encryption; epk: { x: string; y: string }; apu: string; apv: string }

function readHeader(
  encoded: string,
  keyOf: (kid: unknown) => Uint8Array | undefined,
): Header & { privateKey: Uint8Array } {
  const header: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))
  const { alg, enc, epk, kid, apu = '', apv = '', zip, crit } = Object(header) as Record<string, unknown>
  const { kty, crv, x, y } = Object(epk) as Record<string, unknown>
  if (alg !== 'ECDH-ES' || !isEncryption(enc))
    throw new ResponseEncryptionError('The message uses another algorithm than was offered.')
  // Compressed plaintext can unfold to any size; critical extensions are none that we understand.
  if (zip !== undefined || crit !== undefined)
    throw new ResponseEncryptionError('The message uses an extension that was not offered.')
  const privateKey = keyOf(kid)
  if (!privateKey) throw new ResponseEncryptionError('The message was encrypted to the key of another.')
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string')
    throw new ResponseEncryptionError('The message has no ephemeral key on P-256.')
  if (typeof apu !== 'string' || typeof apv !== 'string')
    throw new ResponseEncryptionError('The message has malformed party information.')
  return { enc, epk: { x, y }, apu, apv, privateKey }
}

const cipherOf = (enc: Encryption) => (enc === 'A128GCM' ? 'aes-128-gcm' : 'aes-256-gcm')

/** OpenSSL refuses a point that is not on the curve, so a chosen one cannot tell our key bit by bit. */
function agree(privateKey: Uint8Array, epk: { x: string; y: string }): Buffer {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(privateKey)
  return ecdh.computeSecret(pointOf(epk))
}

function pointOf({ x, y }: { x: string; y: string }): Buffer {
  return Buffer.concat([Uint8Array.of(4), bytes(x, 32), bytes(y, 32)])
}

/** Concat KDF of NIST SP 800-56A as RFC 7518 section 4.6.2 profiles it; one round gives both key lengths. */
function deriveKey(secret: Buffer, { enc, apu, apv }: Omit<Header, 'epk'>): KeyObject {
  const input = Buffer.concat([
    uint32(1),
    secret,
    withLength(Buffer.from(enc, 'ascii')),
    withLength(Buffer.from(apu, 'base64url')),
    withLength(Buffer.from(apv, 'base64url')),
    uint32(KEY_BITS[enc]),
  ])
  const digest = createHash('sha256').update(input).digest()
  return createSecretKey(digest.subarray(0, KEY_BITS[enc] / 8))
}

function bytes(encoded: string, length: number): Buffer {
  const decoded = Buffer.from(encoded, 'base64url')
  if (decoded.length !== length)
    throw new ResponseEncryptionError('A part of the message has the wrong length.')
  return decoded
}

const withLength = (data: Buffer): Buffer => Buffer.concat([uint32(data.length), data])

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}
