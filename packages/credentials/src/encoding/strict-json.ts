/** Deepest nesting that is read. Far beyond any credential; keeps hostile input from costing much. */
const MAX_DEPTH = 16

export type JsonObject = Record<string, unknown>

/**
 * JSON.parse for what strangers send: refuses a repeated member name (RFC 8259 leaves open which one counts, so two
 * readers of one document could see different claims), nesting beyond 16 and the name `__proto__`.
 * Throws a SyntaxError.
 */
export function parseStrictJson(text: string): unknown {
  const members = countMembers(text)
  const value: unknown = JSON.parse(text)
  // Each member has one colon outside a string. Fewer keys than colons: a name stood there twice.
  if (countKeys(value) !== members) throw new SyntaxError('a member name is repeated')
  return value
}

/** As above, for a document that has to be an object. */
export function parseStrictObject(text: string): JsonObject {
  const value = parseStrictJson(text)
  if (!isJsonObject(value)) throw new SyntaxError('expected an object')
  return value
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function countMembers(text: string): number {
  let members = 0
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) i = endOfString(text, i)
    else if (code === 0x3a) members++
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) throw new SyntaxError('nested too deeply')
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return members
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  if (end < 0) throw new SyntaxError('string without an end')
  return end
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const element of value) count += countKeys(element)
    return count
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') throw new SyntaxError('a member may not be called __proto__')
    count += 1 + countKeys(member)
  }
  return count
}
