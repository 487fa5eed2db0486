import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBase64,
  decodeBase64url,
  decodeBase64urlText,
  encodeBase64url,
  encodeBase64urlText,
} from './base64url.ts'
import { parseStrictJson, parseStrictObject } from './strict-json.ts'

const bytes = fc.uint8Array({ maxLength: 100 })

describe('base64url', () => {
  it('is that of the platform, both ways', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const text = Buffer.from(data).toString('base64url')
        expect(encodeBase64url(data)).toBe(text)
        expect(decodeBase64url(text)).toEqual(data)
      }),
    )
  })

  it('carries any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeBase64urlText(encodeBase64urlText(text))).toBe(text)
      }),
    )
  })

  it.each(['A', 'AA==', 'A+/A', 'A A', 'AB', 'AAB', '한'])(
    'has one form for each value: %o is refused',
    (text) => {
      expect(() => decodeBase64url(text)).toThrow(TypeError)
    },
  )

  it('of bytes that are no UTF-8 is no text', () => {
    expect(() => decodeBase64urlText(encodeBase64url(Uint8Array.of(0xff, 0xfe)))).toThrow(TypeError)
  })

  it.each(['', 'A', '-_-_', 'AA', 'AAAA\n', '===='])('standard base64 does not take %o', (text) => {
    expect(() => decodeBase64(text)).toThrow(TypeError)
  })
})

describe('strict JSON', () => {
  it('reads what JSON.parse reads, when no name is repeated', () => {
    const json = fc.jsonValue({ maxDepth: 6 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value)
        expect(parseStrictJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('counts members and not what strings hold', () => {
    const tricky = { 'a:b': '{"x":1,"x":2}', 'q"uo\\te': '\\":', list: [{ a: 1 }, { a: 2 }], '': ':' }
    expect(parseStrictJson(JSON.stringify(tricky))).toEqual(tricky)
  })

  it.each([
    '{"a":1,"a":1}',
    '{"a":{"b":1},"a":{}}',
    '[{"a":1,"a":2}]',
    '{"\\u0061":1,"a":2}',
    '{"__proto__":1}',
    '{"a":1',
    '{"a',
    '',
    '['.repeat(17) + ']'.repeat(17),
  ])('refuses %s', (text) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError)
  })

  it('takes an object where one is needed', () => {
    for (const text of ['[]', 'null', '1', '"a"']) expect(() => parseStrictObject(text)).toThrow(SyntaxError)
  })
})
