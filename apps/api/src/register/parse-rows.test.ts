import { describe, expect, it } from 'vitest'
import { CITY } from '../testing/api.ts'
import { COLUMNS } from './columns.ts'
import { decodeCsv } from './decode.ts'
import { MAX_ROWS, parseRows } from './parse-rows.ts'
import { csv, person, toCp949, toUtf8, toUtf8Bom } from './testing.ts'

const rules = {
  districts: CITY.districts,
  today: '2026-11-21',
  identityMacOf: (identifier: string) => `mac of ${identifier}`,
}
const parse = (text: string) => parseRows(text, rules)
/** row:column of each fault. */
const faults = (text: string) => parse(text).errors.map(({ row, column }) => `${row}:${column}`)

describe('decodeCsv', () => {
  const text = csv([person('A-1', { 1: '뷁똠방' }), person('A-2')])

  it.each([
    ['UTF-8', toUtf8(text), 'utf-8'],
    ['UTF-8 with a byte order mark', toUtf8Bom(text), 'utf-8'],
    ['CP949', toCp949(text), 'cp949'],
    ['plain ASCII', toUtf8('register_no,name'), 'utf-8'],
    ['Latin letters with accents in UTF-8', toUtf8('register_no,name_en\nA-1,Zoë Núñez'), 'utf-8'],
  ])('recognises %s', (_what, bytes, encoding) => {
    const decoded = decodeCsv(bytes)
    expect(decoded.encoding).toBe(encoding)
    expect(decoded.text).not.toContain('\ufffd')
    if (_what.startsWith('UTF-8') || _what === 'CP949') expect(decoded.text.replace('\ufeff', '')).toBe(text)
  })

  it('recognises CP949 that happens to be well-formed UTF-8', () => {
    const bytes = toCp949('register_no,name_ko\nA-1,징')
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).not.toThrow()
    expect(decodeCsv(bytes)).toEqual({ text: 'register_no,name_ko\nA-1,징', encoding: 'cp949' })
  })

  it.each([
    ['an empty file', new Uint8Array()],
    ['an Excel workbook', new Uint8Array([0x50, 0x4b, 0x03, 0x04, 1, 2])],
    ['an old Excel workbook', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 1])],
    ['a picture', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0])],
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x41, 0x00])],
    ['bytes of no encoding', new Uint8Array([0x41, 0xff, 0xff, 0x80, 0x42])],
  ])('refuses %s, saying so in both languages', (_what, bytes) => {
    expect(() => decodeCsv(bytes)).toThrow(
      expect.objectContaining({
        code: 'invalid_file',
        extra: { message: { ko: expect.stringMatching(/요\.?/), en: expect.any(String) } },
      }),
    )
  })
})

describe('parseRows', () => {
  it('reads Korean and English headings, in any order, with columns it does not know', () => {
    const english = csv(
      [['송도1동', 'A-1', '메모', 'Hong Gildong', '홍길동', '1990.5.5', 'Yeonsu-gu', '20150302']],
      [
        'Neighbourhood',
        'REGISTER NO',
        'remarks',
        'name_en',
        'Name-ko',
        'Birth date',
        'district',
        'resident since',
      ],
    )
    expect(parse(english).rows).toEqual(parse(csv([person('A-1')])).rows)
    expect(parse(english).rows[0]).toMatchObject({ districtCode: '28185', neighbourhoodCode: '2818582000' })
  })

  it.each([
    ['28185', '2818582000'],
    ['연수구', '송도1동'],
    ['Yeonsu-gu', 'Songdo 1-dong'],
    ['연수구 ', ' 송도 1동'],
  ])('finds the place %s %s', (district, neighbourhood) => {
    const { rows, errors } = parse(csv([person('A-1', { 4: district, 5: neighbourhood })]))
    expect(errors).toEqual([])
    expect(rows[0]?.neighbourhoodCode).toBe('2818582000')
  })

  it.each(['송림3·5동', '송림3.5동', '송림3,5동'])('finds a place that is written as %s', (name) => {
    const { rows } = parse(csv([person('A-1', { 4: '제물포구', 5: name })]))
    expect(rows[0]?.neighbourhoodCode).toBe('2812565000')
  })

  it('reads a semicolon or tab file as Excel writes it elsewhere', () => {
    for (const delimiter of [';', '\t'])
      expect(parse(csv([person('A-1')]).replaceAll(',', delimiter)).rows).toHaveLength(1)
  })

  it('names every fault by row and column, all of a row at once', () => {
    const text = csv([
      person('A-1'),
      person('A-2', { 3: '1990-02-30', 4: '중구', 6: '2027-01-01' }),
      person('', { 1: '=HYPERLINK("http://evil")', 2: '홍길동' }),
      person('A-4', { 5: '구월1동' }),
      person('A-5', { 5: '2820051000' }),
      person('A-6', { 3: '2020-01-01', 6: '2019-12-31' }),
    ])
    expect(faults(text)).toEqual([
      '3:생년월일',
      '3:거주시작일',
      '3:군구',
      '4:등록번호',
      '4:이름',
      '4:영문이름',
      '5:읍면동',
      '6:읍면동',
      '7:거주시작일',
    ])
    for (const { message } of parse(text).errors) {
      expect(message.ko).toMatch(/[가-힣]/)
      expect(message.en).not.toMatch(/[가-힣]/)
    }
  })

  it('counts lines as the spreadsheet does when a cell has a line break or a line is empty', () => {
    const text = `${csv([person('A-1', { 2: 'Hong\nGildong' })])}\r\n\r\n${csv([person('A-2', { 3: 'x' })], []).trim()}`
    expect(faults(text)).toEqual(['5:생년월일'])
  })

  it.each(["=cmd|' /C calc'!A0", '+82', '-1', '@SUM(A1)', '<script>', '홍\u0000길동', '', ' '])(
    'refuses %j as a name',
    (name) => {
      expect(parse(csv([person('A-1', { 1: name })])).rows).toEqual([])
    },
  )

  it.each(['Nguyễn Thị Ánh', "O'Brien Seán", 'Kim, Minjun', 'Müller-Lüdenscheidt'])(
    'takes %j as a name',
    (name) => {
      expect(parse(csv([person('A-1', { 1: name.replace(',', ''), 2: name })])).errors).toEqual([])
    },
  )

  it('refuses a register number that is there twice, naming the first', () => {
    const { errors } = parse(csv([person('A-1'), person('A-2'), person('A-1')]))
    expect(errors).toMatchObject([
      { row: 4, column: '등록번호', message: { en: expect.stringContaining('row 2') } },
    ])
  })

  it('names headings that are missing or there twice', () => {
    const headings = COLUMNS.slice(0, 7).map(({ ko }) => ko)
    expect(faults(csv([person('A-1')], ['등록번호', ...headings.slice(0, 6)]))).toEqual([
      '1:거주시작일',
      '1:등록번호',
    ])
    expect(faults('a,b\n1,2')).toHaveLength(7)
  })

  it('names rows with too few or too many cells', () => {
    expect(faults(csv([person('A-1').slice(0, 5), [...person('A-2'), 'x']]))).toEqual(['2:', '3:'])
  })

  it.each([
    ['a quote that never ends', `${csv([])}\r\n"A-1,홍길동`],
    ['text after a closing quote', `${csv([])}\r\n"A-1"x,홍길동`],
    ['a heading alone', csv([])],
    ['empty lines alone', '\r\n\r\n'],
    ['a line without end', `${csv([])}\r\n${'x'.repeat(30_000)}`],
  ])('refuses a file with %s', (_what, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid_file' }))
  })

  it('refuses more rows than it can hold', () => {
    const line = `\r\n${person('A').join(',')}`
    expect(() => parse(csv([]) + line.repeat(MAX_ROWS + 1))).toThrow(/At most 50,000/)
  })

  it('says what becomes of attributes: columns that are there decide, others leave them alone', () => {
    const headings = [...COLUMNS.slice(0, 7).map(({ ko }) => ko), '자녀수', '보훈번호', '보훈구분']
    const rows = parse(
      csv(
        [
          [...person('A-1'), '3', '12-345678', '참전유공자'],
          [...person('A-2'), '', '', ''],
        ],
        headings,
      ),
    ).rows
    expect(rows.map(({ set, drop }) => ({ set, drop }))).toEqual([
      { set: { children: 3, veteran: { number: '12-345678', category: '참전유공자' } }, drop: [] },
      { set: {}, drop: ['children', 'veteran'] },
    ])
    expect(parse(csv([person('A-1')])).rows[0]).toMatchObject({ set: {}, drop: [] })
    expect(faults(csv([[...person('A-1'), 'many', '12', '']], headings))).toEqual(['2:자녀수', '2:보훈구분'])
  })

  describe('the identifier at the sign-in provider', () => {
    const headings = [...COLUMNS.slice(0, 7).map(({ ko }) => ko), '간편인증식별값']

    it('leaves the row as its MAC alone; an empty cell takes it away, a file without the column leaves it', () => {
      const { rows } = parse(
        csv(
          [
            [...person('A-1'), 'CI+/=88'],
            [...person('A-2'), ''],
          ],
          headings,
        ),
      )
      expect(rows.map(({ identityMac }) => identityMac)).toEqual(['mac of CI+/=88', ''])
      expect(JSON.stringify(rows.map(({ identityMac: _mac, ...rest }) => rest))).not.toContain('CI+/=88')
      expect(parse(csv([person('A-1')])).rows[0]).not.toHaveProperty('identityMac')
    })

    it.each(['sign_in_id', '연계정보(CI)', 'Sub'])('is read under the heading %s', (heading) => {
      const text = csv([[...person('A-1'), 'x1']], [...headings.slice(0, 7), heading])
      expect(parse(text).rows[0]?.identityMac).toBe('mac of x1')
    })

    it('is refused where two rows have the same, naming the first and not the identifier', () => {
      const { rows, errors } = parse(
        csv(
          [
            [...person('A-1'), 'same-id'],
            [...person('A-2'), 'other-id'],
            [...person('A-3'), 'same-id'],
          ],
          headings,
        ),
      )
      expect(errors).toMatchObject([
        { row: 4, column: '간편인증식별값', message: { en: expect.stringContaining('row 2') } },
      ])
      expect(JSON.stringify(errors)).not.toContain('same-id')
      expect(rows).toHaveLength(2)
    })

    it.each(['한글', 'two words', 'x'.repeat(256)])('is refused as %j', (identifier) => {
      const { errors } = parse(csv([[...person('A-1'), identifier]], headings))
      expect(errors).toMatchObject([{ row: 2, column: '간편인증식별값' }])
      expect(JSON.stringify(errors)).not.toContain(identifier)
    })
  })
})
