import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const HERE = import.meta.dirname
const TABLE = readFileSync(join(HERE, '..', '..', 'docs', 'conformance.md'), 'utf8')

/** Rows of the tables: module, what it checks, our tests, note. */
const rows = TABLE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| module') && !line.startsWith('| ---'))
  .map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  )

/** Titles of the tests in a file: the first argument of `test(…)` and of `test.each(…)(…)`. */
function titlesIn(file: string): Set<string> {
  const source = readFileSync(file, 'utf8')
  const titles = source.matchAll(/(?:\btest\(|\)\()\s*(['"`])((?:\\.|(?!\1)[\s\S])*?)\1\s*,/g)
  return new Set([...titles].map(([, , title = '']) => title.replaceAll('\\', '')))
}

const files = new Map(
  [HERE, join(HERE, 'issuer')]
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [basename(file), titlesIn(file)]),
)

/** `file.ts: title; file.ts: title`. */
const named = (cell: string): [string, string][] =>
  cell
    .split(/;\s(?=[\w.-]+\.ts: )/)
    .filter((text) => text !== '')
    .map((text) => {
      const at = text.indexOf(': ')
      return [text.slice(0, at), text.slice(at + 2)]
    })

describe('docs/conformance.md', () => {
  test.each(rows)('names tests that are there: %s', (_module, _checks, tests = '', note = '') => {
    for (const [file, title] of named(tests)) {
      expect(files.has(file), file).toBe(true)
      expect([...(files.get(file) ?? [])], `${file}: ${title}`).toContain(title)
    }
    if (tests === '') expect(note).toContain('not applicable')
  })

  test('has every module of the plans: 21 of issuance, 40 of FAPI 2.0, 12 for verifiers, 17 for wallets', () => {
    const modules = new Set(rows.map(([module = '']) => module.replace(/ \(.*\)$/, '')))
    const startingWith = (prefix: string) => [...modules].filter((module) => module.startsWith(prefix)).length
    expect(startingWith('oid4vci-1_0-issuer-')).toBe(21)
    expect(startingWith('oid4vp-1final-verifier-')).toBe(12)
    expect(startingWith('oid4vp-1final-wallet-')).toBe(17)
    expect(modules.size).toBe(21 + 40 + 12 + 17)
  })
})
