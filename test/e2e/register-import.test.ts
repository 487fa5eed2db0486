import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { inspect, launchDesk } from './browser.ts'
import { DESK_WORDS, signInByLink } from './desk.ts'

const { ko: d, en } = DESK_WORDS

const HEADINGS = '등록번호,이름,영문이름,생년월일,군구,읍면동,거주시작일'
const NEWCOMER = 'IC-E2E-0001,홍길동,Hong Gildong,1990-03-02,연수구,옥련1동,2020-05-01'
const NEIGHBOUR = 'IC-E2E-0002,똠방각하,Ttom Bangak,2001-11-30,제물포구,신포동,2001-11-30'

/** Text as Excel in Korea writes it, by the browser's own table: 똠 is in CP949 and not in plain EUC-KR. */
async function cp949(page: Page, text: string): Promise<Buffer> {
  const bytes = await page.evaluate((given) => {
    const bytesOf = new Map<string, number[]>()
    const decoder = new TextDecoder('euc-kr')
    for (let lead = 0x81; lead <= 0xfe; lead++)
      for (let trail = 0x41; trail <= 0xfe; trail++)
        bytesOf.set(decoder.decode(Uint8Array.of(lead, trail)), [lead, trail])
    return [...given].flatMap((one) => (one < '\u0080' ? [one.charCodeAt(0)] : (bytesOf.get(one) ?? [])))
  }, text)
  return Buffer.from(bytes)
}

describe('importing the register', () => {
  let city: TestCity
  let browser: Browser
  let officer: Page
  let excelFile: Buffer

  beforeAll(async () => {
    ;[city, browser] = await Promise.all([startCity(), launchDesk()])
    officer = await signInByLink(browser, city.links.officer, 'ko')
    excelFile = await cp949(officer, `${[HEADINGS, NEWCOMER, NEIGHBOUR].join('\r\n')}\r\n`)
    await officer.getByRole('link', { name: d.nav.import }).click()
    await officer.getByRole('heading', { level: 1, name: d.import.title }).waitFor()
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
  })

  const choose = (label: string, name: string, content: string | Buffer) =>
    officer.getByLabel(label).setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
  const found = async (query: string): Promise<{ nameKo: string; districtCode: string }[]> =>
    (await city.call('officer', `/api/register/residents?query=${encodeURIComponent(query)}`)).body.items

  it('shows what a file from Korean Excel would change, and changes nothing yet', async () => {
    await inspect(officer, 'ko-import-start')
    await choose(d.import.file, '주민.csv', excelFile)
    await officer.getByRole('heading', { name: d.import.preview('주민.csv') }).waitFor()
    await officer.getByText(d.import.added(2), { exact: true }).waitFor()
    await officer.getByText(d.import.changed(0), { exact: true }).waitFor()
    await officer.getByRole('cell', { name: '연수구 옥련1동' }).waitFor()
    await officer.getByRole('rowheader', { name: '똠방각하 (Ttom Bangak)' }).waitFor()
    await inspect(officer, 'ko-import-preview')
    expect(await found('IC-E2E')).toEqual([])
  })

  it('puts a preview away without applying it', async () => {
    await officer.getByRole('button', { name: d.import.cancel }).click()
    await officer.getByRole('button', { name: d.import.apply }).waitFor({ state: 'detached' })
    expect(await found('IC-E2E')).toEqual([])
  })

  it('applies it when the officer says so', async () => {
    await choose(d.import.file, '주민.csv', excelFile)
    await officer.getByRole('button', { name: d.import.apply }).click()
    await officer.getByText(d.import.done(2, 0)).waitFor()
    await inspect(officer, 'ko-import-done')
    expect((await found('IC-E2E')).map(({ nameKo }) => nameKo).sort()).toEqual(['똠방각하', '홍길동'])
  })

  it('the same file again changes nothing', async () => {
    await choose(d.import.file, '주민.csv', excelFile)
    await officer.getByText(d.import.unchanged(2), { exact: true }).waitFor()
    await officer.getByText(d.import.nothing).waitFor()
    expect(await officer.getByRole('button', { name: d.import.apply }).count()).toBe(0)
    await inspect(officer, 'ko-import-nothing')
  })

  it('names every fault by row and column, in the language of the screen, and applies nothing', async () => {
    const faulty = [
      HEADINGS,
      'IC-E2E-0003,김새벽,Kim Saebyeok,1988-13-40,연수구,옥련1동,2020-05-01',
      'IC-E2E-0004,이노을,이노을,1988-01-04,서울구,신포동,2020-05-01',
      'IC-E2E-0001,홍길동,Hong Gildong,1990-03-02,영종구,영종동,2024-01-02',
    ].join('\n')
    await choose(d.import.file, 'faulty.csv', faulty)
    const alert = officer.getByRole('alert').filter({ hasText: d.import.errors(3) })
    await alert.waitFor()
    const rows = async () =>
      (await officer.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split(/\s*\t\s*/))
    expect(await rows()).toEqual([
      ['2', '생년월일', '날짜가 아니에요. 1990-01-05처럼 적어 주세요.'],
      ['3', '영문이름', '영문 이름은 로마자로 적어 주세요.'],
      ['3', '군구', '이 도시에 없는 군·구예요.'],
    ])
    expect(await officer.getByRole('button', { name: d.import.apply }).count()).toBe(0)
    await inspect(officer, 'ko-import-errors')
    await officer.getByRole('button', { name: 'English' }).click()
    await officer.getByText(en.import.errors(3)).waitFor()
    expect((await rows()).map(([row, , problem]) => [row, problem])).toEqual([
      ['2', 'This is no date. Write it like 1990-01-05.'],
      ['3', 'Write the English name in Latin letters.'],
      ['3', 'The city has no such district.'],
    ])
    await inspect(officer, 'en-import-errors')
    // Row 4 alone was right; a file is taken whole or not at all.
    expect((await found('IC-E2E-0001'))[0]?.districtCode).toBe('28185')
    expect(await found('IC-E2E-0003')).toEqual([])
  })

  it.each([
    ['people.xlsx', Buffer.from('PK\u0003\u0004'), 'This is a spreadsheet. Save it as CSV first.'],
    ['empty.csv', Buffer.from(''), 'The file is empty.'],
    ['heading.csv', Buffer.from(HEADINGS), 'There is a heading, but no row.'],
  ])('says what is wrong with %s as a whole', async (name, content, sentence) => {
    await choose(en.import.file, name, content)
    await officer.getByText(sentence).waitFor()
  })

  it('takes the mended file, and shows the move as a change', async () => {
    const mended = `${HEADINGS}\nIC-E2E-0001,홍길동,Hong Gildong,1990-03-02,영종구,영종동,2024-01-02\n`
    await choose(en.import.file, 'mended.csv', mended)
    await officer.getByText(en.import.changed(1), { exact: true }).waitFor()
    await officer.getByRole('button', { name: en.import.apply }).click()
    await officer.getByText(en.import.done(0, 1)).waitFor()
  })

  it('the imported resident is found and offered a credential', async () => {
    await officer.getByRole('link', { name: en.nav.register, exact: true }).click()
    await officer.getByLabel(en.register.query).fill('홍길동')
    await officer.getByRole('row').filter({ hasText: 'IC-E2E-0001' }).getByRole('link').click()
    await officer.getByText(en.offer.to('홍길동')).waitFor()
    await officer.getByRole('button', { name: en.offer.create }).click()
    await officer.getByRole('img', { name: en.offer.qrLabel }).waitFor()
    expect(await officer.locator('.code').textContent()).toMatch(/^\d{6}$/)
    await inspect(officer, 'en-import-offer')
  })
})
