import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVolunteering, type VolunteeringCity } from './testing.ts'

let city: VolunteeringCity
beforeAll(async () => {
  city = await startVolunteering()
}, 120_000)
afterAll(() => city?.stop())

const HEADINGS = ['실적번호', '성명', '생년월일', '봉사활동명', '수요처명', '봉사일자', '봉사시간']
const csv = (rows: readonly (readonly string[])[], headings = HEADINGS) =>
  [headings, ...rows].map((row) => row.join(',')).join('\r\n')
const row = (number: string, changes: Partial<Record<number, string>> = {}) =>
  [number, '김하늘', '1990-05-05', '헌혈 안내', '대한적십자사', '2026-03-02', '2시간 30분'].map(
    (cell, index) => changes[index] ?? cell,
  )
const utf8 = (text: string) => new Uint8Array(Buffer.from(text))
const cp949 = (text: string) => new Uint8Array(iconv.encode(text, 'cp949'))
const upload = (file: Uint8Array<ArrayBuffer>) =>
  city.send(city.operator, '/api/volunteering/imports', undefined, file)
const apply = (id: string) => city.send(city.operator, `/api/volunteering/imports/${id}/apply`, {})
const counts = ({ body }: { body: { added: number; unchanged: number } }) => [body.added, body.unchanged]

/** Somebody whom name and date of birth tell apart. */
async function person(name: string) {
  const volunteer = await city.makeVolunteer({ name })
  return volunteer
}

describe('hours of the national portal', () => {
  it('are previewed, applied once, and found on the record; the same file again is harmless in either encoding', async () => {
    const someone = await person('가나다')
    const text = csv([row('P-1', { 1: '가나다' }), row('P-2', { 1: '가나다', 5: '2026.3.9', 6: '120' })])
    const preview = await upload(cp949(text))
    expect([preview.status, ...counts(preview), preview.body.encoding]).toEqual([201, 2, 0, 'cp949'])
    expect(preview.body.rows[0]).toEqual({
      number: 'P-1',
      name: '가나다',
      title: '헌혈 안내',
      date: '2026-03-02',
      minutes: 150,
    })
    expect((await someone.mine()).totals.minutes).toBe(0)
    const applied = await Promise.all([
      apply(preview.body.id),
      apply(preview.body.id),
      apply(preview.body.id),
    ])
    expect(applied.map(counts)).toEqual([
      [2, 0],
      [2, 0],
      [2, 0],
    ])
    expect((await someone.mine()).totals.minutes).toBe(270)
    for (const file of [utf8(text), cp949(text)]) {
      const again = await upload(file)
      expect(counts(again)).toEqual([0, 2])
      expect(counts(await apply(again.body.id))).toEqual([0, 2])
    }
    expect((await someone.mine()).totals.minutes).toBe(270)
  })

  it('name each cell at fault, and then nothing is applied', async () => {
    await person('라마바')
    const { body } = await upload(
      utf8(
        csv([
          row('F-1', { 1: '라마바' }),
          row('F-2', { 1: '아무개없음' }),
          row('=cmd', { 1: '라마바', 5: '어제', 6: '아홉 시간' }),
          row('F-1', { 1: '라마바', 5: '2999-01-01', 6: '9:30' }),
        ]),
      ),
    )
    expect(
      body.errors.map(({ row: line, column }: { row: number; column: string }) => `${line} ${column}`),
    ).toEqual(['3 성명', '4 실적번호', '4 봉사일자', '4 봉사시간', '5 봉사일자', '5 봉사시간', '5 실적번호'])
    expect((await apply(body.id)).body.code).toBe('invalid_file')
    const missing = await upload(utf8(csv([['1', '2']], ['실적번호', '성명'])))
    expect(missing.body.errors.map(({ column }: { column: string }) => column)).toContain('봉사일자')
    expect((await upload(utf8(''))).body.code).toBe('invalid_file')
  })

  it('of two people with one name and birthday are nobody’s', async () => {
    await person('쌍둥이')
    await person('쌍둥이')
    const { body } = await upload(utf8(csv([row('T-1', { 1: '쌍둥이' })])))
    expect(body.errors).toMatchObject([{ row: 2, column: '성명' }])
  })

  it('are refused where the same activity is recorded under another number, and beyond eight hours a day', async () => {
    await person('사아자')
    const first = await upload(utf8(csv([row('D-1', { 1: '사아자', 6: '5시간' })])))
    await apply(first.body.id)
    const { body } = await upload(
      utf8(
        csv([
          row('D-2', { 1: '사아자', 3: '헌혈  안내' }),
          row('D-3', { 1: '사아자', 3: '도서관 정리', 6: '3시간 10분' }),
        ]),
      ),
    )
    expect(
      body.errors.map(({ row: line, column }: { row: number; column: string }) => `${line} ${column}`),
    ).toEqual(['2 봉사활동명', '3 봉사시간(분)'])
  })

  it('come out in the same columns, without formulas, and coming back in add nothing', async () => {
    const someone = await person('차카타')
    const id = await city.publish({ hours: 2, title: { ko: '=HYPERLINK("x")', en: 'x' } })
    const { signup } = (await someone.signUp(id)).body
    city.advance(27 * 3600)
    const at = (hours: number) =>
      new Date(Date.parse(signup.activity.startsAt) + hours * 3_600_000).toISOString()
    const where = `/api/organiser/activities/${id}`
    await city.organiser.call(`${where}/attendance`, { signupId: signup.id, in: at(0), out: at(2) })
    await city.organiser.call(`${where}/confirm`, { hours: [{ signupId: signup.id, minutes: 120 }] })
    const out = await city.send(city.operator, '/api/volunteering/export.csv?from=2020-01-01&to=2999-12-31')
    expect(out.text).toContain('실적번호,성명,생년월일')
    expect(out.text).toContain(`"'=HYPERLINK(""x"")"`)
    const back = await upload(utf8(out.text))
    expect([back.body.errors, ...counts(back)]).toEqual([[], 0, 1])
    expect(
      (await city.organiser.call('/api/volunteering/export.csv?from=2020-01-01&to=2999-12-31')).status,
    ).toBe(403)
  })

  it('lie in no log, and previews lose their people after a day', async () => {
    await person('파하거')
    const { body } = await upload(utf8(csv([row('S-1', { 1: '파하거' })])))
    expect(city.logged.join('')).not.toContain('파하거')
    city.advance(25 * 3600)
    expect((await apply(body.id)).body.code).toBe('expired')
    await city.services.volunteering.sweep()
    expect((await city.db.prisma.hoursImport.findUnique({ where: { id: body.id } }))?.rows).toBeNull()
  })
})
