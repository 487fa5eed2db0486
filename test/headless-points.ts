import { randomUUID } from 'node:crypto'
import { encodePaymentCode } from '@pass/holder'
import { makeWalletKey } from '../apps/api/src/testing/wallet-key.ts'
import type { TestCity } from './city.ts'
import { offerSample, openHeadlessHolder } from './headless.ts'

/** How long the chain has for a payment, and how long a signed one counts at a counter. Seconds. */
const SETTLEMENT = 7 * 86_400
const GOOD_FOR = 60

// biome-ignore lint/suspicious/noExplicitAny: an answer of the API, whose shape each test asserts.
type Json = any
export type Answer = { status: number; body: Json }

/** A signed payment as it is sent: the same one can be sent again. */
export type Signed = {
  requestId?: string
  address: `0x${string}`
  payee: number
  amount: string
  nonce: number
  deadline: number
  signature: string
}

/** A citizen without a screen whose wallet is connected: earns, pays, and looks at what is left. */
export async function openCitizen(city: TestCity) {
  const key = makeWalletKey()
  const holder = openHeadlessHolder(city)
  const offer = await offerSample(city)
  await holder.receive(await holder.readOffer(offer.offerUri), { txCode: offer.txCode })
  const { body: asked } = await key.call(city.url, '/api/wallet/account/verification', { json: {} })
  const request = await holder.readRequest(asked.requestUri)
  await holder.present(request, request.choice, { proof: key.proof })
  const opened = await key.call(city.url, '/api/wallet/account', { json: { verificationId: asked.id } })
  if (opened.status !== 201) throw new Error(`no account: ${JSON.stringify(opened.body)}`)
  const { number } = opened.body.account as { number: string }

  const points = async () => (await key.call(city.url, '/api/wallet/points')).body
  let nonce = 0
  return {
    key,
    number,
    points,
    /** Given by the owner of the sample programme; comes when the chain has it. */
    async earn(quantity = 1): Promise<void> {
      const before = BigInt((await points()).spendable)
      const given = await city.call(
        'programme',
        '/api/programmes/1/awards',
        { to: { number }, rule: await firstRule(city), quantity },
        { 'idempotency-key': randomUUID() },
      )
      if (given.status !== 201) throw new Error(`not given: ${JSON.stringify(given.body)}`)
      await until(async () => BigInt((await points()).spendable) > before, 'the award was confirmed')
    },
    /** Signs; nothing is sent. */
    async sign(payment: {
      payee: number
      amount: string
      requestId?: string
      nonce?: number
    }): Promise<Signed> {
      const { domain, lastNonce } = await points()
      nonce = payment.nonce ?? Math.max(nonce, lastNonce) + 1
      const deadline = Math.floor(Date.now() / 1000) + SETTLEMENT + GOOD_FOR
      const { payee, amount, requestId } = payment
      const signature = key.signPayment(domain, { payee, amount: BigInt(amount), nonce, deadline })
      return {
        ...(requestId === undefined ? {} : { requestId }),
        address: key.address,
        payee,
        amount,
        nonce,
        deadline,
        signature,
      }
    },
    send: (signed: Signed): Promise<Answer> => send(city, signed),
    /** What a phone without a network shows. */
    codeOf: (signed: Signed): string =>
      encodePaymentCode({
        ...signed,
        amount: BigInt(signed.amount),
        signature: new Uint8Array(Buffer.from(signed.signature, 'base64url')),
      }),
  }
}

export type Citizen = Awaited<ReturnType<typeof openCitizen>>

/** As any phone or nobody in particular would: the signature is the proof. */
export async function send(city: Pick<TestCity, 'url'>, signed: Signed): Promise<Answer> {
  const response = await fetch(`${city.url}/api/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(signed),
  })
  return { status: response.status, body: await response.json() }
}

/** The merchant asks for an amount. */
export async function askFor(
  city: TestCity,
  amount: string,
): Promise<{ id: string; payee: number; qr: string }> {
  const made = await city.call('merchant', '/api/merchant/payment-requests', { amount })
  if (made.status !== 201) throw new Error(`no request: ${JSON.stringify(made.body)}`)
  const { body } = await city.call('merchant', '/api/session')
  return { ...made.body, payee: Number(body.payee.id) }
}

async function firstRule(city: TestCity): Promise<string> {
  const { body } = await city.call('programme', '/api/programmes')
  return body.find(({ id }: { id: number }) => id === 1).rules[0].id
}

/** Looks again until it is so. */
export async function until(isSo: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (Date.now() < deadline) {
    if (await isSo().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`not within ${withinMs / 1000} s: ${what}`)
}
