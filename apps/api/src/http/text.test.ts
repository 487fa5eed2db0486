import { describe, expect, it } from 'vitest'
import { line, prose } from './text.ts'

describe('a name', () => {
  it.each(['송도카페', 'Café 24 (연수)', '  김하늘 ', "O'Brien & 아들들", '👩‍🌾 농부'])(
    'can be %j',
    (text) => {
      expect(line(60).parse(text)).toBe(text.trim())
    },
  )
  it.each(['', '   ', '송도\n카페', '카페\u0000', '\u202Efdp.카페', '카페\u2066\u2069', 'x'.repeat(61)])(
    'cannot be %j, which would be seen as something else',
    (text) => expect(line(60).safeParse(text).success).toBe(false),
  )
})

describe('a reason', () => {
  it('has line breaks, and turns no direction of writing', () => {
    expect(prose(300).safeParse('첫째\n둘째').success).toBe(true)
    expect(prose(300).safeParse('첫째\u202E둘째').success).toBe(false)
    expect(prose(300).safeParse('첫째\u0000').success).toBe(false)
  })
})
