import { paymentRequestIn, readPaymentRequest } from '@pass/holder/payment-request'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeWalletKey } from '../testing/wallet-key.ts'
import { type Counter, DOMAIN, openCounter } from './testing/counter.ts'

let counter: Counter
let cafe: { id: number; key: string }
beforeAll(async () => {
  counter = await openCounter()
})
afterAll(() => counter.api.close())
beforeEach(async () => {
  counter.setTime('2026-11-21T03:00:00Z')
  cafe = await counter.payee()
})

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

describe('paying a request', () => {
  it('holds the points at once, tells both, and settles behind it', async () => {
    const citizen = await counter.citizen({ 2025: 3_000n, 2026: 5_000n })
    const request = await counter.request(cafe, 4_500n)
    const rings = counter.rings.count
    const paid = await citizen.pay(citizen.signed({ payee: cafe.id, amount: 4_500n, requestId: request.id }))
    expect(paid.status).toBe(201)
    expect(paid.body).toMatchObject({
      status: 'held',
      amount: '4500',
      spendable: '3500',
      payee: { id: cafe.id, kind: 'merchant', name: { ko: '송도카페' } },
    })
    const seen = await counter.api.call(`/api/merchant/payment-requests/${request.id}`, { key: cafe.key })
    expect(seen.body).toMatchObject({ state: 'paid', payment: { id: paid.body.id, status: 'held' } })
    expect(await citizen.account()).toMatchObject({ held: 4_500n, lastNonce: 1 })
    expect(counter.rings.count).toBe(rings + 1)

    await counter.settle()
    expect((await citizen.wallet.call(counter.api.url, `/api/payments/${paid.body.id}`)).body).toMatchObject({
      status: 'settled',
      receipt: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(await citizen.account()).toMatchObject({ held: 0n })
    expect(await citizen.balance()).toBe(3_500n)
  })

  it('takes one payment once: the same again gets the same answer', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 1_000n)
    const payment = citizen.signed({ payee: cafe.id, amount: 1_000n, requestId: request.id })
    const [first, second] = await Promise.all([citizen.pay(payment), citizen.pay(payment)])
    expect([first.status, second.status].sort()).toEqual([200, 201])
    expect(second.body).toEqual(first.body)
    // Also when the answer was lost, and the phone asks again after the signature's time.
    counter.advance(3600)
    expect((await citizen.pay(payment)).body.id).toBe(first.body.id)
    expect(await citizen.account()).toMatchObject({ held: 1_000n })
  })

  it('that failed afterwards is not told as paid when the phone asks again', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 1_000n)
    const payment = citizen.signed({ payee: cafe.id, amount: 1_000n, requestId: request.id })
    const { id } = (await citizen.pay(payment)).body
    await counter.db.prisma.redemption.update({ where: { id }, data: { status: 'failed' } })
    expect((await citizen.pay(payment)).body.code).toBe('payment_failed')
  })

  it('tells nobody but the payer what the payer has left', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 1_000n)
    const payment = citizen.signed({ payee: cafe.id, amount: 1_000n, requestId: request.id })
    expect((await citizen.pay(payment, false)).body.spendable).toBeNull()
    const stranger = makeWalletKey(counter.clock)
    const asked = await stranger.call(counter.api.url, '/api/payments', { json: payment })
    expect(asked).toMatchObject({ status: 200, body: { spendable: null } })
    const other = await counter.request(cafe, 50_000n)
    const tooMuch = citizen.signed({ payee: cafe.id, amount: 50_000n, requestId: other.id })
    const refused = await citizen.pay(tooMuch, false)
    expect(refused.body).toMatchObject({ code: 'points_too_few' })
    expect(refused.body).not.toHaveProperty('spendable')
  })

  it('refuses when too little is left, says how much there is, and takes nothing', async () => {
    const citizen = await counter.citizen({ 2026: 900n })
    const request = await counter.request(cafe, 1_000n)
    const payment = citizen.signed({ payee: cafe.id, amount: 1_000n, requestId: request.id })
    expect((await citizen.pay(payment)).body).toMatchObject({ code: 'points_too_few', spendable: '900' })
    expect(await citizen.account()).toMatchObject({ held: 0n, lastNonce: 0 })
    const state = await counter.api.call(`/api/payment-requests/${request.id}`)
    expect(state.body.state).toBe('open')
  })

  it('counts neither points of a year that is over nor awards that are still pending', async () => {
    const citizen = await counter.citizen({ 2024: 9_000n })
    const request = await counter.request(cafe, 1n)
    const payment = citizen.signed({ payee: cafe.id, amount: 1n, requestId: request.id })
    expect((await citizen.pay(payment)).body).toMatchObject({ code: 'points_too_few', spendable: '0' })
  })

  it.each([
    ['the amount was changed', 'amount_differs', { amount: 900n }],
    ['the payee was changed', 'not_found', { payee: 'other' as const }],
  ])('refuses when %s', async (_, code, change) => {
    const citizen = await counter.citizen()
    const other = await counter.payee()
    const request = await counter.request(cafe, 1_000n)
    const payee = 'payee' in change ? other.id : cafe.id
    const amount = 'amount' in change ? change.amount : 1_000n
    const payment = citizen.signed({ payee, amount, requestId: request.id })
    expect((await citizen.pay(payment)).body.code).toBe(code)
    expect(await citizen.account()).toMatchObject({ held: 0n, lastNonce: 0 })
  })

  it('refuses what ran out while the citizen waited, was withdrawn, was declined, or was paid', async () => {
    const citizen = await counter.citizen()
    const pay = async (request: { id: string }) =>
      (await citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id }))).body.code
    const late = await counter.request(cafe, 100n)
    counter.advance(181)
    expect(await pay(late)).toBe('request_expired')
    expect((await counter.api.call(`/api/payment-requests/${late.id}`)).body.state).toBe('expired')

    const withdrawn = await counter.request(cafe, 100n)
    const cancel = `/api/merchant/payment-requests/${withdrawn.id}/cancel`
    expect((await counter.api.call(cancel, { key: cafe.key, method: 'POST' })).status).toBe(200)
    expect(await pay(withdrawn)).toBe('request_cancelled')

    const paid = await counter.request(cafe, 100n)
    const other = await counter.citizen()
    await other.pay(other.signed({ payee: cafe.id, amount: 100n, requestId: paid.id }))
    expect(await pay(paid)).toBe('request_paid')
    const tooLate = await counter.api.call(`/api/merchant/payment-requests/${paid.id}/cancel`, {
      key: cafe.key,
      method: 'POST',
    })
    expect(tooLate.body.code).toBe('request_paid')
    expect(await citizen.account()).toMatchObject({ held: 0n })
  })

  it('refuses a merchant that is frozen, not approved yet, or not there', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 100n)
    const pay = async (payee: number, requestId?: string) =>
      (
        await citizen.pay(
          citizen.signed({ payee, amount: 100n, ...(requestId === undefined ? {} : { requestId }) }),
        )
      ).body.code
    await counter.db.prisma.payee.update({ where: { id: cafe.id }, data: { status: 'frozen' } })
    expect(await pay(cafe.id, request.id)).toBe('payee_frozen')
    const json = { amount: '100' }
    const asked = await counter.api.call('/api/merchant/payment-requests', { key: cafe.key, json })
    expect(asked.body.code).toBe('payee_frozen')
    expect(await pay((await counter.payee({ status: 'applied' })).id)).toBe('payee_unknown')
    expect(await pay(2_000_000_000)).toBe('payee_unknown')
  })

  it('takes nothing while the city has stopped all points, and knows what it took before', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 100n)
    const before = citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id })
    const { body: held } = await citizen.pay(before)
    await counter.db.prisma.setting.create({ data: { key: 'points.paused', value: true } })
    try {
      const next = await counter.request(cafe, 100n)
      const refused = await citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: next.id }))
      expect([refused.status, refused.body.code]).toEqual([409, 'points_paused'])
      expect((await citizen.pay(before)).body.id).toBe(held.id)
    } finally {
      await counter.db.prisma.setting.delete({ where: { key: 'points.paused' } })
    }
  })

  it('needs a request for a merchant, and none for a fund', async () => {
    const citizen = await counter.citizen()
    expect((await citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n }))).body.code).toBe(
      'bad_request',
    )
    const fund = await counter.payee({ kind: 'fund', name: '어린이 도서 기금' })
    expect((await citizen.pay(citizen.signed({ payee: fund.id, amount: 100n }))).status).toBe(201)
  })

  it('of two devices at once with the same number lets one pay', async () => {
    const citizen = await counter.citizen()
    const [one, two] = [await counter.request(cafe, 600n), await counter.request(cafe, 700n)]
    const answers = await Promise.all([
      citizen.pay(citizen.signed({ payee: cafe.id, amount: 600n, requestId: one.id, nonce: 7 })),
      citizen.pay(citizen.signed({ payee: cafe.id, amount: 700n, requestId: two.id, nonce: 7 })),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe('code_used')
  })

  it('takes nothing of an account whose points have moved to another key', async () => {
    const citizen = await counter.citizen()
    await counter.db.prisma.walletAccount.update({ where: { id: citizen.id }, data: { status: 'closed' } })
    const request = await counter.request(cafe, 100n)
    const payment = citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id })
    expect((await citizen.pay(payment)).body.code).toBe('account_frozen')
  })
})

describe('a signature', () => {
  const order = async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 1_000n)
    return { citizen, terms: { payee: cafe.id, amount: 1_000n, requestId: request.id } }
  }
  const refusedAs = async (
    citizen: Awaited<ReturnType<Counter['citizen']>>,
    payment: ReturnType<typeof citizen.signed>,
  ) => {
    const { body } = await citizen.pay(payment)
    expect(await citizen.account()).toMatchObject({ held: 0n, lastNonce: 0 })
    return body.code
  }

  it('of another key takes no points', async () => {
    const { citizen, terms } = await order()
    const thief = await counter.citizen()
    const payment = { ...thief.signed(terms), address: citizen.address }
    expect(await refusedAs(citizen, payment)).toBe('bad_signature')
  })

  it('with the other half of s, which the contract refuses, counts for nothing', async () => {
    const { citizen, terms } = await order()
    const payment = citizen.signed(terms)
    const bytes = Buffer.from(payment.signature, 'base64url')
    const s = P256_ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`)
    const high = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
    expect(await refusedAs(citizen, { ...payment, signature: high.toString('base64url') })).toBe(
      'bad_signature',
    )
  })

  it('for another chain or another contract counts for nothing here', async () => {
    const { citizen, terms } = await order()
    expect(await refusedAs(citizen, citizen.signed(terms, { ...DOMAIN, chainId: 1 }))).toBe('bad_signature')
    const contract = `0x${'ee'.repeat(20)}` as const
    expect(await refusedAs(citizen, citizen.signed(terms, { ...DOMAIN, contract }))).toBe('bad_signature')
  })

  it.each(['amount', 'payee', 'nonce', 'deadline'] as const)('covers the %s', async (field) => {
    const { citizen, terms } = await order()
    const payment = citizen.signed(terms)
    const changed = field === 'amount' ? { amount: '1' } : { [field]: payment[field] + 1 }
    expect(await refusedAs(citizen, { ...payment, ...changed })).toBe('bad_signature')
  })

  it('pays one request: with another request id it is a replay', async () => {
    const { citizen, terms } = await order()
    const payment = citizen.signed(terms)
    const first = await citizen.pay(payment)
    const second = await counter.request(cafe, 1_000n)
    const replayed = await citizen.pay({ ...payment, requestId: second.id })
    expect(replayed.body).toMatchObject({ code: 'code_used', payment: { id: first.body.id } })
    expect(await citizen.account()).toMatchObject({ held: 1_000n })
  })

  it('is void once a later one was used', async () => {
    const { citizen, terms } = await order()
    const early = citizen.signed(terms)
    const fund = await counter.payee({ kind: 'fund' })
    await citizen.pay(citizen.signed({ payee: fund.id, amount: 10n }))
    expect((await citizen.pay(early)).body.code).toBe('code_used')
  })

  it('is good for a minute, and not made for later', async () => {
    const { citizen, terms } = await order()
    const payment = citizen.signed(terms)
    counter.advance(61)
    expect(await refusedAs(citizen, payment)).toBe('code_expired')
    const future = citizen.signed({ ...terms, seconds: 3600 })
    expect(await refusedAs(citizen, future)).toBe('device_clock_wrong')
  })

  it('of nobody that the city knows is refused before anything else', async () => {
    const { citizen, terms } = await order()
    const stranger = makeWalletKey(counter.clock)
    const payment = { ...citizen.signed(terms), address: stranger.address }
    expect((await citizen.pay(payment)).body.code).toBe('wallet_unknown')
  })

  it.each([
    { amount: '0' },
    { amount: '-1' },
    { amount: '01' },
    { amount: '1e3' },
    { amount: 5 },
    { nonce: 0 },
    { nonce: 2 ** 31 },
    { address: '0xABC' },
    { signature: 'AA' },
    { requestId: 'x' },
  ])('comes in a request that is refused as a whole with %o', async (change) => {
    const { citizen, terms } = await order()
    const json = { ...citizen.signed(terms), ...change }
    expect((await citizen.wallet.call(counter.api.url, '/api/payments', { json })).body.code).toBe(
      'bad_request',
    )
  })
})

describe('a code from a phone without a network', () => {
  const code = async (amount: bigint, change: { seconds?: number } = {}) => {
    const citizen = await counter.citizen({ 2026: 100_000n })
    const request = await counter.request(cafe, amount)
    const payment = citizen.signed({
      payee: cafe.id,
      amount,
      requestId: request.id,
      seconds: 180,
      ...change,
    })
    return { citizen, request, text: citizen.code(payment), payment }
  }

  it('pays when the merchant scans it, and the merchant learns nothing of the balance', async () => {
    const { citizen, request, text } = await code(5_000n)
    counter.advance(170)
    const taken = await counter.scan(cafe, text)
    expect(taken).toMatchObject({ status: 201, body: { status: 'held', amount: '5000', spendable: null } })
    expect(taken.text).not.toContain(citizen.address.slice(2))
    expect((await counter.api.call(`/api/payment-requests/${request.id}`)).body.state).toBe('paid')
  })

  it('counts once: scanned twice, and at two counters at the same moment', async () => {
    const { citizen, text } = await code(5_000n)
    const till = await counter.api.apiKeys.create({ name: 'second till', role: 'merchant', payeeId: cafe.id })
    const answers = await Promise.all([counter.scan(cafe, text), counter.scan(till, text)])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    const [first, second] = answers.sort((a, b) => a.status - b.status)
    expect(second!.body).toMatchObject({ code: 'code_used', payment: { id: first!.body.id } })
    expect((await counter.scan(cafe, text)).body.code).toBe('code_used')
    expect(await citizen.account()).toMatchObject({ held: 5_000n })
  })

  it('pays the merchant that it was made for, not another one that scans it at the same moment', async () => {
    const { citizen, text } = await code(5_000n)
    const other = await counter.payee({ name: '옆 가게' })
    const [own, foreign] = await Promise.all([counter.scan(cafe, text), counter.scan(other, text)])
    expect([own.status, foreign.body.code]).toEqual([201, 'code_of_another'])
    expect(await citizen.account()).toMatchObject({ held: 5_000n })
  })

  it('is refused after three minutes, when it is none, and with too little left', async () => {
    const { text } = await code(5_000n)
    counter.advance(181)
    expect((await counter.scan(cafe, text)).body.code).toBe('code_expired')
    expect((await counter.scan(cafe, 'PASSPAY1:AAAA')).body.code).toBe('bad_request')
    expect((await counter.scan(cafe, 'https://example.kr')).body.code).toBe('bad_request')
    const poor = await counter.citizen({ 2026: 10n })
    const request = await counter.request(cafe, 100n)
    const refused = await counter.scan(
      cafe,
      poor.code(poor.signed({ payee: cafe.id, amount: 100n, requestId: request.id })),
    )
    expect(refused.body.code).toBe('points_too_few')
    expect(refused.body).not.toHaveProperty('spendable')
  })

  it('pays 20,000 points at most, three times a day, and again the next day', async () => {
    const { text: large } = await code(20_001n)
    expect((await counter.scan(cafe, large)).body).toMatchObject({ code: 'offline_limit', most: '20000' })
    const citizen = await counter.citizen({ 2026: 100_000n })
    const next = async () => {
      const request = await counter.request(cafe, 20_000n)
      const payment = citizen.signed({ payee: cafe.id, amount: 20_000n, requestId: request.id, seconds: 180 })
      return (await counter.scan(cafe, citizen.code(payment))).body
    }
    for (let i = 0; i < 3; i++) expect((await next()).status).toBe('held')
    expect((await next()).code).toBe('offline_limit')
    // 15:00 UTC is midnight in Korea.
    counter.setTime('2026-11-21T15:00:00Z')
    expect((await next()).status).toBe('held')
  })
})

describe('a request', () => {
  it('is signed by the city, so that a phone without a network can trust name and amount', async () => {
    const { qr, id } = await counter.request(cafe, 4_500n)
    const jws = paymentRequestIn(qr)
    const { keys } = (await counter.api.call('/api/payments/key')).body
    const now = counter.clock().getTime()
    expect(await readPaymentRequest(jws!, { keys, now })).toMatchObject({
      id,
      payee: cafe.id,
      name: { ko: '송도카페' },
      amount: 4_500n,
      expired: false,
    })
    expect(await readPaymentRequest(jws!, { keys, now: now + 181_000 })).toMatchObject({ expired: true })
  })

  it('made after scanning a pass is shown to that citizen alone, who alone can pay or decline it', async () => {
    const [citizen, other] = [await counter.citizen(), await counter.citizen()]
    counter.passes.set('pass-text', { id: citizen.id })
    const request = await counter.request(cafe, 500n, 'pass-text')
    const open = async (who: typeof citizen) =>
      (await who.wallet.call(counter.api.url, '/api/wallet/payment-requests')).body as { id: string }[]
    expect(await open(citizen)).toMatchObject([{ id: request.id, amount: '500', state: 'open' }])
    expect(await open(other)).toEqual([])
    const stolen = other.signed({ payee: cafe.id, amount: 500n, requestId: request.id })
    expect((await other.pay(stolen)).body.code).toBe('request_of_another')
    const decline = `/api/wallet/payment-requests/${request.id}/decline`
    expect((await other.wallet.call(counter.api.url, decline, { method: 'POST' })).status).toBe(404)
    const declined = await citizen.wallet.call(counter.api.url, decline, { method: 'POST' })
    expect(declined.body.state).toBe('declined')
    const payment = citizen.signed({ payee: cafe.id, amount: 500n, requestId: request.id })
    expect((await citizen.pay(payment)).body.code).toBe('request_cancelled')
    const json = { amount: '500', pass: 'too old' }
    const refused = await counter.api.call('/api/merchant/payment-requests', { key: cafe.key, json })
    expect(refused.body.code).toBe('expired')
  })

  it('is nobody else’s business: staff of another merchant sees and changes nothing', async () => {
    const citizen = await counter.citizen()
    const request = await counter.request(cafe, 500n)
    const paid = await citizen.pay(citizen.signed({ payee: cafe.id, amount: 500n, requestId: request.id }))
    const other = await counter.payee({ name: '옆 가게' })
    const at = (path: string, json?: unknown) =>
      counter.api.call(path, {
        key: other.key,
        ...(json === undefined ? {} : { json }),
        headers: { 'idempotency-key': 'refund-0001' },
      })
    expect((await at(`/api/merchant/payment-requests/${request.id}`)).status).toBe(404)
    expect((await at(`/api/merchant/payment-requests/${request.id}/cancel`, {})).status).toBe(404)
    const refund = await at(`/api/merchant/payments/${paid.body.id}/refunds`, { amount: '1', reason: 'x' })
    expect(refund.status).toBe(404)
    expect((await at('/api/merchant/payments')).body.items).toEqual([])
    const stranger = await counter.citizen()
    expect((await stranger.wallet.call(counter.api.url, `/api/payments/${paid.body.id}`)).status).toBe(404)
    expect((await counter.api.call('/api/merchant/totals')).status).toBe(401)
  })
})

describe('the end of a year', () => {
  it('keeps points that end with it from being spent in its last ten minutes, and says why', async () => {
    const citizen = await counter.citizen({ 2025: 1_000n, 2026: 300n })
    const pay = async (amount: bigint) => {
      const request = await counter.request(cafe, amount)
      const payment = citizen.signed({ payee: cafe.id, amount, requestId: request.id })
      return (await citizen.pay(payment)).body
    }
    // Midnight in Korea is 15:00 UTC.
    counter.setTime('2026-12-31T14:49:59Z')
    expect(await pay(100n)).toMatchObject({ status: 'held', spendable: '1200' })
    await counter.settle()
    counter.setTime('2026-12-31T14:50:00Z')
    expect((await pay(500n)).code).toBe('year_end')
    expect((await pay(5_000n)).code).toBe('points_too_few')
    expect(await pay(100n)).toMatchObject({ status: 'held', spendable: '200' })
    await counter.db.sql`UPDATE "Redemption" SET "status" = 'failed' WHERE "status" = 'held'`
    await counter.db.sql`UPDATE "WalletAccount" SET "held" = 0`
    counter.setTime('2026-12-31T15:00:00Z')
    expect((await pay(500n)).code).toBe('points_too_few')
    expect(await pay(100n)).toMatchObject({ status: 'held', spendable: '200' })
  })
})

describe('the day at the counter', () => {
  it('adds up, and pages through every payment once', async () => {
    const citizen = await counter.citizen()
    for (let i = 0; i < 5; i++) {
      const request = await counter.request(cafe, 100n)
      await citizen.pay(citizen.signed({ payee: cafe.id, amount: 100n, requestId: request.id }))
    }
    const totals = await counter.api.call('/api/merchant/totals?date=2026-11-21', { key: cafe.key })
    expect(totals.body).toEqual({
      date: '2026-11-21',
      payments: 5,
      amount: '500',
      refunds: 0,
      refunded: '0',
      net: '500',
      unsettled: { payments: 5, amount: '500' },
    })
    const seen = new Set<string>()
    let cursor: string | null = ''
    while (cursor !== null) {
      const path: string = `/api/merchant/payments?limit=2${cursor && `&cursor=${cursor}`}`
      const { body } = await counter.api.call(path, { key: cafe.key })
      for (const { id } of body.items) seen.add(id)
      cursor = body.nextCursor
    }
    expect(seen.size).toBe(5)
  })
})
