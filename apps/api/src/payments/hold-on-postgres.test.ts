import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Counter, openCounter } from './testing/counter.ts'

/** PGlite has one connection and hides every race: these run on a real server. */
let postgres: Awaited<ReturnType<typeof startPostgres>>
let counter: Counter
beforeAll(async () => {
  postgres = await startPostgres()
  counter = await openCounter({ database: { url: postgres.url, poolSize: 20 } })
})
afterAll(async () => {
  await counter.api.close()
  await postgres.stop()
})

describe('many payments at once', () => {
  it('from one account never take more than there is, and take all there is', async () => {
    const fund = await counter.payee({ kind: 'fund' })
    const citizen = await counter.citizen({ 2025: 400n, 2026: 600n })
    const payments = Array.from({ length: 120 }, () => citizen.signed({ payee: fund.id, amount: 17n }))
    // In their order they would all come through until the points end; shuffled by the network, later numbers void
    // earlier ones, so that each is signed again under a new number until it is decided.
    let held = 0n
    const decide = async (payment: (typeof payments)[number]): Promise<void> => {
      const { status, body } = await citizen.pay(payment)
      if (status === 201) held += 17n
      else if (body.code === 'code_used') await decide(citizen.signed({ payee: fund.id, amount: 17n }))
      else expect(body.code).toBe('points_too_few')
    }
    await Promise.all(payments.map(decide))
    expect(held).toBe(986n)
    expect(await citizen.account()).toMatchObject({ held: 986n })
    const rows = await counter.db.prisma.redemption.findMany({ where: { accountId: citizen.id } })
    expect(rows.reduce((sum, { amount }) => sum + amount, 0n)).toBe(986n)
  })

  it('while the chain settles others never count points twice', async () => {
    const fund = await counter.payee({ kind: 'fund' })
    const citizen = await counter.citizen({ 2026: 1_000n })
    let over = false
    const settling = (async () => {
      while (!over) await counter.settle()
    })()
    for (let round = 0; round < 12; round++)
      await Promise.all(
        Array.from({ length: 10 }, () => citizen.pay(citizen.signed({ payee: fund.id, amount: 23n }))),
      )
    over = true
    await settling
    await counter.settle()
    const rows = await counter.db.prisma.redemption.findMany({ where: { accountId: citizen.id } })
    const paid = rows.reduce((sum, { amount }) => sum + amount, 0n)
    expect(paid <= 1_000n).toBe(true)
    expect(await citizen.balance()).toBe(1_000n - paid)
    const years = await counter.db.prisma.holderEpoch.findMany({ where: { address: citizen.address } })
    expect(years.every(({ points }) => points >= 0n)).toBe(true)
    expect(await citizen.account()).toMatchObject({ held: 0n })
  })

  it('of one request pay it once, whoever they come from', async () => {
    const cafe = await counter.payee()
    const request = await counter.request(cafe, 100n)
    const citizens = await Promise.all(Array.from({ length: 12 }, () => counter.citizen()))
    const answers = await Promise.all(
      citizens.map((citizen) =>
        citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id })),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['request_paid']))
  })

  it('of one code at many counters count once', async () => {
    const cafe = await counter.payee()
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 100n)
    const signed = citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id, seconds: 180 })
    const text = citizen.code(signed)
    const answers = await Promise.all(Array.from({ length: 12 }, () => counter.scan(cafe, text)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(await citizen.account()).toMatchObject({ held: 100n })
  })

  it('and a withdrawal of the request: exactly one of the two happens', async () => {
    const cafe = await counter.payee()
    for (let round = 0; round < 10; round++) {
      const citizen = await counter.citizen()
      const request = await counter.request(cafe, 100n)
      const [paid, cancelled] = await Promise.all([
        citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id })),
        counter.api.call(`/api/merchant/payment-requests/${request.id}/cancel`, {
          key: cafe.key,
          method: 'POST',
        }),
      ])
      expect([paid.status, cancelled.status]).toEqual(paid.status === 201 ? [201, 409] : [410, 200])
    }
  })

  it('refunds of one payment never give back more than it was', async () => {
    const cafe = await counter.payee()
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 100n)
    const { body } = await citizen.pay(
      citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id }),
    )
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        counter.api.call(`/api/merchant/payments/${body.id}/refunds`, {
          key: cafe.key,
          json: { amount: '30', reason: '반품' },
          headers: { 'idempotency-key': `refund-${index}` },
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
  })
})

describe('an API that is killed between hold and settlement', () => {
  it('has lost nothing: the next one has the payment, answers for it, and it is settled once', async () => {
    const cafe = await counter.payee()
    const first = await openCounter({ database: { url: postgres.url } })
    const citizen = await first.citizen({ 2026: 500n })
    const request = await first.request(cafe, 500n)
    const payment = citizen.signed({ payee: cafe.id, amount: 500n, requestId: request.id })
    const { body } = await citizen.pay(payment)
    // Its connections are cut as a kill would cut them.
    await counter.db.sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND state = 'idle'`
    await first.api.close().catch(() => {})

    const again = await counter.api.call('/api/payments', { json: payment })
    expect(again).toMatchObject({ status: 200, body: { id: body.id, status: 'held' } })
    const stored = await counter.db.prisma.redemption.findUniqueOrThrow({ where: { id: body.id } })
    expect(stored.signature).toHaveLength(64)
    await counter.settle()
    expect(await counter.settle()).toBe(0)
    const seen = await counter.api.call(`/api/merchant/payment-requests/${request.id}`, { key: cafe.key })
    expect(seen.body).toMatchObject({ state: 'paid', payment: { id: body.id, status: 'settled' } })
    const [left] = await counter.db.prisma.holderEpoch.findMany({ where: { address: citizen.address } })
    expect(left?.points).toBe(0n)
  })
})
