import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'

/** What the hand-written peers of these tests sign with. Nothing here is the code under test. */

// biome-ignore lint/suspicious/noExplicitAny: messages of a protocol, whose shape each test asserts.
export type Json = any

export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }
export type Key = { jwk: PublicJwk; privateKey: KeyObject; thumbprint: string }

export async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const jwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y }
  return { jwk, privateKey, thumbprint: await calculateJwkThumbprint(jwk) }
}

export const newKeys = (count: number): Promise<Key[]> => Promise.all(Array.from({ length: count }, newKey))

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const decode = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString())

/** Header and payload of a compact JWS; the signature is not looked at. */
export function read(jws: string): { header: Json; payload: Json } {
  const [header, payload] = jws.split('.')
  return { header: decode(header), payload: decode(payload) }
}

export const signature = (input: string, { privateKey }: Key): string =>
  sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')

/** A compact JWS by hand, since a library would not let a test send a wrong header. Members of `undefined` are left out. */
export function jws(header: object, payload: object, key: Key): string {
  const input = `${encode({ alg: 'ES256', ...header })}.${encode(payload)}`
  return `${input}.${signature(input, key)}`
}

/** The same JWS with another signature of the right form. */
export function breakSignature(compact: string): string {
  const end = compact.lastIndexOf('.') + 1
  const bytes = Buffer.from(compact.slice(end), 'base64url')
  bytes[10] = (bytes[10] ?? 0) ^ 1
  return compact.slice(0, end) + bytes.toString('base64url')
}

export const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('base64url')
export const now = (): number => Math.floor(Date.now() / 1000)
export const jti = (): string => randomUUID()
