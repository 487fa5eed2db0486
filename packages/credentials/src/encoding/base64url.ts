const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0))
const FORM = /^[A-Za-z0-9_-]*$/
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Base64url without padding (RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return decoder.decode(encodeBase64urlBytes(bytes))
}

/** The same as ASCII bytes, for those who hash what they write. */
export function encodeBase64urlBytes(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  const whole = bytes.length - (bytes.length % 3)
  let length = 0
  for (let i = 0; i < whole; i += 3) {
    const chunk = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    out[length] = CODES[chunk >> 18] ?? 0
    out[length + 1] = CODES[(chunk >> 12) & 63] ?? 0
    out[length + 2] = CODES[(chunk >> 6) & 63] ?? 0
    out[length + 3] = CODES[chunk & 63] ?? 0
    length += 4
  }
  const rest = ((bytes[whole] ?? 0) << 16) | ((bytes[whole + 1] ?? 0) << 8)
  for (let shift = 18; length < out.length; shift -= 6) out[length++] = CODES[(rest >> shift) & 63] ?? 0
  return out
}

/** Throws a TypeError for anything but canonical base64url without padding. */
export function decodeBase64url(text: string): Uint8Array {
  const binary = toBinary(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  // Bits left over in the last character would let one value be written in several ways.
  if (
    text.length % 4 !== 0 &&
    encodeBase64url(bytes.subarray(bytes.length - (bytes.length % 3))) !== tail(text)
  ) {
    throw new TypeError('base64url is not canonical')
  }
  return bytes
}

/** Text of UTF-8 bytes in base64url; throws a TypeError when either is malformed. */
export function decodeBase64urlText(text: string): string {
  const binary = toBinary(text)
  // Most JOSE headers and payloads are ASCII: then the binary string is the text already.
  return isAscii(binary) ? binary : decoder.decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)))
}

/** Text of ASCII bytes. */
export const asciiText = (bytes: Uint8Array): string => decoder.decode(bytes)

export const encodeBase64urlText = (text: string): string => encodeBase64url(encoder.encode(text))

/** Bytes of a string, UTF-8. */
export const utf8 = (text: string): Uint8Array => encoder.encode(text)

/** Bytes of standard base64 with padding, as `x5c` has it (RFC 7515 section 4.1.6). Throws a TypeError. */
export function decodeBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) throw new TypeError('malformed base64')
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
}

function toBinary(text: string): string {
  if (!FORM.test(text) || text.length % 4 === 1) throw new TypeError('malformed base64url')
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
}

const tail = (text: string): string => text.slice(text.length - (text.length % 4))

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)
