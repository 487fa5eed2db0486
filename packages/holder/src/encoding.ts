import { base64url } from 'jose'

/** Bytes or text as base64url without padding. */
export function toBase64url(input: Uint8Array | string): string {
  return base64url.encode(input)
}

/** The digest of bytes or of the UTF-8 of a text. */
export async function sha256(input: Uint8Array | string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : new Uint8Array(input)
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** An identifier: the same from the same parts, and unlike any from others. */
export async function derivedId(...parts: string[]): Promise<string> {
  return toBase64url(await sha256(JSON.stringify(parts))).slice(0, 22)
}
