import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Counter, openCounter } from '../payments/testing/counter.ts'
import { periodOf } from './periods.ts'

let counter: Counter
let operator: string
let cafe: { id: number; key: string }
beforeAll(async () => {
  counter = await openCounter()
  operator = (await counter.api.apiKeys.create({ name: 'city', role: 'operator' })).key
})
afterAll(() => counter.api.close())
beforeEach(async () => {
  // A Friday; the week is 16 to 22 November.
  counter.setTime('2026-11-20T03:00:00Z')
  cafe = await counter.payee({ name: '송도카페' })
})

const WEEK = { from: '2026-11-16', to: '2026-11-22' }
const AFTER = '2026-11-23T00:00:00Z'

async function pay(amount: bigint) {
  const citizen = await counter.citizen({ 2026: amount })
  const request = await counter.request(cafe, amount)
  const payment = citizen.signed({ payee: cafe.id, amount, requestId: request.id })
  return (await citizen.pay(payment)).body.id as string
}
const refund = async (id: string, amount: string, reason: string) =>
  (
    await counter.api.call(`/api/merchant/payments/${id}/refunds`, {
      key: cafe.key,
      json: { amount, reason },
      headers: { 'idempotency-key': `${id}-${amount}` },
    })
  ).body
async function settleAll() {
  await counter.settle()
  await counter.payments.refunds.forward()
  await counter.settleRefunds()
}
const close = (from = WEEK.from, payee = cafe.id) =>
  counter.api.call('/api/settlements', { key: operator, json: { payee, from } })
const statement = (id: string, form: string, key = cafe.key) =>
  fetch(`${counter.api.url}/api/merchant/settlements/${id}/statement.${form}`, {
    headers: { authorization: `Bearer ${key}` },
  })
const csvOf = async (id: string) => {
  const bytes = new Uint8Array(await (await statement(id, 'csv')).arrayBuffer())
  const rows: string[][] = parse(Buffer.from(bytes), { bom: true })
  return { bytes, rows }
}

it('periods of seven days are weeks in Korea, from Monday', () => {
  expect(periodOf('2026-11-16', 7)).toEqual(WEEK)
  expect(periodOf('2026-11-22', 7)).toEqual(WEEK)
  expect(periodOf('2026-11-23', 7).from).toBe('2026-11-23')
})

describe('closing a period', () => {
  it('is refused while it goes on, and while anything of it is not final', async () => {
    const id = await pay(5_000n)
    expect((await close()).body.code).toBe('conflict')
    // What was paid at the last second may not be written yet.
    counter.setTime('2026-11-22T15:09:59Z')
    expect((await close()).body.code).toBe('conflict')
    counter.setTime('2026-11-20T03:00:00Z')
    await refund(id, '1000', '반품')
    counter.setTime(AFTER)
    expect((await close()).body).toMatchObject({ code: 'payments_open', open: 2 })
    await counter.settle()
    expect((await close()).body).toMatchObject({ code: 'payments_open', open: 1 })
    await counter.payments.refunds.forward()
    await counter.settleRefunds()
    expect((await close()).body).toMatchObject({
      status: 'closed',
      payments: 1,
      gross: '5000',
      refunded: '1000',
      net: '4000',
      ...WEEK,
    })
    expect((await close('2026-11-17')).body.code).toBe('conflict')
  })

  it('happens once: again is the same, and so is at the same moment', async () => {
    await pay(100n)
    await settleAll()
    counter.setTime(AFTER)
    const [one, two] = await Promise.all([close(), close()])
    expect(one.body).toEqual(two.body)
    expect((await close()).body).toEqual(one.body)
    const entries = await counter.db.prisma.auditEntry.findMany({ where: { target: one.body.id } })
    expect(entries.map(({ action }) => action)).toEqual(['settlement.close'])
  })

  it('leaves out what failed, and puts a payment into the week in which it was made', async () => {
    counter.setTime('2026-11-22T14:59:59Z')
    await pay(100n)
    counter.setTime('2026-11-22T15:00:00Z')
    await pay(7_000n)
    const failed = await pay(50n)
    await counter.db.prisma.redemption.update({ where: { id: failed }, data: { status: 'failed' } })
    await settleAll()
    counter.setTime(AFTER)
    expect((await close()).body).toMatchObject({ payments: 1, gross: '100' })
    counter.setTime('2026-11-30T00:00:00Z')
    expect((await close('2026-11-23')).body).toMatchObject({ payments: 1, gross: '7000' })
  })

  it('is done for everybody who has a period to close', async () => {
    await pay(300n)
    await settleAll()
    const other = await counter.payee({ name: '기다리는 가게' })
    const citizen = await counter.citizen()
    const request = await counter.request(other, 10n)
    await citizen.pay(citizen.signed({ payee: other.id, amount: 10n, requestId: request.id }))
    counter.setTime(AFTER)
    const path = '/api/settlements/close-due'
    const { body } = await counter.api.call(path, { key: operator, method: 'POST' })
    const mine = body.closed.filter((row: { payee: { id: number } }) => row.payee.id === cafe.id)
    expect(mine).toMatchObject([{ net: '300', ...WEEK }])
    expect(body.waiting).toContainEqual({ payee: other.id, ...WEEK, open: 1 })
    expect((await counter.api.call(path, { key: operator, method: 'POST' })).body.closed).toEqual([])
    await counter.settle()
  })

  it('is refused when the tables say more than the chain', async () => {
    const id = await pay(100n)
    await settleAll()
    counter.setTime(AFTER)
    // Somebody writes a payment larger than it was.
    await counter.db.prisma.redemption.update({ where: { id }, data: { amount: 90_000n } })
    expect((await close()).body.code).toBe('statement_differs')
    await counter.db.prisma.redemption.update({ where: { id }, data: { amount: 100n } })
    expect((await close()).status).toBe(200)
  })
})

describe('a statement', () => {
  it('lists each payment and refund with its digest, and adds up with the chain to the point', async () => {
    const amounts = [12_345n, 1n, 20_000n, 777n]
    const ids = []
    for (const amount of amounts) ids.push(await pay(amount))
    await counter.settle()
    await refund(ids[0]!, '345', '=HYPERLINK("http://evil")')
    await refund(ids[2]!, '20000', '@sum, "인용"\n둘째 줄')
    await settleAll()
    counter.setTime(AFTER)
    const { body: settlement } = await close()
    const { bytes, rows } = await csvOf(settlement.id)

    // UTF-8 with a byte order mark.
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(settlement.fileHash)
    const lines = rows.slice(1, -3)
    expect(lines).toHaveLength(6)
    for (const cell of lines.flatMap((row) => [row[4], row[5], row[6]])) expect(cell).not.toMatch(/^[=+\-@]/)

    // What the chain itself says, event by event.
    const events = await counter.db.sql<{ name: string; digest: string; amount: string }>`
      SELECT "name", "args"->>'digest' AS "digest", "args"->>'amount' AS "amount" FROM "ChainEvent"
      WHERE "args"->>'payee' = ${String(cafe.id)}`
    const said = events.map(
      ({ name, digest, amount }) => `${digest} ${name === 'Redeemed' ? '' : '-'}${amount}`,
    )
    expect(lines.map((row) => `${row[5]} ${row[3]}`).sort()).toEqual(said.sort())
    const sum = said.reduce((total, line) => total + BigInt(line.split(' ')[1]!), 0n)
    expect(settlement.net).toBe(String(sum))
    expect(rows.slice(-3).map((row) => row[3])).toEqual([settlement.gross, '-20345', settlement.net])
  })

  it('is a PDF too, with Korean type, over as many pages as it needs', async () => {
    for (let i = 0; i < 60; i++) await pay(BigInt(100 + i))
    await settleAll()
    counter.setTime(AFTER)
    const { body: settlement } = await close()
    const response = await statement(settlement.id, 'pdf')
    expect(response.headers.get('content-type')).toBe('application/pdf')
    expect(response.headers.get('content-disposition')).toContain('.pdf"')
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
    expect(text.startsWith('%PDF-1.')).toBe(true)
    expect(text).toContain('GothicA1')
    expect(text.match(/\/Type \/Page\b/g)).toHaveLength(2)
  })

  it('is for the merchant and the city, and for nobody else', async () => {
    await pay(100n)
    await settleAll()
    counter.setTime(AFTER)
    const { body: settlement } = await close()
    const other = await counter.payee({ name: '옆 가게' })
    for (const form of ['csv', 'pdf']) {
      expect((await statement(settlement.id, form, operator)).status).toBe(200)
      expect((await statement(settlement.id, form, other.key)).status).toBe(404)
    }
    expect((await counter.api.call('/api/settlements', { key: cafe.key })).status).toBe(403)
    const own = await counter.api.call('/api/merchant/settlements', { key: cafe.key })
    expect(own.body).toMatchObject([{ id: settlement.id, payee: { name: { ko: '송도카페' } } }])
    expect((await counter.api.call('/api/merchant/settlements', { key: other.key })).body).toEqual([])
  })

  it('is not handed out once the chain has taken something of it back', async () => {
    const id = await pay(100n)
    await settleAll()
    counter.setTime(AFTER)
    const { body: settlement } = await close()
    await counter.db.prisma.redemption.update({ where: { id }, data: { status: 'held' } })
    expect((await statement(settlement.id, 'csv')).status).toBe(409)
    await counter.db.prisma.redemption.update({ where: { id }, data: { status: 'settled' } })
    expect((await statement(settlement.id, 'csv')).status).toBe(200)
  })

  it('is paid once, under one reference', async () => {
    await pay(100n)
    await settleAll()
    counter.setTime(AFTER)
    const { body: settlement } = await close()
    const paid = (reference: string) =>
      counter.api.call(`/api/settlements/${settlement.id}/paid`, { key: operator, json: { reference } })
    expect((await paid('KB-1')).body).toMatchObject({ status: 'paid', reference: 'KB-1' })
    expect((await paid('KB-1')).status).toBe(200)
    expect((await paid('KB-2')).body.code).toBe('conflict')
  })
})
