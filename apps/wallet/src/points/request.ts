import { paymentRequestIn, readPaymentRequest } from '@pass/holder/payment-request'
import { readAccount } from '../account/account.ts'
import { ApiError } from '../account/api-error.ts'
import type { AccountPorts } from '../account/ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'
import type { Order } from './payments.ts'

type Keys = Parameters<typeof readPaymentRequest>[1]['keys']

const ID = 'payment-keys'

/**
 * Reads what a merchant's code asks for. The city signed it: name and amount hold without a network too, once this
 * device has seen the city's key.
 *
 * @param link the scanned text
 * @throws ApiError `request_unverified` when the city did not sign it, `request_expired`, `network` when that cannot
 * be told without one
 */
export async function readRequest(ports: AccountPorts, link: string): Promise<Order> {
  const jws = paymentRequestIn(link)
  if (jws === undefined) throw new ApiError('request_unverified', 'not a payment request')
  const now = await ports.clock.now()
  const kept = (await ports.store.get('snapshot', ID))?.body as Keys | undefined
  const read = (keys: Keys) => readPaymentRequest(jws, { keys, now })
  // A key that is not known may be new.
  const request = (kept && (await read(kept))) ?? (await read(await fetchKeys(ports)))
  if (!request) throw new ApiError('request_unverified', 'not signed by the city')
  if (request.expired) throw new ApiError('request_expired', 'the request ran out')
  return {
    id: request.id,
    requestId: request.id,
    payee: { id: request.payee, name: request.name, kind: 'merchant' },
    amount: String(request.amount),
    expiresAt: request.expiresAt.getTime(),
  }
}

/** Fetches the city's keys ahead of the day when there is no network. @throws ApiError */
export async function fetchKeys(ports: AccountPorts): Promise<Keys> {
  const { keys } = await walletFetch<{ keys: Keys }>(ports, '/api/payments/key')
  await ports.store.put('snapshot', ID, { at: await ports.clock.now(), body: keys })
  return keys
}

type RequestAnswer = {
  id: string
  payee: { id: number; name: { ko: string; en: string }; kind: Order['payee']['kind'] }
  amount: string
  expiresAt: string
}

/** What a merchant asks of this account, whose pass it scanned. @throws ApiError */
export async function requestsToMe(ports: AccountPorts): Promise<Order[]> {
  const account = await readAccount(ports)
  if (account?.status !== 'open') return []
  const path = '/api/wallet/payment-requests'
  return (await walletFetch<RequestAnswer[]>(ports, path, { key: account.key })).map(orderOf)
}

/** A request by its id, as the city has it now. @throws ApiError */
export async function requestById(ports: AccountPorts, id: string): Promise<Order & { state: string }> {
  const request = await walletFetch<RequestAnswer & { state: string }>(ports, `/api/payment-requests/${id}`)
  return { ...orderOf(request), state: request.state }
}

function orderOf({ id, payee, amount, expiresAt }: RequestAnswer): Order {
  return { id, requestId: id, payee, amount, expiresAt: Date.parse(expiresAt) }
}
