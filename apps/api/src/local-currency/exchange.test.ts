import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Counter, openCounter } from '../payments/testing/counter.ts'
import { createSandbox, type Sandbox } from './sandbox.ts'
import { createTransfers } from './worker.ts'

let counter: Counter
let sandbox: Sandbox
let exchange: number
let send: () => Promise<void>
beforeAll(async () => {
  counter = await openCounter()
  exchange = (await counter.payee({ kind: 'exchange', name: '인천e음' })).id
})
afterAll(() => counter.api.close())
beforeEach(() => {
  sandbox = createSandbox(counter.db)
  send = createTransfers(counter.api.context, { currency: sandbox, refunds: counter.payments.refunds })
})

async function exchanged(amount = 1_000n) {
  const citizen = await counter.citizen({ 2026: 1_000n })
  const { body } = await citizen.pay(citizen.signed({ payee: exchange, amount }))
  const { number } = await citizen.account()
  const id = body.id as string
  const transfer = () => counter.db.prisma.currencyTransfer.findUniqueOrThrow({ where: { redemptionId: id } })
  return { citizen, id, transfer, balance: () => sandbox.balanceOf(number) }
}

describe('an exchange into the local currency', () => {
  it('moves money once, and only after the points are settled', async () => {
    const { transfer, balance } = await exchanged()
    await send()
    expect(await balance()).toBe(0n)
    await counter.settle()
    await Promise.all([send(), send()])
    await send()
    expect(await balance()).toBe(1_000n)
    expect(await transfer()).toMatchObject({ status: 'sent', reference: expect.any(String) })
  })

  it('is asked for again when the currency does not answer, and not all the time', async () => {
    const { transfer, balance } = await exchanged()
    await counter.settle()
    sandbox.failNext('before')
    await send()
    expect(await transfer()).toMatchObject({ status: 'pending', attempts: 1 })
    await send()
    expect(await transfer()).toMatchObject({ attempts: 1 })
    counter.advance(6)
    await send()
    expect(await transfer()).toMatchObject({ status: 'sent', attempts: 2 })
    expect(await balance()).toBe(1_000n)
  })

  it('moves money once also when the answer was lost, or the process ended before it came', async () => {
    const { transfer, balance } = await exchanged()
    await counter.settle()
    sandbox.failNext('after')
    await send()
    // Another process, which knows nothing of the first.
    await createTransfers(counter.api.context, {
      currency: createSandbox(counter.db),
      refunds: counter.payments.refunds,
    })()
    expect(await transfer()).toMatchObject({ status: 'sent' })
    expect(await balance()).toBe(1_000n)
  })

  it('gives the points back when the currency refuses for good', async () => {
    const { citizen, id, transfer, balance } = await exchanged()
    await counter.settle()
    sandbox.failNext('refused')
    await send()
    expect(await transfer()).toMatchObject({ status: 'failed' })
    await send()
    expect(await balance()).toBe(0n)
    await counter.payments.refunds.forward()
    await counter.settleRefunds()
    expect(await citizen.balance()).toBe(1_000n)
    expect(await counter.db.prisma.refund.count({ where: { redemptionId: id } })).toBe(1)
  })

  it('of a payment that failed moves nothing', async () => {
    const { id, transfer, balance } = await exchanged()
    await counter.db.prisma.redemption.update({ where: { id }, data: { status: 'failed' } })
    await send()
    expect(await transfer()).toMatchObject({ status: 'failed' })
    expect(await balance()).toBe(0n)
  })
})
