import { describe, expect, it } from 'vitest'
import { cityType, readCityFile, vctOf } from '../testing/city.ts'
import { contrastRatio } from './contrast.ts'
import { type CredentialType, parseCredentialType } from './credential-type.ts'
import { typeMetadata } from './type-metadata.ts'

const TYPES = ['resident', 'multi-child-family', 'veteran']
const base = readCityFile('credential-types/resident.json') as CredentialType
const claim = base.claims[0]!

/** The sentence with which a file is refused. */
function refusalOf(content: unknown): string {
  try {
    parseCredentialType(content, 'x.json')
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_type' })
    return (error as Error).message
  }
  throw new Error('was accepted')
}

describe('a file of the catalogue', () => {
  it.each(TYPES)('%s is sound, in Korean and English, on a card that can be read', (id) => {
    const type = cityType(id)
    expect(type.id).toBe(id)
    expect(contrastRatio(type.card.background, type.card.text)).toBeGreaterThanOrEqual(7)
    for (const { name } of type.claims) expect(name.ko).toMatch(/[가-힣]/)
  })

  it.each([
    [
      'an unknown derivation',
      { claims: [{ ...claim, derive: { kind: 'horoscope' } }] },
      /claims\.0\.derive.*ageAtLeast/,
    ],
    [
      'a claim always shown',
      { claims: [{ ...claim, disclosable: false }] },
      /claims\.0\.disclosable: every personal claim/,
    ],
    [
      'a claim of the protocol',
      { claims: [{ ...claim, path: ['exp'] }] },
      /claims\.0\.path\.0: this claim name belongs/,
    ],
    ['a reserved name', { claims: [{ ...claim, path: ['_sd'] }] }, /claims\.0\.path\.0/],
    ['a claim twice', { claims: [claim, claim] }, /claims\.1\.path: this claim is listed twice/],
    [
      'a name and group in one',
      { claims: [claim, { ...claim, path: ['name_ko', 'x'] }] },
      /this name is a group already/,
    ],
    ['a group in a group', { claims: [{ ...claim, path: ['a', 'b', 'c'] }] }, /at the top or in one group/],
    ['no Korean text', { name: { en: 'Card' } }, /name\.ko/],
    ['an empty English text', { name: { ko: '카드', en: ' ' } }, /name\.en: an English text is missing/],
    [
      'pale text',
      { card: { background: '#ffffff', text: '#bbbbbb' } },
      /card: the text on the card needs a contrast/,
    ],
    [
      'a colour by name',
      { card: { background: 'blue', text: '#ffffff' } },
      /card\.background: a colour is written/,
    ],
    ['no validity', { validity: { days: 0 } }, /validity\.days/],
    ['a bad requirement', { requires: ['residentSince'] }, /requires\.0: a requirement is a path/],
    ['an approval by nobody we know', { approval: 'mayor' }, /approval: a type is approved by an "officer"/],
    ['a misspelt member', { colour: '#000000' }, /colour/],
    ['no claims', { claims: [] }, /claims: a type has at least one claim/],
  ])('with %s is refused by a sentence that says where', (_, change, sentence) => {
    expect(refusalOf({ ...base, ...change })).toMatch(sentence)
  })

  it('that is no object is refused', () => {
    for (const content of [null, [], 'text', 7]) expect(refusalOf(content)).toMatch(/^x\.json: /)
  })
})

describe('type metadata', () => {
  it('names the type and each claim in both languages, with the colours of the card', () => {
    const metadata = typeMetadata(cityType('resident'), vctOf('resident'))
    expect(metadata).toMatchObject({
      vct: vctOf('resident'),
      display: [
        {
          locale: 'ko-KR',
          name: '인천 시민증',
          rendering: { simple: { background_color: '#0b3d91', text_color: '#ffffff' } },
        },
        { locale: 'en', name: 'Incheon Resident Card' },
      ],
    })
    expect(metadata.claims).toContainEqual({
      path: ['age_equal_or_over', '19'],
      display: [
        { locale: 'ko-KR', label: '19세 이상인지' },
        { locale: 'en', label: '19 or older' },
      ],
      sd: 'always',
    })
    expect(metadata.claims).toHaveLength(11)
  })
})
