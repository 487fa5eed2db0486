import { createHash } from 'node:crypto'
import type { PublicJwk } from '@pass/credentials'
import { importEs256, verifyEs256 } from './es256.ts'

export type JsonObject = Record<string, unknown>

export type DecodedJws = {
  header: JsonObject
  payload: JsonObject
  /** What the signature is over. */
  signingInput: Uint8Array
  signature: Uint8Array
}

const COMPACT = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/
const MAX_LENGTH = 8192

/** Takes a compact JWS apart (RFC 7515 section 3.1); nothing is believed yet. `undefined` when it is none. */
export function decodeJws(compact: string, maxLength = MAX_LENGTH): DecodedJws | undefined {
  if (compact.length > maxLength) return undefined
  const [, header, payload, signature] = COMPACT.exec(compact) ?? []
  if (!header || !payload || !signature) return undefined
  const parts = { header: objectIn(header), payload: objectIn(payload) }
  if (!parts.header || !parts.payload) return undefined
  return {
    header: parts.header,
    payload: parts.payload,
    signingInput: Buffer.from(compact.slice(0, header.length + 1 + payload.length)),
    signature: Buffer.from(signature, 'base64url'),
  }
}

function objectIn(segment: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString())
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A public P-256 key as a stranger wrote it, or `undefined`. Only the one canonical spelling of each coordinate
 * counts: two spellings of one key would have two thumbprints, and a batch could hold the same key twice.
 */
export function publicJwkIn(value: unknown): PublicJwk | undefined {
  if (!isJsonObject(value)) return undefined
  const { kty, crv, x, y, d } = value
  if (kty !== 'EC' || crv !== 'P-256' || d !== undefined || !isCoordinate(x) || !isCoordinate(y))
    return undefined
  return { kty, crv, x, y }
}

function isCoordinate(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== 43) return false
  const bytes = Buffer.from(value, 'base64url')
  return bytes.length === 32 && bytes.toString('base64url') === value
}

/** JWK thumbprint (RFC 7638), base64url. */
export function thumbprintOf({ x, y }: PublicJwk): string {
  return createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url')
}

/** Whether `jws` was signed with ES256 by this key. node:crypto itself: `jose` costs twice as much here. */
export function isSignedBy(jwk: PublicJwk, { signingInput, signature }: DecodedJws): boolean {
  try {
    return verifyEs256(importEs256(jwk), signingInput, signature)
  } catch {
    // Coordinates that are no point of the curve.
    return false
  }
}
