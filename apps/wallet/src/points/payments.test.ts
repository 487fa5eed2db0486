import 'fake-indexeddb/auto'
import { holderAddress, paymentMessage } from '@pass/chain/authorisations'
import { decodePaymentCode } from '@pass/holder/payment-code'
import { afterEach, describe, expect, it } from 'vitest'
import { readAccount } from '../account/account.ts'
import {
  type Answer,
  balanceOf,
  connected,
  createPhone,
  DOMAIN,
  type Phone,
  type Seen,
} from '../account/testing/phone.ts'
import { leftToSpend, readBalance } from './balance.ts'
import {
  codeOf,
  type Order,
  outcomeOf,
  pay,
  readPayments,
  sendPayment,
  settleOpen,
  signPayment,
} from './payments.ts'

const REQUEST = '7f3a3f6e-0a53-4b61-9a53-0f3d6f1f7a11'
const ORDER: Order = {
  id: REQUEST,
  requestId: REQUEST,
  payee: { id: 7, name: { ko: '연수분식', en: 'Yeonsu Snacks' }, kind: 'merchant' },
  amount: '1500',
}

const phones: Phone[] = []
afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
})

/** A counter that takes a number once, as the city does; `requests` of others are as the test says. */
function counter(answer: (request: Seen) => Answer | undefined = () => undefined) {
  const taken = new Map<string, string>()
  const phone = createPhone(crypto.randomUUID(), (request) => {
    const own = answer(request)
    if (own) return own
    if (request.path !== '/api/payments') return undefined
    const { signature, amount } = request.body as { signature: string; amount: string }
    if (!taken.has(signature)) taken.set(signature, amount)
    return { status: 201, body: { id: 'p1', heldAt: '2026-11-21T10:00:01Z', spendable: '3500' } }
  })
  phones.push(phone)
  return { phone, taken }
}

describe('a payment', () => {
  it('carries a signature that the contract takes: over this payment, s in the lower half', async () => {
    const { phone } = counter()
    const ports = await connected(phone)
    const { publicJwk } = (await readAccount(ports))!.key
    const paid = await pay(ports, ORDER)
    expect(paid).toMatchObject({ state: 'held', nonce: 1, amount: '1500' })
    const [{ body }] = phone.requests as [Seen]
    expect(body).toMatchObject({ requestId: REQUEST, payee: 7, amount: '1500', nonce: 1 })
    expect(body['address']).toBe(holderAddress(publicJwk))
    const message = paymentMessage(DOMAIN, {
      holder: holderAddress(publicJwk),
      payee: 7,
      amount: 1500n,
      nonce: 1,
      deadline: body['deadline'] as number,
    })
    const signature = Buffer.from(String(body['signature']), 'base64url')
    const verifying = await crypto.subtle.importKey(
      'jwk',
      publicJwk,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['verify'],
    )
    expect(
      await crypto.subtle.verify(
        { name: 'ECDSA', hash: 'SHA-256' },
        verifying,
        signature,
        new Uint8Array(message),
      ),
    ).toBe(true)
    expect(signature.readBigUInt64BE(32)).toBeLessThan(0x8000000000000000n)
    expect((await readBalance(ports))?.spendable).toBe('3500')
  })

  it('is the same after a double tap, in a second tab and after a reload: one number, one signature', async () => {
    const { phone, taken } = counter()
    const first = await connected(phone)
    const second = await phone.tab()
    await Promise.all([pay(first, ORDER), pay(second, ORDER), pay(first, ORDER)])
    await pay(await phone.tab(), ORDER)
    expect(taken.size).toBe(1)
    expect((await readAccount(first))?.nonce).toBe(1)
  })

  it('never uses a number twice: not for two orders at once, nor one that the city has seen', async () => {
    const { phone } = counter()
    const ports = await connected(phone)
    await ports.store.put('snapshot', 'points', { at: 1, body: balanceOf('5000', 41) })
    const tabs = await Promise.all([phone.tab(), phone.tab(), phone.tab()])
    const paid = await Promise.all(tabs.map((tab, index) => pay(tab, { ...ORDER, id: `attempt ${index}` })))
    expect(paid.map(({ nonce }) => nonce).sort()).toEqual([42, 43, 44])
  })

  it('whose answer was lost is sent again as it was, and counts once', async () => {
    let lost = true
    const { phone, taken } = counter(({ path, body }) => {
      if (path !== '/api/payments' || !lost) return undefined
      lost = false
      taken.set(String(body['signature']), '1500')
      return 'lost'
    })
    const ports = await connected(phone)
    await expect(pay(ports, ORDER)).rejects.toMatchObject({ code: 'network' })
    const [open] = await readPayments(ports)
    expect(open?.state).toBe('open')
    expect(leftToSpend((await readBalance(ports))!, [open!])).toBe(3500n)
    expect(await pay(await phone.tab(), ORDER)).toMatchObject({ state: 'held', nonce: 1 })
    expect(taken.size).toBe(1)
  })

  it('that was refused says why, and another try is a new one', async () => {
    let poor = true
    const { phone } = counter(({ path }) =>
      path === '/api/payments' && poor
        ? { status: 409, body: { code: 'points_too_few', spendable: '10' } }
        : undefined,
    )
    const ports = await connected(phone)
    expect(await pay(ports, ORDER)).toMatchObject({ state: 'refused', refusal: 'points_too_few', nonce: 1 })
    poor = false
    expect(await pay(ports, ORDER)).toMatchObject({ state: 'held', nonce: 2 })
  })

  it('of a phone whose clock is slow is signed anew by the city’s clock, at once', async () => {
    const cityNow = Date.parse('2026-11-21T10:04:00Z')
    const { phone } = counter(({ path, body }) => {
      if (path === '/api/wallet/points') return { body: balanceOf('5000', 0), date: cityNow }
      const late = Number(body['deadline']) - 7 * 86_400 < cityNow / 1000
      return late ? { status: 410, body: { code: 'code_expired' }, date: cityNow } : undefined
    })
    const ports = await connected(phone)
    expect(await pay(ports, ORDER)).toMatchObject({ state: 'held', nonce: 2 })
  })
})

describe('a payment code', () => {
  it('is what was signed, readable by a counter, and the same after a reload', async () => {
    const { phone } = counter()
    const ports = await connected(phone)
    const signed = await signPayment(ports, ORDER, true)
    const read = decodePaymentCode(codeOf(signed))!
    expect(read).toMatchObject({
      requestId: REQUEST,
      payee: 7,
      amount: 1500n,
      nonce: 1,
      address: signed.address,
    })
    expect(Buffer.from(read.signature).toString('base64url')).toBe(signed.signature)
    const again = await signPayment(await phone.tab(), ORDER, true)
    expect(codeOf(again)).toBe(codeOf(signed))
    expect(phone.requests).toEqual([])
  })

  it('shows what was sent before, when that got no answer: the city cannot count both', async () => {
    const { phone } = counter(() => 'lost')
    const ports = await connected(phone)
    await expect(pay(ports, ORDER)).rejects.toMatchObject({ code: 'network' })
    const [sent] = phone.requests as [Seen]
    expect((await signPayment(ports, ORDER, true)).signature).toBe(sent.body['signature'])
  })

  it('ends with the request of the merchant, when that is sooner', async () => {
    const { phone } = counter()
    const ports = await connected(phone)
    const expiresAt = phone.now() + 20_000
    expect((await signPayment(ports, { ...ORDER, expiresAt }, true)).goodUntil).toBe(expiresAt)
  })

  it('that still runs is only looked for: asking does not pay', async () => {
    let state = 'open'
    const { phone, taken } = counter(({ path }) =>
      path === `/api/payment-requests/${REQUEST}` ? { body: { state } } : undefined,
    )
    const ports = await connected(phone)
    const signed = await signPayment(ports, ORDER, true)
    expect((await outcomeOf(ports, signed)).state).toBe('open')
    expect(taken.size).toBe(0)
    state = 'paid'
    expect((await outcomeOf(ports, signed)).state).toBe('held')
  })

  it('that ran out unused is known to be void once there is a network', async () => {
    const { phone } = counter(({ path }) =>
      path === '/api/payments' ? { status: 410, body: { code: 'code_expired' } } : undefined,
    )
    const ports = await connected(phone)
    await signPayment(ports, ORDER, true)
    phone.wait(200_000)
    expect(await settleOpen(ports)).toEqual([])
    expect(await readPayments(ports)).toMatchObject([{ state: 'refused', refusal: 'code_expired' }])
    expect(leftToSpend((await readBalance(ports))!, await readPayments(ports))).toBe(5000n)
  })

  it('stays open without a network', async () => {
    const { phone } = counter(() => 'lost')
    const ports = await connected(phone)
    const signed = await signPayment(ports, ORDER, true)
    await expect(outcomeOf(ports, signed)).rejects.toMatchObject({ code: 'network' })
    phone.wait(200_000)
    await expect(sendPayment(ports, signed)).rejects.toMatchObject({ code: 'network' })
    expect(await settleOpen(ports)).toMatchObject([{ state: 'open' }])
  })
})
