import { cityEvents, readEvents } from '@pass/chain'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Principal, placeOf } from '../access/principal.ts'
import { createWalletKeys } from '../access/wallet-keys.ts'
import { freezeOnChain } from '../merchants/standing.ts'
import { openPointsCity, type PointsCity } from '../mileage/testing/points-city.ts'
import { type Counter, createCounter } from '../payments/counter.ts'
import { createAccounts } from '../staff/accounts.ts'
import { createStaff } from '../staff/service.ts'
import { periodOf } from './periods.ts'

/** A merchant's life on a real chain: what its statement says is what anybody reads there. */
let city: PointsCity
let counter: Counter
let owner: string
const operator: Principal = { actor: 'key:city', name: 'city', role: 'operator', ...placeOf({}) }
beforeAll(async () => {
  city = await openPointsCity()
  const { context, audit, sessions, apiKeys } = city
  const accounts = createAccounts(context, {
    staff: createStaff(context, { sessions, audit }),
    apiKeys,
    audit,
  })
  counter = createCounter(context, {
    audit,
    accounts,
    walletKeys: createWalletKeys(context),
    accountByPass: async () => ({ id: '' }),
    ring: () => {},
  })
  await city.begin()
  owner = await city.keyOf(2)
})
afterAll(() => city?.end())

/** Everything that waits, with what the worker beside payments does. */
async function settle() {
  await city.settle()
  for (let round = 0; round < 3; round++) {
    await counter.payments.refunds.forward()
    await city.settle()
  }
}

async function merchant() {
  const { id } = await counter.merchants.apply({
    name: { ko: '송도카페' },
    businessNo: '1248100998',
    category: 'cafe',
    districtCode: '28125',
    address: '신포로 1',
    phone: '032-123-4567',
  })
  const { merchant: approved } = await counter.merchants.approve(operator, id)
  expect(approved.status).toBe('approved')
  await settle()
  const principal: Principal = { ...operator, role: 'merchant', ...placeOf({ payeeId: id }) }
  return { id, principal }
}

describe('a merchant on the chain', () => {
  it('is registered, paid, gives back, is frozen, and its statement is what the chain says', async () => {
    const { id, principal } = await merchant()
    const [anna, boram] = [await city.citizen(), await city.citizen()]
    for (const to of [anna, boram]) await city.award(owner, 2, { to, rule: 'pet-bottle', quantity: 100 })
    await settle()

    const pay = async (who: typeof anna, amount: bigint) =>
      who.pay(id, amount, { requestId: await city.request(id, amount) })
    const first = await pay(anna, 450n)
    await pay(boram, 1n)
    await pay(anna, 123n)
    const refund = (amount: bigint, idempotencyKey: string) =>
      counter.payments.refunds.refund(principal, {
        paymentId: first.id,
        amount,
        reason: '반품',
        idempotencyKey,
      })
    // Both before the payment is on the chain: they follow it, one after the other.
    await refund(100n, 'refund-1')
    await refund(50n, 'refund-2')
    await settle()
    expect(await anna.points()).toMatchObject({ spendable: '577', held: '0' })

    const date = new Date(city.clock().getTime() + 9 * 3_600_000).toISOString().slice(0, 10)
    await city.advance(15 * 86_400)
    const period = periodOf(date, 7)
    const settlement = await counter.settlements.close('system', id, period.from)
    expect(settlement).toMatchObject({ payments: 3, gross: '574', refunded: '150', net: '424' })

    // Read from the chain itself, past our own tables.
    const source = {
      contract: city.chain.manifest.contracts.mileage,
      abi: cityEvents.mileage,
      events: ['Redeemed', 'Refunded'],
    }
    const events = await readEvents(city.chain.provider, [source], {
      from: 0,
      to: await city.chain.provider.getBlockNumber(),
    })
    const said = (events ?? [])
      .filter(({ args }) => args['payee'] === String(id))
      .map(({ name, args }) => `${args['digest']} ${name === 'Redeemed' ? '' : '-'}${args['amount']}`)
    const { bytes } = await counter.settlements.statement(principal, settlement.id, 'csv')
    const rows: string[][] = parse(Buffer.from(bytes), { bom: true })
    expect(
      rows
        .slice(1, -3)
        .map((row) => `${row[5]} ${row[3]}`)
        .sort(),
    ).toEqual(said.sort())

    await pay(boram, 10n)
    await counter.merchants.freeze(operator, id, '신고')
    await expect(pay(boram, 10n)).rejects.toMatchObject({ code: 'payee_frozen' })
    await settle()
    expect(await city.db.prisma.redemption.count({ where: { status: 'failed' } })).toBe(0)
    expect(await city.chain.mileage.payeeOf(id)).toMatchObject({ frozen: false })
  })

  it('frozen here is frozen there once nothing is left to settle, and paid again after', async () => {
    const [payee] = await city.db.prisma.payee.findMany({ where: { status: 'frozen' } })
    const id = payee!.id
    await freezeOnChain(city.db)
    await settle()
    expect(await city.chain.mileage.payeeOf(id)).toMatchObject({ frozen: true })
    expect((await counter.merchants.unfreeze(operator, id, '해결')).status).toBe('approved')
    await settle()
    expect(await city.chain.mileage.payeeOf(id)).toMatchObject({ frozen: false })
    expect(await city.db.prisma.payee.findUnique({ where: { id } })).toMatchObject({ status: 'active' })
  })
})
