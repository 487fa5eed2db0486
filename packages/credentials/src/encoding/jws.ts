import type { Sign } from '../crypto-port.ts'
import {
  decodeBase64url,
  decodeBase64urlText,
  encodeBase64url,
  encodeBase64urlText,
  utf8,
} from './base64url.ts'
import { type JsonObject, parseStrictObject } from './strict-json.ts'

/** A compact JWS taken apart; nothing about it is verified. */
export type DecodedJws = {
  compact: string
  header: JsonObject
  payload: JsonObject
  /** ASCII bytes that the signature covers. */
  signingInput: Uint8Array
  signature: Uint8Array
}

/** Throws a TypeError or SyntaxError when the text is not a compact JWS over a JSON object (RFC 7515 section 7.1). */
export function decodeJws(compact: string): DecodedJws {
  const first = compact.indexOf('.')
  const second = compact.indexOf('.', first + 1)
  if (first < 1 || second < 0 || compact.indexOf('.', second + 1) >= 0) {
    throw new SyntaxError('a compact JWS has three parts')
  }
  return {
    compact,
    header: parseStrictObject(decodeBase64urlText(compact.slice(0, first))),
    payload: parseStrictObject(decodeBase64urlText(compact.slice(first + 1, second))),
    signingInput: utf8(compact.slice(0, second)),
    signature: decodeBase64url(compact.slice(second + 1)),
  }
}

/** Signs a JWT with ES256. The header's `alg` is set here. */
export async function signJws(header: JsonObject, payload: JsonObject, sign: Sign): Promise<string> {
  const input = `${encodeBase64urlText(JSON.stringify({ alg: 'ES256', ...header }))}.${encodeBase64urlText(JSON.stringify(payload))}`
  const signature = await sign(utf8(input))
  if (signature.length !== 64) throw new TypeError('an ES256 signature has 64 bytes')
  return `${input}.${encodeBase64url(signature)}`
}
