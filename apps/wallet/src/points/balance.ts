import type { MileageDomain } from '@pass/chain/authorisations'
import type { PaymentRecord, Snapshot } from '@pass/holder'
import { readAccount } from '../account/account.ts'
import type { AccountPorts } from '../account/ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'

/** GET /api/wallet/points: points as decimal strings. */
export type PointsAnswer = {
  spendable: string
  held: string
  pending: string
  buckets: { points: string; expiresOn: string }[]
  lastNonce: number
  domain: MileageDomain
  settlementSeconds: number
  /** Most points of one payment code, and how many of them a day. */
  offline: { most: string; perDay: number }
}

/** What the city last said, and when (milliseconds). */
export type Balance = PointsAnswer & { at: number }

const ID = 'points'

/** The balance as this device knows it; needs no network. */
export async function readBalance({ store }: Pick<AccountPorts, 'store'>): Promise<Balance | undefined> {
  const kept: Snapshot | undefined = await store.get('snapshot', ID)
  return kept && { ...(kept.body as PointsAnswer), at: kept.at }
}

/** Asks for the balance and keeps it. @throws ApiError */
export async function refreshBalance(ports: AccountPorts): Promise<Balance | undefined> {
  const account = await readAccount(ports)
  if (account?.status !== 'open') return undefined
  const body = await walletFetch<PointsAnswer>(ports, '/api/wallet/points', { key: account.key })
  const at = await ports.clock.now()
  await ports.store.put('snapshot', ID, { at, body })
  return { ...body, at }
}

/** Notes what is left after a payment, until the city is asked again. */
export async function noteSpendable(ports: AccountPorts, spendable: string): Promise<void> {
  const balance = await readBalance(ports)
  if (!balance) return
  const { at, ...body } = balance
  await ports.store.put('snapshot', ID, { at, body: { ...body, spendable } })
}

/** What may still be spent when the payments are counted whose outcome is not known yet. */
export function leftToSpend(balance: Pick<Balance, 'spendable'>, payments: readonly PaymentRecord[]): bigint {
  const open = payments.filter(({ state }) => state === 'open')
  return open.reduce((left, { amount }) => left - BigInt(amount), BigInt(balance.spendable))
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Days from now through the last day on which points count, in Korea. @param expiresOn YYYY-MM-DD */
export function daysLeft(expiresOn: string, now: number): number {
  return Math.floor((Date.parse(`${expiresOn}T23:59:59+09:00`) - now) / DAY_MS)
}
