import type { Database } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { reconcile } from './reconcile/reconcile.ts'
import { type Holder, openPointsCity, type PointsCity } from './testing/points-city.ts'

const agreed = async (city: PointsCity) =>
  expect((await reconcile(city.db, city.chain)).differences).toEqual([])

// Each begins with a chain of its own.
describe('points when things go wrong', { timeout: 60_000 }, () => {
  let city: PointsCity
  let owner: string
  let fund: number
  beforeEach(async () => {
    city = await openPointsCity()
    await city.begin()
    owner = await city.keyOf(2)
    fund = await city.payee('fund')
    await city.settle()
  })
  afterEach(() => city?.end())

  const withPoints = async (): Promise<Holder> => {
    const holder = await city.citizen()
    await city.award(owner, 2, { to: holder, rule: 'pet-bottle', quantity: 100 })
    await city.settle()
    return holder
  }

  it('undoes what a chain that came back older has lost, and sends it again', async () => {
    const anna = await withPoints()
    await city.forget(async () => {
      await city.award(owner, 2, { to: anna, rule: 'can', quantity: 10 })
      await city.settle()
      await anna.pay(fund, 700n)
      await city.settle()
      expect(await anna.points()).toMatchObject({ spendable: '450', held: '0' })
      await agreed(city)
    })
    // Read, and taken back: the award is pending again, the payment held again.
    await city.relay.reader.catchUp()
    expect(await anna.points()).toMatchObject({ spendable: '300', held: '700', pending: '150' })
    expect(await city.db.prisma.redemption.findFirst()).toMatchObject({ status: 'batched', hash: null })
    expect(await city.chain.mileage.balanceOf(anna.address)).toBe(1000n)
    await city.settle()
    expect(await anna.points()).toMatchObject({ spendable: '450', held: '0', pending: '0' })
    expect(await city.chain.mileage.balanceOf(anna.address)).toBe(450n)
    await agreed(city)
  })

  it('reads everything again from the first block, and ends with the same points', async () => {
    const people = [await withPoints(), await withPoints()]
    const [anna] = people
    await city.settle()
    for (const person of people) {
      await person.pay(fund, 100n)
      await person.pay(fund, 50n)
    }
    await city.settle()
    const before = await city.mirror()
    await city.relay.reader.rebuild()
    expect(await city.mirror()).toEqual(before)
    expect(await anna?.points()).toMatchObject({ spendable: '850', held: '0', pending: '0' })
    expect(await city.db.prisma.chainCommand.count({ where: { status: 'pending' } })).toBe(0)
    await agreed(city)
  })

  it('goes on where a killed process stopped: after the hold, after the sending, before the reading', async () => {
    const anna = await withPoints()
    await anna.pay(fund, 300n)
    // Gathered and sent by a process that ends before it reads: another one finds what it needs in the tables.
    const dead = city.makeRelay({ confirmations: 50 })
    await city.advance(2)
    await dead.tick()
    await city.relay.tick()
    await city.settle()
    expect(await anna.points()).toMatchObject({ spendable: '700', held: '0' })
    expect((await city.chain.mileage.totals()).donated).toBe(300n)
    await agreed(city)
  })

  it('pays from the years that the chain says, when a payment is held in one year and settled in the next', async () => {
    const anna = await withPoints()
    const year = city.clock().getUTCFullYear()
    const until = (Date.UTC(year + 1, 0, 1) - 9 * 3_600_000 - city.clock().getTime()) / 1000
    await city.advance(Math.ceil(until) - 30)
    await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    await anna.pay(fund, 400n)
    await city.advance(60)
    await city.settle()
    // The award counts for the year in which it was confirmed, the payment takes the older points.
    const rows = await city.db.prisma.holderEpoch.findMany({
      where: { address: anna.address },
      orderBy: { epoch: 'asc' },
    })
    expect(rows.map(({ epoch, points }) => [epoch, points])).toEqual([
      [year, 600n],
      [year + 1, 30n],
    ])
    expect(await city.db.prisma.redemption.findFirst()).toMatchObject({ epoch: year + 1, fromPrevious: 400n })
    await agreed(city)
  })

  it('goes on reading when the chain knows what a restored database does not, and names it', async () => {
    const anna = await withPoints()
    await anna.pay(fund, 200n)
    await city.settle()
    const cursor = await city.db.sql<{ block: number; hash: string }>`
      SELECT "block", "blockHash" AS "hash" FROM "ReaderCursor"`
    await city.award(owner, 2, { to: anna, rule: 'can', quantity: 10 })
    await city.settle()
    await anna.pay(fund, 50n)
    await city.settle()
    // A backup from before: neither award nor payment, nor what was read of them.
    const { sql } = city.db
    await sql`DELETE FROM "ChainEvent" WHERE "block" > ${cursor[0]?.block}::int`
    await sql`UPDATE "ReaderCursor" SET "block" = ${cursor[0]?.block}::int, "blockHash" = ${cursor[0]?.hash}`
    await sql`DELETE FROM "Redemption" WHERE "nonce" = 2`
    await sql`DELETE FROM "Award" WHERE "ruleId" = 'can'`
    await sql`DELETE FROM "AwardBatch" WHERE "total" = 150`
    await sql`UPDATE "HolderEpoch" SET "points" = 800`
    await sql`UPDATE "PointTotal" SET "points" = CASE "name" WHEN 'awarded' THEN 1000 ELSE 200 END`
    await sql`UPDATE "ProgrammeSpending" SET "points" = 1000`
    await sql`DELETE FROM "AnchorLeaf" WHERE "root" IN (SELECT "root" FROM "AnchorBatch" ORDER BY "sequence" DESC LIMIT 2)`
    await sql`DELETE FROM "AnchorBatch" WHERE "root" NOT IN (SELECT "root" FROM "AnchorLeaf")`
    await sql`UPDATE "WalletAccount" SET "lastNonce" = 1`
    await city.relay.tick()
    expect(await anna.points()).toMatchObject({ spendable: '900', lastNonce: 2 })
    const { differences } = await reconcile(city.db, city.chain)
    expect(differences).toEqual([
      expect.stringMatching(/^payment 0x\w{64}: settled on the chain, unknown to the database$/),
      `payee ${fund}, in all: database 200, chain 250`,
      expect.stringMatching(/^awards 0x\w{64}: on the chain, unknown to the database$/),
    ])
  })

  it('names a tampered balance, payment, budget and total', async () => {
    const anna = await withPoints()
    const { id } = await anna.pay(fund, 200n)
    await city.settle()
    await agreed(city)
    const { sql } = city.db
    const year = city.clock().getUTCFullYear()
    await sql`UPDATE "HolderEpoch" SET "points" = "points" + 1`
    await sql`UPDATE "Redemption" SET "amount" = 201`
    await sql`UPDATE "Programme" SET "budget" = 20000001 WHERE "id" = 2`
    await sql`UPDATE "PointTotal" SET "points" = 999 WHERE "name" = 'awarded'`
    await sql`UPDATE "WalletAccount" SET "held" = 5`
    expect((await reconcile(city.db, city.chain)).differences).toEqual([
      `account ${anna.address}: holds 5, but its unsettled payments are 0`,
      `holder ${anna.address}, ${year}: database 801, chain 800`,
      `points of ${year}: database 801, chain 800`,
      'all points, expired ones too: database 801, chain 800',
      'all awarded: database 999, chain 1000',
      `payment ${id}, amount: database 201, chain 200`,
      `payee ${fund}, in all: database 201, chain 200`,
      'programme 2 (recycling), budget: database 20000001, chain 20000000',
    ])
  })
})

describe('points with two processes on one server', { timeout: 60_000 }, () => {
  let city: PointsCity
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  beforeAll(async () => {
    postgres = await startPostgres()
    city = await openPointsCity({ database: { url: postgres.url } })
    await city.begin()
  })
  afterAll(async () => {
    await city?.end()
    await postgres?.stop()
  })

  const count = async (db: Database, ruleId: string) => db.prisma.award.count({ where: { ruleId } })

  it('gives no more than the day limit and the budget, however many ask at once', async () => {
    const owner = await city.keyOf(2)
    const anna = await city.citizen()
    const tries = Array.from({ length: 12 }, () =>
      city.award(owner, 2, { to: anna, rule: 'paper', quantity: 10 }),
    )
    const codes = (await Promise.all(tries)).map(({ status, body }) => (status === 201 ? 'given' : body.code))
    expect(codes.filter((code) => code === 'given')).toHaveLength(6)
    expect(codes.filter((code) => code === 'day_limit_reached')).toHaveLength(6)
    await city.db.sql`UPDATE "Programme" SET "budget" = 4000 WHERE "id" = 2`
    const people = await Promise.all([1, 2, 3, 4].map(() => city.citizen()))
    const others = await Promise.all(
      people.map((to) => city.award(owner, 2, { to, rule: 'pet-bottle', quantity: 50 })),
    )
    expect(others.map(({ status }) => status).sort()).toEqual([201, 201, 409, 409])
    expect(others.find(({ status }) => status === 409)?.body.code).toBe('budget_spent')
    await city.db.sql`UPDATE "Programme" SET "budget" = 20000000 WHERE "id" = 2`
  })

  it('gives once for one key, and refuses the key for anything else', async () => {
    const owner = await city.keyOf(3)
    const anna = await city.citizen()
    const give = (quantity: number) =>
      city.award(owner, 3, { to: anna, rule: 'survey', quantity, idempotencyKey: 'survey-2026-1' })
    const same = await Promise.all([give(2), give(2), give(2)])
    expect(same.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    expect(new Set(same.map(({ body }) => body.id)).size).toBe(1)
    expect((await give(3)).body.code).toBe('idempotency_conflict')
    expect(await count(city.db, 'survey')).toBe(1)
    // The key is the programme's own, and the programme only its owner's.
    expect((await city.award(owner, 2, { to: anna, rule: 'can', quantity: 1 })).body.code).toBe('forbidden')
    expect((await city.award(owner, 3, { to: anna, rule: 'nothing', quantity: 1 })).body.code).toBe(
      'unknown_rule',
    )
    expect((await city.award(owner, 3, { to: anna, rule: 'course', quantity: 2 })).body.code).toBe(
      'quantity_too_large',
    )
    const noKey = await city.call('/api/programmes/3/awards', {
      key: owner,
      json: { to: { number: anna.number }, rule: 'survey', quantity: 1 },
    })
    expect(noKey.body.code).toBe('bad_request')
  })

  it('settles each award and payment once when two relays work at the same time', async () => {
    const owner = await city.keyOf(1)
    const fund = await city.payee('fund')
    const relays = [city.relay, city.makeRelay()]
    const tick = async () => {
      await city.advance(1)
      await Promise.all(relays.map((relay) => relay.tick()))
    }
    const people = await Promise.all(Array.from({ length: 8 }, () => city.citizen()))
    await Promise.all(people.map((to) => city.award(owner, 1, { to, rule: 'hour', quantity: 1 })))
    for (let round = 0; round < 6; round++) await tick()
    for (let payment = 0; payment < 3; payment++) {
      await Promise.all(people.map((person) => person.pay(fund, 100n)))
      await tick()
    }
    for (let round = 0; round < 8; round++) await tick()
    await city.settle()
    for (const person of people) {
      expect(await person.points()).toMatchObject({ spendable: '700', held: '0', pending: '0' })
      expect(await city.chain.mileage.balanceOf(person.address)).toBe(700n)
    }
    await agreed(city)
  })
})
