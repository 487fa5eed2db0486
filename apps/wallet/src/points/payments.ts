import { holderAddress, lowS, paymentMessage } from '@pass/chain/authorisations'
import type { PaymentRecord } from '@pass/holder'
import { encodePaymentCode } from '@pass/holder/payment-code'
import { toBase64url } from '@pass/holder/wallet-key'
import { readAccount } from '../account/account.ts'
import { ApiError, isRefusal } from '../account/api-error.ts'
import type { AccountPorts } from '../account/ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import { noteSpendable, readBalance, refreshBalance } from './balance.ts'

/** What the citizen said yes to. `id` names the attempt: the same one is never signed twice while it may count. */
export type Order = Pick<PaymentRecord, 'id' | 'requestId' | 'payee' | 'amount'> & {
  /** When the merchant's request runs out, milliseconds. */
  expiresAt?: number
}

/** The city takes a signature for so long; the chain a week longer, to settle it. */
const GOOD_SECONDS = 180
const SETTLE_SECONDS = 7 * 24 * 60 * 60
/** A counter does not wait: after this there is another way. */
const PATIENCE_MS = 5_000

const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Refusals that a new signature mends: the clock was off, or the key signed more than this device remembers. */
const MENDED_BY_SIGNING: readonly string[] = ['code_expired', 'code_used', 'device_clock_wrong']

/**
 * Signs an order, or gives what was signed for it before: after a double tap, in a second tab and after a reload it
 * is the same payment with the same number, and the city counts it once.
 *
 * @param asCode it will be shown, not sent
 * @throws ApiError `network` when this device never learnt what to sign for
 */
export async function signPayment(
  ports: AccountPorts,
  order: Order,
  asCode: boolean,
): Promise<PaymentRecord> {
  const balance = (await readBalance(ports)) ?? (await refreshBalance(ports))
  if (!balance) throw new ApiError('wallet_unknown', 'this wallet is not connected')
  const now = await ports.clock.now()
  return ports.alone(async () => {
    const account = await readAccount(ports)
    if (!account) throw new ApiError('wallet_unknown', 'this device has no key of points')
    const signed = await ports.store.get('payment', order.id)
    if (signed && signed.state !== 'refused')
      return asCode && !signed.asCode ? keep(ports, { ...signed, asCode }) : signed
    const nonce = Math.max(account.nonce, balance.lastNonce) + 1
    const deadline = Math.floor(now / 1000) + GOOD_SECONDS + SETTLE_SECONDS
    const holder = holderAddress(account.key.publicJwk)
    const message = paymentMessage(balance.domain, {
      holder,
      payee: order.payee.id,
      amount: BigInt(order.amount),
      nonce,
      deadline,
    })
    const signature = toBase64url(lowS(await ports.keys.sign(account.key.id, message)))
    const goodUntil = Math.min(now + GOOD_SECONDS * 1000, order.expiresAt ?? Number.POSITIVE_INFINITY)
    const { id, requestId, payee, amount } = order
    // The number first: should the device stop here, it is left out, which is allowed; never used again, which is not.
    await ports.store.put('account', 'mine', { ...account, nonce })
    return keep(ports, {
      ...{ id, payee, amount, address: holder, nonce, deadline, signature, signedAt: now, goodUntil, asCode },
      ...(requestId === undefined ? {} : { requestId }),
      state: 'open',
    })
  })
}

/**
 * Sends what was signed; sending it again changes nothing.
 *
 * @returns the payment as the city has it: held or refused
 * @throws ApiError `network`, `busy` or `server_error`: it may count or not
 */
export async function sendPayment(ports: AccountPorts, payment: PaymentRecord): Promise<PaymentRecord> {
  const { requestId, address, payee, amount, nonce, deadline, signature } = payment
  const body = {
    ...(requestId ? { requestId } : {}),
    address,
    payee: payee.id,
    amount,
    nonce,
    deadline,
    signature,
  }
  try {
    const account = await readAccount(ports)
    const answer = await walletFetch<{ heldAt: string; spendable: string | null }>(ports, '/api/payments', {
      method: 'POST',
      body,
      patienceMs: PATIENCE_MS,
      // Only to its owner does the city say what is left.
      ...(account ? { key: account.key } : {}),
    })
    if (answer.spendable !== null) await noteSpendable(ports, answer.spendable)
    return await keep(ports, { ...payment, state: 'held', heldAt: Date.parse(answer.heldAt) })
  } catch (error) {
    if (!isRefusal(error)) throw error
    return await keep(ports, { ...payment, state: 'refused', refusal: error.code })
  }
}

/** Signs and sends. A signature that the city could not take for its time or number is made anew, once. */
export async function pay(ports: AccountPorts, order: Order): Promise<PaymentRecord> {
  const sent = await sendPayment(ports, await signPayment(ports, order, false))
  if (sent.refusal === undefined || !MENDED_BY_SIGNING.includes(sent.refusal)) return sent
  // Taken before as this very request: what was refused is the second, and the first one stands.
  await refreshBalance(ports)
  return sendPayment(ports, await signPayment(ports, order, false))
}

/** The text of the code that a merchant scans in place of a network. */
export function codeOf({
  requestId,
  address,
  payee,
  amount,
  nonce,
  deadline,
  signature,
}: PaymentRecord): string {
  return encodePaymentCode({
    ...(requestId === undefined ? {} : { requestId }),
    address: address as `0x${string}`,
    payee: payee.id,
    amount: BigInt(amount),
    nonce,
    deadline,
    signature: bytesOf(signature),
  })
}

/**
 * What became of a payment. A code that still runs is only looked for: asking with it would pay. One that has run out
 * can be asked with, since nothing can come of it any more.
 *
 * @returns the payment, still `open` while it is not known
 * @throws ApiError without an answer
 */
export async function outcomeOf(ports: AccountPorts, payment: PaymentRecord): Promise<PaymentRecord> {
  if (payment.state !== 'open') return payment
  if ((await ports.clock.now()) > payment.goodUntil + PATIENCE_MS) return sendPayment(ports, payment)
  if (payment.requestId === undefined) return payment
  const request = await walletFetch<{ state: string }>(ports, `/api/payment-requests/${payment.requestId}`)
  // Paid, by us or by another: the city tells the one from the other by the signature.
  return request.state === 'open' ? payment : sendPayment(ports, payment)
}

/** Asks for every payment whose outcome is open; gives those that are still so. */
export async function settleOpen(ports: AccountPorts): Promise<PaymentRecord[]> {
  const all = await readPayments(ports)
  const now = await ports.clock.now()
  // The city has the history; here a payment is kept for as long as its attempt may be repeated.
  for (const { id, state, signedAt } of all)
    if (state !== 'open' && now - signedAt > KEPT_MS) await ports.store.delete('payment', id)
  const asked = all.filter(({ state }) => state === 'open')
  const known = await Promise.all(asked.map((one) => outcomeOf(ports, one).catch(() => one)))
  return known.filter(({ state }) => state === 'open')
}

/** The payments of this device, newest first. */
export async function readPayments({ store }: Pick<AccountPorts, 'store'>): Promise<PaymentRecord[]> {
  const all = await store.list('payment')
  return all.sort((a, b) => b.signedAt - a.signedAt)
}

async function keep(ports: AccountPorts, payment: PaymentRecord): Promise<PaymentRecord> {
  await ports.store.put('payment', payment.id, payment)
  return payment
}

function bytesOf(base64url: string): Uint8Array {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
