import { decodeBase64, encodeBase64url } from '../encoding/base64url.ts'

/** What `x5c` may hold: beyond it nothing is read. */
const MAX_CHAIN = 10
const MAX_CERTIFICATE_LENGTH = 16_384
/** DER of the extension's object identifier, 2.5.29.35. */
const AUTHORITY_KEY_IDENTIFIER = '551d23'
const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const OCTET_STRING = 0x04
/** `[3] EXPLICIT`: the extensions of a certificate (RFC 5280 section 4.1). */
const EXTENSIONS = 0xa3
/** `[0] IMPLICIT`: keyIdentifier (RFC 5280 section 4.2.1.1). */
const KEY_IDENTIFIER = 0x80

/**
 * Key identifiers of the authorities that issued the certificates of a chain, base64url: what a trusted authority of
 * type `aki` is compared with (OpenID4VP 1.0 section 6.1.1.1). Nothing is verified; a certificate that cannot be read
 * or names no authority adds none.
 *
 * Reads the few bytes itself: a wallet asks this of every card it holds, and an X.509 library weighs more than the
 * rest of this package.
 * @param x5c base64 DER, leaf first; anything else has no identifiers
 */
export function authorityKeyIdsOf(x5c: unknown): string[] {
  if (!Array.isArray(x5c) || x5c.length > MAX_CHAIN) return []
  const ids = x5c.flatMap((entry: unknown) => {
    if (typeof entry !== 'string' || entry.length > MAX_CERTIFICATE_LENGTH) return []
    try {
      const id = keyIdentifierIn(decodeBase64(entry))
      return id ? [encodeBase64url(id)] : []
    } catch {
      return []
    }
  })
  return [...new Set(ids)]
}

function keyIdentifierIn(certificate: Uint8Array): Uint8Array | undefined {
  const [signed] = membersOf(elementAt(certificate, 0), SEQUENCE)
  const wrapper = signed && membersOf(signed, SEQUENCE).find(({ tag }) => tag === EXTENSIONS)
  const [extensions] = wrapper ? membersOf(wrapper, EXTENSIONS) : []
  for (const extension of extensions ? membersOf(extensions, SEQUENCE) : []) {
    const members = membersOf(extension, SEQUENCE)
    const [name] = members
    if (name?.tag !== OBJECT_IDENTIFIER || hex(name.content) !== AUTHORITY_KEY_IDENTIFIER) continue
    const value = members.at(-1)
    if (value?.tag !== OCTET_STRING) return undefined
    return membersOf(elementAt(value.content, 0), SEQUENCE).find(({ tag }) => tag === KEY_IDENTIFIER)?.content
  }
  return undefined
}

type Element = { tag: number; content: Uint8Array; end: number }

/** One element of DER (X.690 section 8.1), with a tag of one byte. */
function elementAt(bytes: Uint8Array, at: number): Element {
  const tag = bytes[at] ?? 0
  let start = at + 2
  let length = bytes[at + 1] ?? 0
  if (length > 0x80) {
    const count = length - 0x80
    length = 0
    // Four bytes of length are more than any certificate has; the form without a length is not DER.
    if (count > 4) throw new RangeError('an element is too long')
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += count
  } else if (length === 0x80) throw new RangeError('an element has no length')
  const end = start + length
  if (end > bytes.length) throw new RangeError('an element goes beyond its end')
  return { tag, content: bytes.subarray(start, end), end }
}

function membersOf({ tag, content }: Element, expected: number): Element[] {
  if (tag !== expected) throw new TypeError('another element was expected')
  const members: Element[] = []
  for (let at = 0; at < content.length; ) {
    const member = elementAt(content, at)
    members.push(member)
    at = member.end
  }
  return members
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
