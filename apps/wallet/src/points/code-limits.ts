import type { PaymentRecord } from '@pass/holder'
import { type Balance, leftToSpend } from './balance.ts'
import type { Order } from './payments.ts'

/** Why an order may not be paid with a code, or that it may. */
export type CodeVerdict = 'yes' | 'not_ready' | 'too_much' | 'day_full' | 'too_few'

const DAY_MS = 24 * 60 * 60 * 1000
const SEOUL_MS = 9 * 60 * 60 * 1000
/** Days since 1970 in Korea. */
const dayOf = (at: number) => Math.floor((at + SEOUL_MS) / DAY_MS)

/**
 * Whether a payment code would be taken, by the limits as this device last heard them: better said here than at the
 * counter. The city decides all the same.
 *
 * @param payments what this device signed
 * @param now milliseconds
 */
export function mayPayByCode(
  order: Order,
  balance: Balance | undefined,
  payments: readonly PaymentRecord[],
  now: number,
): CodeVerdict {
  if (!balance || order.requestId === undefined) return 'not_ready'
  const amount = BigInt(order.amount)
  if (amount > BigInt(balance.offline.most)) return 'too_much'
  const others = payments.filter(({ id }) => id !== order.id)
  const today = others.filter(
    ({ asCode, state, signedAt }) => asCode && state !== 'refused' && dayOf(signedAt) === dayOf(now),
  )
  if (today.length >= balance.offline.perDay) return 'day_full'
  return leftToSpend(balance, others) < amount ? 'too_few' : 'yes'
}
