import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CityError, loadCity } from './city.ts'

const SHIPPED = join(import.meta.dirname, '..', '..', '..', 'city')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pass-city-'))
  cpSync(SHIPPED, folder, { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))

const edit = (file: string, change: (content: never) => unknown) => {
  const path = join(folder, file)
  const content = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(change(content as never) ?? content))
}
const message = () => {
  try {
    loadCity(folder)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(CityError)
    return (error as Error).message
  }
}

describe('the shipped city', () => {
  const city = loadCity(SHIPPED)

  it('has the eleven districts of July 2026 and their 158 neighbourhoods', () => {
    expect(city.districts.map(({ name }) => name.ko)).toEqual(
      '제물포구 영종구 미추홀구 연수구 남동구 부평구 계양구 서해구 검단구 강화군 옹진군'.split(' '),
    )
    expect(city.districts.flatMap(({ neighbourhoods }) => neighbourhoods)).toHaveLength(158)
    expect(city.districts.reduce((sum, { residents }) => sum + residents, 0)).toBe(3_063_730)
  })

  it('has every type that an agency is accredited for', () => {
    expect([...city.types.keys()].sort()).toEqual([
      'multi-child-family',
      'resident',
      'veteran',
      'volunteer-badge',
      'volunteer-certificate',
    ])
    expect([...city.templates.keys()].sort()).toEqual([
      'age-14',
      'age-19',
      'age-65',
      'identity',
      'resident-of-district',
      'under-19',
      'wallet-account',
    ])
  })
})

describe('loadCity', () => {
  it('takes a new credential type as one new file', () => {
    edit('credential-types/resident.json', (type: { id: string }) => {
      writeFileSync(
        join(folder, 'credential-types', 'library-card.json'),
        JSON.stringify({ ...type, id: 'library-card' }),
      )
    })
    expect(loadCity(folder).types.has('library-card')).toBe(true)
  })

  it('takes no wallet provider without the certificate of an authority', () => {
    const entry = { id: 'other', name: { ko: '다른 지갑', en: 'Other' }, clientIds: ['https://other.test'] }
    edit('wallet-providers.json', () => [{ ...entry, rootCertificates: ['AAAA'] }])
    expect(message()).toBe(
      'city/wallet-providers.json: 0.rootCertificates.0: must be the certificate of an authority: DER in base64.',
    )
  })

  it.each([
    'https://library.example/',
    'http://library.example',
    'library.example',
    'https://Library.example',
  ])('takes no page of a verifier that is not an origin: %s', (origin) => {
    edit(
      'verifiers.json',
      (verifiers: object[]) => void Object.assign(verifiers[0] ?? {}, { origins: [origin] }),
    )
    expect(message()).toBe(
      'city/verifiers.json: 0.origins.0: must be an origin such as https://library.example.',
    )
  })

  it('takes no transaction whose sentence has a gap, and no type of them twice', () => {
    edit('transaction-types.json', (types: object[]) => [...types, types[0]])
    expect(message()).toContain('transaction-types.json: id "kr.incheon.pass.confirmation" is there twice')
    edit('transaction-types.json', ([type]: object[]) => [{ ...type, fields: {} }])
    expect(message()).toMatch(/^city\/transaction-types\.json: 0\.sentence\.ko: there is no field statement/)
  })

  it('answers a faulty file with one sentence that names file and field', () => {
    edit('districts.json', (districts: { code: string }[]) => {
      Object.assign(districts[3] ?? {}, { code: '2818' })
    })
    expect(message()).toBe('city/districts.json: 3.code: must be five digits.')
  })

  it.each([
    ['a missing file', () => rmSync(join(folder, 'verifiers.json')), /^city\/verifiers\.json is missing/],
    [
      'a missing folder',
      () => rmSync(join(folder, 'templates'), { recursive: true }),
      /^The folder city\/templates is missing/,
    ],
    [
      'broken JSON',
      () => writeFileSync(join(folder, 'city.json'), '{"id": '),
      /^city\/city\.json is not well-formed JSON/,
    ],
    [
      'a type that no file describes',
      () => edit('agencies.json', (agencies: { types: string[] }[]) => void agencies[0]?.types.push('ghost')),
      /agencies\.json: "residents" lists the type "ghost"/,
    ],
    [
      'an id that is there twice',
      () => edit('verifiers.json', (verifiers: unknown[]) => void verifiers.push(verifiers[0])),
      /verifiers\.json: id "library" is there twice/,
    ],
    [
      'a file that is not named for its id',
      () =>
        edit(
          'templates/age-19.json',
          (template: { id: string }) => void Object.assign(template, { id: 'age-20' }),
        ),
      /templates\/age-19\.json: "id" is "age-20"/,
    ],
    [
      'a neighbourhood of another district',
      () =>
        edit('districts.json', (districts: { neighbourhoods: { code: string }[] }[]) => {
          Object.assign(districts[0]?.neighbourhoods[0] ?? {}, { code: '2899951000' })
        }),
      /neighbourhood "2899951000" does not begin/,
    ],
    [
      'a number that two programmes have',
      () =>
        edit(
          'programmes/recycling.json',
          (programme: object) => void Object.assign(programme, { number: 1 }),
        ),
      /city\/programmes: number "1" is there twice/,
    ],
    [
      'a programme that ends before it starts',
      () =>
        edit(
          'programmes/campaign.json',
          (programme: object) => void Object.assign(programme, { endsOn: '2025-12-31' }),
        ),
      /programmes\/campaign\.json: endsOn: must not end before it starts/,
    ],
    [
      'a rule that no citizen could ever use up',
      () =>
        edit(
          'programmes/campaign.json',
          (programme: object) => void Object.assign(programme, { dayLimit: 999 }),
        ),
      /programmes\/campaign\.json: rules: no rule may give more at once than the day limit/,
    ],
    [
      'an id that cannot stand in an address',
      () =>
        edit(
          'agencies.json',
          (agencies: object[]) => void Object.assign(agencies[0] ?? {}, { id: '../etc' }),
        ),
      /agencies\.json: 0\.id: must be lower-case/,
    ],
  ])('refuses %s', (_what, spoil, expected) => {
    spoil()
    expect(message()).toMatch(expected)
  })
})
