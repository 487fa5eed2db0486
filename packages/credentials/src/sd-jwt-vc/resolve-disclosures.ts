import type { CryptoPort } from '../crypto-port.ts'
import { decodeBase64urlText, encodeBase64url, utf8 } from '../encoding/base64url.ts'
import { isJsonObject, type JsonObject, parseStrictJson } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'

/** A disclosure with its place in the credential. */
export type Disclosure = {
  encoded: string
  digest: string
  path: Array<string | number>
  value: unknown
}

type Opened = { encoded: string; name?: string; value: unknown }
type Walk = { opened: Map<string, Opened>; seen: Set<string>; found: Disclosure[] }

/** Claims that decide whether a credential counts at all, so they may not hide (SD-JWT VC section 2.2.2.2). */
const NEVER_DISCLOSED = new Set(['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'aka_vcts', 'status'])

/**
 * Puts disclosed values into their places (RFC 9901 section 7.1). Throws `tampered_disclosure` when a disclosure is
 * malformed, stands twice, belongs to another credential, repeats a claim, or carries a reserved name, and when the
 * signed part repeats a digest.
 */
export function resolveDisclosures(
  sdJwt: { payload: JsonObject; encodedDisclosures: readonly string[] },
  sha256: CryptoPort['sha256'],
): { claims: JsonObject; disclosures: Disclosure[] } {
  const { _sd_alg: algorithm = 'sha-256' } = sdJwt.payload
  if (algorithm !== 'sha-256') throw tampered('The digests are not of sha-256.')
  const walk: Walk = { opened: new Map(), seen: new Set(), found: [] }
  for (const encoded of sdJwt.encodedDisclosures) {
    const digest = encodeBase64url(sha256(utf8(encoded)))
    if (walk.opened.has(digest)) throw tampered('A disclosure is given twice.')
    walk.opened.set(digest, open(encoded))
  }
  const claims = resolveObject(sdJwt.payload, [], walk)
  delete claims['_sd_alg']
  if (walk.found.length !== walk.opened.size)
    throw tampered('A disclosure does not belong to this credential.')
  return { claims, disclosures: walk.found }
}

function open(encoded: string): Opened {
  let content: unknown
  try {
    content = parseStrictJson(decodeBase64urlText(encoded))
  } catch (cause) {
    throw new CredentialError('tampered_disclosure', 'A disclosure cannot be read.', { cause })
  }
  if (!Array.isArray(content) || typeof content[0] !== 'string')
    throw tampered('A disclosure cannot be read.')
  if (content.length === 2) return { encoded, value: content[1] }
  const name: unknown = content[1]
  if (content.length !== 3 || typeof name !== 'string') throw tampered('A disclosure cannot be read.')
  if (name === '_sd' || name === '...' || name === '__proto__')
    throw tampered('A disclosure carries a reserved name.')
  return { encoded, name, value: content[2] }
}

function resolve(value: unknown, path: Array<string | number>, walk: Walk): unknown {
  if (Array.isArray(value)) return resolveArray(value, path, walk)
  return isJsonObject(value) ? resolveObject(value, path, walk) : value
}

function resolveObject(object: JsonObject, path: Array<string | number>, walk: Walk): JsonObject {
  const result: JsonObject = {}
  for (const [name, value] of Object.entries(object)) {
    if (name === '...') throw tampered('The signed part uses a reserved name.')
    if (name !== '_sd') result[name] = resolve(value, [...path, name], walk)
  }
  const digests = object['_sd'] ?? []
  if (!Array.isArray(digests)) throw tampered('The list of digests cannot be read.')
  for (const digest of digests) {
    const opened = take(digest, walk)
    if (!opened) continue
    const { name, value } = opened
    if (name === undefined) throw tampered('A disclosure of an array element stands for a member.')
    if (Object.hasOwn(result, name) || NEVER_DISCLOSED.has(String(path[0] ?? name))) {
      throw tampered('A disclosure repeats a claim, or carries one that must not be hidden.')
    }
    place(digest, opened, [...path, name], walk)
    result[name] = resolve(value, [...path, name], walk)
  }
  return result
}

function resolveArray(array: readonly unknown[], path: Array<string | number>, walk: Walk): unknown[] {
  const result: unknown[] = []
  for (const element of array) {
    if (!isJsonObject(element) || !Object.hasOwn(element, '...')) {
      result.push(resolve(element, [...path, result.length], walk))
      continue
    }
    if (Object.keys(element).length !== 1) throw tampered('A digest of an array element has further members.')
    const opened = take(element['...'], walk)
    if (!opened) continue
    if (opened.name !== undefined) throw tampered('A disclosure of a member stands for an array element.')
    const at = [...path, result.length]
    place(element['...'], opened, at, walk)
    result.push(resolve(opened.value, at, walk))
  }
  return result
}

/** The disclosure of a digest, if it was given. A digest that stands twice is refused wherever it stands. */
function take(digest: unknown, walk: Walk): Opened | undefined {
  if (typeof digest !== 'string' || walk.seen.has(digest))
    throw tampered('A digest is malformed or stands twice.')
  walk.seen.add(digest)
  return walk.opened.get(digest)
}

function place(digest: unknown, { encoded, value }: Opened, path: Array<string | number>, walk: Walk): void {
  walk.found.push({ encoded, digest: String(digest), path, value })
}

const tampered = (message: string): CredentialError => new CredentialError('tampered_disclosure', message)
