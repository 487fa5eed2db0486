import { describe, expect, it } from 'vitest'
import { addingEn } from './adding.en.ts'
import { addingKo } from './adding.ko.ts'
import { en } from './en.ts'
import { ko } from './ko.ts'
import { volunteeringEn } from './volunteering.en.ts'
import { volunteeringKo } from './volunteering.ko.ts'

/** Every sentence of a dictionary, functions given plain arguments. */
function sentences(node: unknown, path: string): [path: string, text: string][] {
  if (typeof node === 'string') return [[path, node]]
  if (typeof node === 'function')
    return [[path, String(node(...(SAMPLES[path.split('.').at(-1) ?? ''] ?? ['3', '3'])))]]
  if (Array.isArray(node)) return node.flatMap((one, index) => sentences(one, `${path}.${index}`))
  return Object.entries(node as object).flatMap(([key, value]) => sentences(value, `${path}.${key}`))
}
const SAMPLES: Record<string, unknown[]> = { no_such_credential: [['3']] }

describe('the words on a citizen’s screen', () => {
  const korean = [
    ...sentences(ko, 'ko'),
    ...sentences(addingKo, 'ko.adding'),
    ...sentences(volunteeringKo, 'ko.volunteering'),
  ]
  const english = [
    ...sentences(en, 'en'),
    ...sentences(addingEn, 'en.adding'),
    ...sentences(volunteeringEn, 'en.volunteering'),
  ]

  it('name nothing of the machinery', () => {
    const machinery =
      /\bDID\b|\bVCs?\b|블록체인|체인|크리덴셜|토큰|지갑 주소|앵커|서버|[Bb]lockchain|\bchain\b|[Cc]redential|\b[Tt]oken|\banchor|\bserver\b/
    expect([...korean, ...english].filter(([, text]) => machinery.test(text))).toEqual([])
  })

  it('are polite and plain in Korean: sentences end in 해요체', () => {
    const ends = korean.flatMap(([path, text]) =>
      text
        .split(/(?<=[.?!])\s/)
        .flatMap((sentence) => (/[.]$/.test(sentence) ? [[path, sentence] as const] : [])),
    )
    expect(ends.length).toBeGreaterThan(80)
    expect(ends.filter(([, sentence]) => !/(요|까요|세요)[.]$/.test(sentence))).toEqual([])
  })

  it('are in Korean in the one and in English in the other', () => {
    const foreign = ['en.settings.korean', 'en.settings.language']
    expect(english.filter(([path, text]) => /[가-힣]/.test(text) && !foreign.includes(path))).toEqual([])
    const latin = ['ko.settings.english']
    expect(korean.filter(([path, text]) => !/[가-힣]/.test(text) && !latin.includes(path))).toEqual([])
  })
})
