import { verifyReceipt } from '@pass/anchoring'
import { AWARD_BATCH, REDEMPTION_BATCH } from '@pass/chain'
import { knownRootOf, receiptOf } from '@pass/relay'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reconcile } from './reconcile/reconcile.ts'
import { openPointsCity, type PointsCity } from './testing/points-city.ts'

describe('points on their way to the chain and back', () => {
  let city: PointsCity
  let owner: string
  beforeAll(async () => {
    city = await openPointsCity()
    await city.begin()
    owner = await city.keyOf(2)
  })
  afterAll(() => city?.end())

  it('brings the programmes of the city’s files to the chain', async () => {
    const { body } = await city.call('/api/programmes')
    expect(body.map(({ slug, status }: { slug: string; status: string }) => [slug, status])).toEqual([
      ['volunteering', 'active'],
      ['recycling', 'active'],
      ['campaign', 'active'],
    ])
    expect(await city.chain.mileage.programmeOf(2)).toMatchObject({ dayLimit: 3000, halt: 'running' })
  })

  it('confirms awards in one batch, each with its receipt, and then they can be spent', async () => {
    const [anna, berta] = [await city.citizen(), await city.citizen()]
    for (const to of [anna, berta, anna])
      expect((await city.award(owner, 2, { to, rule: 'pet-bottle', quantity: 30 })).status).toBe(201)
    expect(await anna.points()).toMatchObject({ spendable: '0', pending: '600' })
    await city.settle()
    expect(await anna.points()).toMatchObject({
      spendable: '600',
      pending: '0',
      buckets: [{ points: '600', expiresOn: `${city.clock().getUTCFullYear() + 1}-12-31` }],
    })
    expect(await city.chain.mileage.balanceOf(anna.address)).toBe(600n)
    expect(await city.chain.mileage.balanceOf(berta.address)).toBe(300n)
    const { items } = await anna.history()
    expect(items).toHaveLength(2)
    const roots = new Set<string>()
    for (const { receipt, status, points } of items) {
      expect({ status, points }).toEqual({ status: 'confirmed', points: '300' })
      const found = await receiptOf(city.db.sql, city.chain.manifest, receipt)
      if (!found) throw new Error('There is no receipt.')
      roots.add(found.root)
      expect(await city.chain.anchors.timeOf(found.root)).toMatchObject({ sequence: found.sequence })
    }
    expect(roots.size).toBe(1)
  })

  it('settles payments with a tree of the contract’s own, and each has a receipt', async () => {
    const [fund, shop] = [await city.payee('fund'), await city.payee('merchant')]
    const people = await Promise.all([1, 2, 3].map(() => city.citizen()))
    for (const to of people) await city.award(owner, 2, { to, rule: 'pet-bottle', quantity: 100 })
    await city.settle()
    for (const [i, person] of people.entries()) await person.pay(fund, BigInt(100 + i))
    const [first] = people
    if (!first) throw new Error()
    await first.pay(shop, 50n, { requestId: await city.request(shop, 50n) })
    expect(await first.points()).toMatchObject({ spendable: '850', held: '150' })
    await city.settle()
    expect(await first.points()).toMatchObject({ spendable: '850', held: '0', lastNonce: 2 })
    expect(await city.chain.mileage.balanceOf(first.address)).toBe(850n)
    const payments = await city.db.prisma.redemption.findMany()
    expect(payments.map(({ status }) => status)).toEqual(Array(4).fill('settled'))
    // The second payment of one account waited for the first.
    expect(new Set(payments.map(({ batchId }) => batchId)).size).toBe(2)
    for (const { hash } of payments) {
      const receipt = await receiptOf(city.db.sql, city.chain.manifest, hash ?? '')
      const root = receipt && (await knownRootOf(city.db.sql, receipt.root))
      expect(verifyReceipt(hash ?? '', receipt, () => root)).toEqual({ ok: true, time: receipt?.time })
      expect(await city.chain.anchors.timeOf(receipt?.root ?? '0x')).toMatchObject(root ?? {})
    }
    const { redeemed, donated } = await city.chain.mileage.totals()
    expect((await city.call('/api/chain-totals')).body).toMatchObject({
      redeemed: String(redeemed),
      donated: String(donated),
      supply: String(await city.chain.mileage.totalSupply()),
    })
  })

  it('takes a burst in full batches, each within the gas that one transaction may use', async () => {
    const people = await Promise.all(Array.from({ length: AWARD_BATCH + 20 }, () => city.citizen()))
    const shop = await city.payee('merchant')
    await city.db.transaction(async (sql) => {
      for (const { id: accountId } of people)
        await city.mileage.awardIn(sql, {
          programmeId: 1,
          accountId,
          points: 1000,
          ruleId: 'hour',
          reason: { ko: '봉사', en: 'Volunteering' },
          source: 'test',
          idempotencyKey: accountId,
        })
    })
    await city.settle()
    const batches = await city.db.prisma.awardBatch.findMany({ where: { programmeId: 1 } })
    expect(batches.map(({ leafCount }) => leafCount).sort((a, b) => a - b)).toEqual([20, AWARD_BATCH])
    for (const person of people.slice(0, REDEMPTION_BATCH + 10))
      await person.pay(shop, 10n, { requestId: await city.request(shop, 10n) })
    await city.settle()
    const settled = await city.db.prisma.redemption.findMany({ where: { payeeId: shop } })
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['settled']))
    expect(new Set(settled.map(({ batchId }) => batchId)).size).toBe(2)
    expect((await reconcile(city.db, city.chain)).differences).toEqual([])
  }, 120_000)
})
