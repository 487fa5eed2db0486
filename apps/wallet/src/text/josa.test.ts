import { expect, it } from 'vitest'
import { josa } from './josa.ts'

it.each([
  ['인천 시민증', '‘인천 시민증’을'],
  ['다자녀 카드', '‘다자녀 카드’를'],
  ['Pass', '‘Pass’을(를)'],
])('%s takes the particle of its sound', (word, expected) => expect(josa(word, ['을', '를'])).toBe(expected))
