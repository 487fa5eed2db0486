import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Counter, openCounter } from './testing/counter.ts'

let counter: Counter
let cafe: { id: number; key: string }
beforeAll(async () => {
  counter = await openCounter()
  cafe = await counter.payee()
})
afterAll(() => counter.api.close())

/** A payment of 1,000 points, settled unless told. */
async function paid({ settled = true } = {}) {
  const citizen = await counter.citizen({ 2026: 1_000n })
  const request = await counter.request(cafe, 1_000n)
  const { body } = await citizen.pay(
    citizen.signed({ payee: cafe.id, amount: 1_000n, requestId: request.id }),
  )
  if (settled) await counter.settle()
  return { citizen, id: body.id as string }
}

let keys = 0
const refund = (
  id: string,
  amount: string,
  { key = `refund-key-${++keys}`, reason = '주문 취소' }: { key?: string; reason?: string } = {},
) =>
  counter.api.call(`/api/merchant/payments/${id}/refunds`, {
    key: cafe.key,
    json: { amount, reason },
    headers: { 'idempotency-key': key },
  })

const commands = async (ids: string[]) =>
  (await counter.db.prisma.chainCommand.findMany({ where: { key: { in: ids.map((id) => `refund:${id}`) } } }))
    .length

describe('a refund', () => {
  it('waits until its payment is settled, and then goes to the chain once', async () => {
    const { citizen, id } = await paid({ settled: false })
    const { status, body } = await refund(id, '400')
    expect([status, body.status]).toEqual([201, 'pending'])
    await counter.payments.refunds.forward()
    expect(await commands([body.id])).toBe(0)
    await counter.settle()
    await counter.payments.refunds.forward()
    await counter.payments.refunds.forward()
    expect(await commands([body.id])).toBe(1)
    expect(await counter.settleRefunds()).toBe(1)
    expect(await citizen.balance()).toBe(400n)
    const { items } = (await counter.api.call('/api/merchant/payments?limit=1', { key: cafe.key })).body
    expect(items).toMatchObject([
      { id, refunded: '400', refunds: [{ id: body.id, amount: '400', status: 'settled' }] },
    ])
  })

  it('with the same key is the same refund, and with another content refused', async () => {
    const { id } = await paid()
    const first = await refund(id, '300', { key: 'same-key-1' })
    const again = await refund(id, '300', { key: 'same-key-1' })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
    expect((await refund(id, '301', { key: 'same-key-1' })).body.code).toBe('idempotency_conflict')
    const noKey = await counter.api.call(`/api/merchant/payments/${id}/refunds`, {
      key: cafe.key,
      json: { amount: '1', reason: 'x' },
    })
    expect(noKey.body.code).toBe('bad_request')
  })

  it('is never more than the payment, not even in two at the same moment', async () => {
    const { id } = await paid()
    const answers = await Promise.all([refund(id, '600'), refund(id, '600')])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(answers.find(({ status }) => status === 409)!.body).toMatchObject({
      code: 'refund_too_much',
      left: '400',
    })
    expect((await refund(id, '400')).status).toBe(201)
    expect((await refund(id, '1')).body.code).toBe('refund_too_much')
  })

  it('of the same payment goes to the chain after the one before it', async () => {
    const { id } = await paid()
    const first = (await refund(id, '100')).body.id
    counter.advance(1)
    const second = (await refund(id, '200')).body.id
    await counter.payments.refunds.forward()
    expect([await commands([first]), await commands([second])]).toEqual([1, 0])
    await counter.settleRefunds()
    await counter.payments.refunds.forward()
    expect(await commands([second])).toBe(1)
    await counter.settleRefunds()
  })

  it('ends with its window', async () => {
    const { id } = await paid()
    counter.advance(7 * 24 * 60 * 60 - 2 * 60 * 60)
    expect((await refund(id, '100')).status).toBe(201)
    counter.advance(60 * 60 + 1)
    expect((await refund(id, '100')).body.code).toBe('refund_window_closed')
  })

  it('of a payment that failed is none: the citizen has the points', async () => {
    const { id } = await paid({ settled: false })
    const early = (await refund(id, '100')).body.id
    await counter.db.prisma.redemption.update({ where: { id }, data: { status: 'failed' } })
    expect((await refund(id, '100')).body.code).toBe('payment_failed')
    await counter.payments.refunds.forward()
    expect(await counter.db.prisma.refund.findUnique({ where: { id: early } })).toMatchObject({
      status: 'refused',
    })
    expect(await counter.db.prisma.redemption.findUnique({ where: { id } })).toMatchObject({ refunded: 0n })
    expect(await commands([early])).toBe(0)
  })
})
