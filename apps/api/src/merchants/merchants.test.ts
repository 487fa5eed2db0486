import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Counter, openCounter } from '../payments/testing/counter.ts'
import { readBusinessNumber } from './business-number.ts'
import { freezeOnChain } from './standing.ts'

let counter: Counter
let operator: string
beforeAll(async () => {
  counter = await openCounter()
  operator = (await counter.api.apiKeys.create({ name: 'city', role: 'operator' })).key
})
afterAll(() => counter.api.close())

/** Numbers of well-known companies, as their web pages print them. */
const NUMBERS = ['124-81-00998', '220-81-62517', '120-81-47521', '129-86-31394']
const application = (businessNo: string) => ({
  name: { ko: '송도카페' },
  businessNo,
  category: 'cafe',
  districtCode: '28125',
  address: '인천광역시 제물포구 신포로 1',
  phone: '032-123-4567',
})
const apply = (businessNo: string, change = {}) =>
  counter.api.call('/api/merchants', { json: { ...application(businessNo), ...change } })
const decide = (id: number, verb: string, json: unknown = { reason: '까닭' }) =>
  counter.api.call(`/api/merchants/${id}/${verb}`, { key: operator, json })
const commandsOf = async (id: number) =>
  (
    await counter.db.prisma.chainCommand.findMany({
      where: { args: { path: ['id'], equals: id } },
      orderBy: { id: 'asc' },
    })
  ).map(({ call, args, signer }) => ({ call, args, signer }))
/** What the chain's events do. */
const standing = (id: number, status: string) =>
  counter.db.prisma.payee.update({ where: { id }, data: { status } })
const said = () => counter.db.sql`UPDATE "ChainCommand" SET "status" = 'done'`

describe('a business registration number', () => {
  it.each(NUMBERS)('%s is one', (number) => {
    expect(readBusinessNumber(number)).toBe(number.replaceAll('-', ''))
  })
  it.each(['124-81-00997', '1248100998x', '12481009', ''])('%s is none', (number) => {
    expect(readBusinessNumber(number)).toBeUndefined()
  })
})

describe('a merchant', () => {
  it('cannot apply with a character that no text has, which is nobody’s fault but the sender’s', async () => {
    const { status, body } = await apply(NUMBERS[0]!, { address: '신포로 1\u0000' })
    expect([status, body.code]).toEqual([400, 'bad_request'])
  })

  it('applies, is approved, goes to the chain, and its first member of staff gets a link', async () => {
    const { status, body } = await apply(NUMBERS[0]!)
    expect([status, body.status]).toEqual([201, 'applied'])
    const listed = await counter.api.call('/api/merchants?status=applied', { key: operator })
    expect(listed.body).toMatchObject([{ id: body.id, businessNo: '1248100998', category: 'cafe' }])

    const approved = await decide(body.id, 'approve', { staffName: '김사장' })
    expect(approved.body).toMatchObject({
      merchant: { status: 'approved' },
      link: expect.stringContaining('/console/enrol#'),
    })
    expect(await commandsOf(body.id)).toEqual([
      { call: 'registerPayee', signer: 'treasurer', args: { id: body.id, kind: 'merchant' } },
    ])
    const [person] = await counter.db.prisma.staff.findMany({ where: { payeeId: body.id } })
    expect(person).toMatchObject({ role: 'merchant', name: expect.stringContaining('김사장') })
    const payees = async () => (await counter.api.call('/api/payees?kind=merchant')).body
    expect(await payees()).toEqual([])
    await standing(body.id, 'active')
    const [shown] = await payees()
    expect(shown).toMatchObject({ id: body.id, name: { ko: '송도카페' }, category: { id: 'cafe' } })
    expect(shown).not.toHaveProperty('businessNo')
    expect(shown).not.toHaveProperty('phone')
    expect((await decide(body.id, 'approve', {})).body.code).toBe('conflict')
  })

  it('applies once, and again only when it was refused', async () => {
    const first = await apply(NUMBERS[1]!)
    expect((await apply(NUMBERS[1]!)).body.code).toBe('conflict')
    expect((await decide(first.body.id, 'reject')).body).toMatchObject({
      status: 'rejected',
      decision: '까닭',
    })
    const again = await apply(NUMBERS[1]!, { name: { ko: '새 이름' } })
    expect(again.body).toEqual({ id: first.body.id, status: 'applied' })
  })

  it.each([
    ['a number with a wrong check digit', { businessNo: '124-81-00997' }],
    ['an unknown category', { category: 'casino' }],
    ['an unknown district', { districtCode: '99999' }],
    ['no name', { name: { ko: ' ' } }],
  ])('is not taken with %s', async (_, change) => {
    expect((await apply(NUMBERS[2]!, change)).body.code).toBe('bad_request')
  })

  it('chooses its category from those of the city', async () => {
    const { body } = await counter.api.call('/api/merchant-categories')
    expect(body).toContainEqual({ id: 'cafe', name: { ko: '카페·빵집', en: 'Café or bakery' } })
  })

  it('is decided about by the city alone', async () => {
    const cafe = await counter.payee()
    for (const verb of ['approve', 'reject', 'freeze', 'unfreeze']) {
      const path = `/api/merchants/${cafe.id}/${verb}`
      expect((await counter.api.call(path, { key: cafe.key, json: { reason: 'x' } })).status).toBe(403)
      expect((await counter.api.call(path, { json: { reason: 'x' } })).status).toBe(401)
    }
    expect((await counter.api.call('/api/merchants', { key: cafe.key })).status).toBe(403)
    expect((await decide(999_999, 'freeze')).status).toBe(404)
  })
})

describe('freezing', () => {
  it('stops payments at once, and the chain follows when what was held is settled', async () => {
    const cafe = await counter.payee()
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 100n)
    await citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id }))
    expect((await decide(cafe.id, 'freeze')).body).toMatchObject({ status: 'frozen', decision: '까닭' })
    await freezeOnChain(counter.db)
    expect(await commandsOf(cafe.id)).toEqual([])
    await counter.settle()
    await freezeOnChain(counter.db)
    await freezeOnChain(counter.db)
    const frozen = { call: 'setPayeeFrozen', signer: 'treasurer', args: { id: cafe.id, frozen: true } }
    expect(await commandsOf(cafe.id)).toEqual([frozen])

    await said()
    expect((await decide(cafe.id, 'unfreeze')).body.status).toBe('approved')
    // A late event of the freeze: the chain is being told otherwise already.
    await standing(cafe.id, 'frozen')
    await freezeOnChain(counter.db)
    expect(await commandsOf(cafe.id)).toEqual([frozen, { ...frozen, args: { id: cafe.id, frozen: false } }])
  })

  it('ends at once when the chain was not told yet', async () => {
    const cafe = await counter.payee()
    await decide(cafe.id, 'freeze')
    expect((await decide(cafe.id, 'unfreeze')).body.status).toBe('active')
    expect(await commandsOf(cafe.id)).toEqual([])
  })
})

describe('funds and the exchange', () => {
  it('are opened by the city; on the chain a fund is a fund, and the exchange is paid like a merchant', async () => {
    const open = async (kind: string) =>
      (
        await counter.api.call('/api/funds', {
          key: operator,
          json: { kind, name: { ko: '기금', en: 'Fund' }, description: { ko: '설명', en: 'About' } },
        })
      ).body
    const [fund, exchange] = [await open('fund'), await open('exchange')]
    expect(fund).toMatchObject({ kind: 'fund', status: 'approved' })
    expect(await commandsOf(fund.id)).toMatchObject([{ args: { kind: 'fund' } }])
    expect(await commandsOf(exchange.id)).toMatchObject([{ args: { kind: 'merchant' } }])
  })
})

describe("a merchant's staff", () => {
  it('lets its own people in and out, and nobody of another merchant', async () => {
    const [cafe, other] = [await counter.payee(), await counter.payee({ name: '옆 가게' })]
    const add = (key: string, name: string) =>
      counter.api.call('/api/merchant/staff', { key, json: { name } })
    const added = await add(cafe.key, '김민수')
    expect(added.body.link).toContain('/console/enrol#')
    // The same name in two shops is two people.
    const namesake = await add(other.key, '김민수')
    expect(namesake.status).toBe(201)
    const list = async (key: string) => (await counter.api.call('/api/merchant/staff', { key })).body
    expect(await list(cafe.key)).toMatchObject([{ id: added.body.id, disabled: false }])
    const disable = (key: string, id: string) =>
      counter.api.call(`/api/merchant/staff/${id}/disable`, { key, method: 'POST' })
    expect((await disable(other.key, added.body.id)).status).toBe(404)
    expect((await disable(cafe.key, added.body.id)).status).toBe(204)
    expect(await list(cafe.key)).toMatchObject([{ disabled: true }])
    expect(await list(other.key)).toMatchObject([{ id: namesake.body.id, disabled: false }])
  })
})
