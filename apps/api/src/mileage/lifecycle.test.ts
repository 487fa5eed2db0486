import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandIn } from './commands.ts'
import { koreanDay } from './days.ts'
import { type Holder, openPointsCity, type PointsCity } from './testing/points-city.ts'

describe('what happens to points in their life', () => {
  let city: PointsCity
  let owner: string
  let fund: number
  beforeAll(async () => {
    city = await openPointsCity()
    await city.begin()
    owner = await city.keyOf(2)
    fund = await city.payee('fund')
    await city.settle()
  })
  afterAll(() => city?.end())

  /** A citizen with 1,000 confirmed points. */
  const withPoints = async (subjectId?: string): Promise<Holder> => {
    const holder = await city.citizen(subjectId)
    await city.award(owner, 2, { to: holder, rule: 'pet-bottle', quantity: 100 })
    await city.settle()
    return holder
  }
  const refund = async (redemptionId: string, amount: bigint) => {
    const id = randomUUID()
    const createdAt = city.clock()
    const row = { redemptionId, payeeId: fund, amount, reason: '반품', createdBy: 'test', createdAt }
    await city.db.prisma.refund.create({ data: { id, ...row, idempotencyKey: id, status: 'pending' } })
    await city.db.prisma.redemption.update({
      where: { id: redemptionId },
      data: { refunded: { increment: amount } },
    })
    await commandIn(city.db.sql, { key: `refund:${id}`, call: 'refund', args: { refundId: id } })
    return id
  }
  /** The mirror is the chain's own book of this holder. */
  const expectSame = async ({ address }: Holder) => {
    const { epoch, current, previous } = await city.chain.mileage.bucketsOf(address)
    const rows = await city.db.prisma.holderEpoch.findMany({ where: { address } })
    const mirrored = (year: number) => rows.find((row) => row.epoch === year)?.points ?? 0n
    expect([mirrored(epoch), mirrored(epoch - 1)]).toEqual([current, previous])
  }

  it('tells it page by page, and refuses a cursor that is none', async () => {
    const anna = await withPoints()
    await anna.pay(fund, 10n)
    const first = await anna.history('?limit=1')
    const second = await anna.history(`?limit=1&cursor=${first.nextCursor}`)
    expect([first, second].map(({ items }) => items[0].kind)).toEqual(['donation', 'award'])
    const given = async (cursor: string) =>
      (await city.call(`/api/programmes/2/awards?limit=1&cursor=${cursor}`, { key: owner })).status
    const { body } = await city.call('/api/programmes/2/awards?limit=1', { key: owner })
    if (body.nextCursor !== null) expect(await given(body.nextCursor)).toBe(200)
    for (const cursor of ['x', '1_x', `99999999999999_${randomUUID()}`, `1_${'-'.repeat(36)}`])
      expect(await given(cursor)).toBe(400)
    for (const cursor of ['x', 'x_1', '99999999999999_a']) {
      expect((await anna.history(`?cursor=${cursor}`)).code).toBe('bad_request')
    }
  })

  it('gives a payment back in parts, and no more than it was', async () => {
    const anna = await withPoints()
    const { id } = await anna.pay(fund, 400n)
    await city.settle()
    const parts = [await refund(id, 150n), await refund(id, 250n)]
    await city.settle()
    for (const part of parts)
      expect(await city.db.prisma.refund.findUnique({ where: { id: part } })).toMatchObject({
        status: 'settled',
        credited: expect.any(BigInt),
      })
    expect(await anna.points()).toMatchObject({ spendable: '1000' })
    await expectSame(anna)
    const kinds = (await anna.history()).items.map((item: { kind: string; points: string }) => [
      item.kind,
      item.points,
    ])
    expect(kinds).toEqual([
      ['refund', '250'],
      ['refund', '150'],
      ['donation', '-400'],
      ['award', '1000'],
    ])
  })

  it('refuses a refund after the window, and says so', async () => {
    const anna = await withPoints()
    const { id } = await anna.pay(fund, 400n)
    await city.settle()
    await city.advance(8 * 86_400)
    const late = await refund(id, 100n)
    await city.settle()
    expect(await city.db.prisma.refund.findUnique({ where: { id: late } })).toMatchObject({
      status: 'refused',
    })
    expect(await city.db.prisma.redemption.findUnique({ where: { id } })).toMatchObject({ refunded: 0n })
    expect(await anna.points()).toMatchObject({ spendable: '600' })
  })

  it('takes back what was given by mistake when two people say so, and the citizen sees why', async () => {
    const anna = await withPoints()
    const [proposer, approver] = [await city.operatorKey(), await city.operatorKey()]
    const award = await city.db.prisma.award.findFirstOrThrow({ where: { accountId: anna.id } })
    const correct = (key: string, amount: string) =>
      city.call(`/api/awards/${award.id}/correction`, { key, json: { amount, reason: '두 번 기록했어요' } })
    expect((await correct(await city.keyOf(3), '10')).body.code).toBe('forbidden')
    expect((await correct(proposer, '1001')).status).toBe(409)
    const { body, status } = await correct(proposer, '300')
    expect(status).toBe(201)
    const decide = (key: string, act: string) =>
      city.call(`/api/corrections/${body.id}/${act}`, { key, json: {} })
    expect((await decide(proposer, 'approve')).body.code).toBe('same_person')
    expect((await decide(owner, 'approve')).body.code).toBe('forbidden')
    expect((await decide(approver, 'approve')).body).toMatchObject({ status: 'approved', own: false })
    expect((await decide(approver, 'reject')).status).toBe(409)
    await city.settle()
    expect(await anna.points()).toMatchObject({ spendable: '700' })
    expect((await anna.history()).items[0]).toMatchObject({
      kind: 'correction',
      points: '-300',
      detail: { ko: '두 번 기록했어요' },
      status: 'confirmed',
    })
    await expectSame(anna)
    expect(await city.db.prisma.correction.findFirst()).toMatchObject({ status: 'settled', debited: 300n })
  })

  it('moves the points of a lost key to the new one after the delay', async () => {
    const old = await withPoints()
    const phone = await city.citizen(randomUUID()).catch(() => undefined)
    if (!phone) throw new Error('There is no new phone.')
    await city.db.prisma.walletAccount.update({
      where: { id: phone.id },
      data: { status: 'waiting', subjectId: old.subjectId },
    })
    await city.db.prisma.recovery.create({
      data: { id: randomUUID(), fromAccountId: old.id, toAccountId: phone.id, status: 'requested' },
    })
    const [from, to] = [old.address, phone.address]
    await commandIn(city.db.sql, { key: `r1:${from}`, call: 'requestRecovery', args: { from, to } })
    await city.settle()
    await commandIn(city.db.sql, { key: `r2:${from}`, call: 'completeRecovery', args: { from } })
    await city.settle(5)
    expect(await city.chain.mileage.balanceOf(to)).toBe(0n)
    await city.advance(3 * 86_400 + 60)
    await city.settle()
    expect(await phone.points()).toMatchObject({ spendable: '1000' })
    expect((await phone.history()).items.map((item: { kind: string }) => item.kind)).toEqual([
      'moved',
      'award',
    ])
    expect(await city.db.prisma.walletAccount.findUnique({ where: { id: old.id } })).toMatchObject({
      status: 'closed',
    })
    await expectSame(old)
    await expectSame(phone)
  })

  it('leaves the points where they are when the old key objects', async () => {
    const old = await withPoints()
    const phone = await city.citizen()
    await city.db.prisma.walletAccount.update({
      where: { id: phone.id },
      data: { status: 'waiting', subjectId: old.subjectId },
    })
    const move = { fromAccountId: old.id, toAccountId: phone.id, status: 'requested' }
    const { id } = await city.db.prisma.recovery.create({ data: { id: randomUUID(), ...move } })
    const [from, to] = [old.address, phone.address]
    await commandIn(city.db.sql, { key: `r3:${from}`, call: 'requestRecovery', args: { from, to } })
    await city.settle()
    const terms = { nonce: 7, deadline: Math.floor(city.clock().getTime() / 1000) + 600 }
    const domain = { chainId: city.chain.chainId, contract: city.chain.manifest.contracts.mileage }
    const { x, y } = old.wallet.publicJwk
    await commandIn(city.db.sql, {
      key: `r4:${from}`,
      call: 'objectToRecovery',
      args: { from, key: { x, y }, signature: old.wallet.signObjection(domain, terms), ...terms },
    })
    await city.settle()
    expect(await city.db.prisma.recovery.findUnique({ where: { id } })).toMatchObject({ status: 'objected' })
    expect(await city.chain.mileage.recoveryOf(from)).toBeUndefined()
    expect(await old.points()).toMatchObject({ spendable: '1000', lastNonce: 7 })
    // A payment with a nonce that the objection used up is void.
    await expect(old.pay(fund, 10n, { nonce: 7 })).rejects.toMatchObject({ code: 'code_used' })
    await old.pay(fund, 10n, { nonce: 8 })
    await city.settle()
    expect(await old.points()).toMatchObject({ spendable: '990' })
  })

  it('lets one payment that the chain refuses fail, and settles the others of its batch', async () => {
    const people = await Promise.all([1, 2, 3, 4, 5].map(() => city.citizen()))
    for (const to of people) await city.award(owner, 2, { to, rule: 'pet-bottle', quantity: 10 })
    await city.settle()
    for (const person of people) await person.pay(fund, 60n)
    const bad = await city.db.prisma.redemption.findFirstOrThrow({
      where: { accountId: people[2]?.id ?? '' },
    })
    const signature = new Uint8Array(bad.signature)
    signature[5] = (signature[5] ?? 0) ^ 1
    await city.db.prisma.redemption.update({ where: { id: bad.id }, data: { signature } })
    await city.settle(60)
    const balances = await Promise.all(people.map(async (one) => (await one.points()).spendable))
    expect(balances).toEqual(['40', '40', '100', '40', '40'])
    expect(await city.db.prisma.redemption.findUnique({ where: { id: bad.id } })).toMatchObject({
      status: 'failed',
      failure: 'bad_signature',
    })
  })

  it('gives nothing while a programme is stopped, and what had been given comes when it goes on', async () => {
    const anna = await city.citizen()
    await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    const post = (act: string, key: string) => city.call(`/api/programmes/2/${act}`, { key, json: {} })
    const operator = await city.operatorKey()
    expect((await post('stop', await city.keyOf(3))).body.code).toBe('forbidden')
    expect((await post('stop', operator)).body.status).toBe('stopped')
    const refused = await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    expect(refused.body.code).toBe('programme_stopped')
    await city.settle(5)
    expect(await anna.points()).toMatchObject({ spendable: '0', pending: '30' })
    expect((await post('resume', owner)).body.code).toBe('forbidden')
    expect((await post('resume', operator)).status).toBe(200)
    await city.settle()
    expect(await anna.points()).toMatchObject({ spendable: '30', pending: '0' })
    expect((await post('stop', owner)).status).toBe(200)
    await city.settle()
    expect((await post('resume', owner)).status).toBe(200)
    await city.settle()
  })

  it('stops all points at once, here and on the chain, and lets them move again', async () => {
    const anna = await city.citizen()
    const operator = await city.operatorKey()
    const post = (act: string, key = operator) =>
      city.call(`/api/points/${act}`, { key, json: { reason: '점검' } })
    const totals = async () => (await city.call('/api/chain-totals')).body.paused
    expect((await post('pause', owner)).body.code).toBe('forbidden')
    expect((await post('resume')).body.code).toBe('conflict')
    expect((await post('pause')).status).toBe(204)
    expect((await post('pause')).body.code).toBe('conflict')
    expect(await totals()).toBe(true)
    const refused = await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    expect(refused.body.code).toBe('programme_stopped')
    await city.settle()
    expect(await city.chain.mileage.paused()).toBe(true)
    expect((await post('resume')).status).toBe(204)
    await city.settle()
    expect([await totals(), await city.chain.mileage.paused()]).toEqual([false, false])
    await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    await city.settle()
    expect((await anna.points()).spendable).toBe('30')
  })

  it('counts what could not be settled in time for the day on which it can be', async () => {
    const anna = await city.citizen()
    const post = (act: string) => city.call(`/api/programmes/2/${act}`, { key: owner, json: {} })
    await city.award(owner, 2, { to: anna, rule: 'can', quantity: 2 })
    await post('stop')
    await city.settle(3)
    await city.advance(86_400)
    // The day of the first is closed for her by the one of the second.
    await city.award(await city.keyOf(3), 3, { to: anna, rule: 'survey', quantity: 1 })
    await city.settle(5)
    expect(await anna.points()).toMatchObject({ spendable: '100', pending: '30' })
    await post('resume')
    await city.settle()
    expect(await anna.points()).toMatchObject({ spendable: '130', pending: '0' })
    const [first] = await city.db.prisma.award.findMany({ where: { accountId: anna.id, programmeId: 2 } })
    expect(first?.day).toBe(koreanDay(city.clock()))
    await expectSame(anna)
  })

  it('changes the terms when the chain has them, and never below what was given', async () => {
    const operator = await city.operatorKey()
    const change = (json: object) => city.call('/api/programmes/2/change', { key: operator, json })
    expect((await change({ budget: '1' })).body.code).toBe('budget_below_spent')
    expect((await change({ budget: '12345678', dayLimit: 2999 })).body.dayLimit).toBe(3000)
    await city.settle()
    const [, recycling] = (await city.call('/api/programmes')).body
    expect(recycling).toMatchObject({ budget: '12345678', dayLimit: 2999 })
    await change({ budget: '20000000', dayLimit: 3000 })
    await city.settle()
    const all = { periods: 0n, weeks: 0n }
    for (const id of [1, 2, 3]) {
      const spending = (await city.call(`/api/programmes/${id}/spending`)).body
      for (const list of ['periods', 'weeks'] as const)
        for (const { points } of spending[list]) all[list] += BigInt(points)
    }
    const given = BigInt((await city.call('/api/chain-totals')).body.awarded)
    expect(all).toEqual({ periods: given, weeks: given })
    const { periods } = (await city.call('/api/programmes/2/spending')).body
    expect(periods.at(-1).budget).toBe('20000000')
  })

  it('lets points expire at the end of the next year, and shows it', async () => {
    const anna = await withPoints()
    const year = city.clock().getUTCFullYear()
    const until = (Date.UTC(year + 2, 0, 1) - 9 * 3_600_000 - city.clock().getTime()) / 1000
    await city.advance(Math.ceil(until) - 300)
    // In the last ten minutes they are good, but not spendable.
    expect(await anna.points()).toMatchObject({ spendable: '0', buckets: [{ points: '1000' }] })
    await expect(anna.pay(fund, 10n)).rejects.toMatchObject({ code: 'year_end' })
    await city.advance(600)
    expect(await anna.points()).toMatchObject({ spendable: '0', buckets: [] })
    expect(await city.chain.mileage.balanceOf(anna.address)).toBe(0n)
    expect((await anna.history()).items[0]).toMatchObject({ kind: 'expired', points: '-1000' })
    const totals = (await city.call('/api/chain-totals')).body
    expect(totals.expired).toBe(String(await city.chain.mileage.expired()))
    expect(totals.supply).toBe(String(await city.chain.mileage.totalSupply()))
  })
})
