import { createHash, randomUUID } from 'node:crypto'
import { type Payment, paymentMessage } from '@pass/chain/authorisations'
import type { SignedPayment } from '@pass/holder/payment-code'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { verifyEs256 } from '../jose/es256.ts'
import { spendableYears } from '../mileage/days.ts'
import { dateOf, startOf } from '../time/korea.ts'
import type { createPayerKeys } from './keys.ts'
import { refusalOf } from './refusals.ts'

/** The chain has this long to settle what was held: the signed deadline minus this is when the city stops taking it. */
const SETTLE_SECONDS = 7 * 24 * 60 * 60
/** How long a signature is good: shown as a code, or sent by the phone itself. Somebody may stand in a queue. */
const LONGEST_SECONDS = 180
/** How far a phone's clock may be ahead. */
const CLOCK_SECONDS = 120

/** How the signature came: from the citizen's phone, or as a code that the merchant scanned. */
export type Via = 'phone' | 'code'

export type Held = {
  id: string
  status: string
  payee: { id: number; name: { ko: string; en: string }; kind: string }
  amount: bigint
  heldAt: Date
  /** Of the payer, after it; told to nobody else. */
  spendable: bigint | null
  /** This very payment had been taken before, and was not taken again. */
  repeated: boolean
}

type Row = {
  outcome: string
  payment: string | null
  spendable: bigint | null
  heldAt: Date | null
  status: string | null
  payeeKind: string | null
  payeeKo: string | null
  payeeEn: string | null
}

/**
 * Takes a signed payment: after the check of the signature one statement locks the account, decides and holds.
 * @param how.provenJkt Key that the request itself was signed with: only the payer is told what is left. A merchant has
 * the signature too, once it scanned it.
 * @throws Problem for every reason not to
 */
export type Hold = (payment: SignedPayment, how: { via: Via; provenJkt?: string }) => Promise<Held>

export function createHold(
  { db, chain, city, clock }: Pick<Context, 'db' | 'chain' | 'city' | 'clock'>,
  { keys, ring }: { keys: ReturnType<typeof createPayerKeys>; ring: () => void },
): Hold {
  const domain = { chainId: chain.chainId, contract: chain.manifest.contracts.mileage }
  const { offline } = city.settlement

  const verified = async (payment: SignedPayment): Promise<{ digest: string; jkt: string }> => {
    const { address: holder, signature, ...rest } = payment
    const message = paymentMessage(domain, { holder, ...rest } satisfies Payment)
    const { key, jkt } = await keys.of(holder)
    if (!isLowS(signature) || !verifyEs256(key, message, signature))
      throw new Problem('bad_signature', 'The signature is not that of this wallet over this payment.')
    return { digest: `0x${createHash('sha256').update(message).digest('hex')}`, jkt }
  }

  return async (payment, { via, provenJkt }) => {
    const now = clock()
    const { requestId = null, address, payee, amount, nonce, deadline, signature } = payment
    const seconds = now.getTime() / 1000
    if (deadline > seconds + SETTLE_SECONDS + LONGEST_SECONDS + CLOCK_SECONDS)
      throw new Problem('device_clock_wrong', 'The clock of the phone is ahead, or the code is for later.', {
        serverTime: now.toISOString(),
      })
    const { digest, jkt } = await verified(payment)
    const late = seconds > deadline - SETTLE_SECONDS
    // A phone that lost the answer asks again, and may be late with that.
    if (late && !(await isKnown(digest)))
      throw new Problem('code_expired', 'This payment was signed too long ago. Nothing was taken: sign anew.')
    if (via === 'code' && amount > offline.most)
      throw new Problem('offline_limit', 'This is more than a phone without a network may pay at once.', {
        most: String(offline.most),
      })

    const { oldest, newest, expiring } = spendableYears(now)
    const [row] = await db.sql<Row>`
      SELECT * FROM "hold_payment"(
        ${randomUUID()}::uuid, ${address}, ${payee}, ${amount}, ${nonce}, ${deadline}, ${signature}, ${digest},
        ${requestId}::uuid, ${via}, ${now}, ${oldest}, ${newest}, ${expiring}, ${startOf(dateOf(now))}, ${offline.perDay})`
    if (!row) throw new Error('The database answered nothing to a payment.')
    const { outcome, payment: id, status, heldAt, payeeKo, payeeEn, payeeKind } = row
    const spendable = provenJkt === jkt ? (row.spendable ?? 0n) : null
    if (outcome !== 'held' && outcome !== 'repeated')
      throw refusalOf(outcome, {
        ...(outcome === 'points_too_few' && spendable !== null ? { spendable: String(spendable) } : {}),
        ...(outcome === 'code_used' && id !== null ? { payment: { id, heldAt: heldAt?.toISOString() } } : {}),
      })
    if (outcome === 'held') ring()
    if (id === null || heldAt === null || status === null)
      throw new Error('A payment was held without a row.')
    if (status === 'failed')
      throw new Problem(
        'payment_failed',
        'This payment failed afterwards: the points are back. Sign a new one.',
      )
    return {
      id,
      status,
      payee: { id: payee, name: { ko: payeeKo ?? '', en: payeeEn ?? '' }, kind: payeeKind ?? '' },
      amount,
      heldAt,
      spendable,
      repeated: outcome === 'repeated',
    }
  }

  async function isKnown(digest: string): Promise<boolean> {
    return (await db.sql`SELECT 1 FROM "Redemption" WHERE "digest" = ${digest}`).length > 0
  }
}

/** Half of the order of P-256: the contract takes no other form, so that one payment has one signature. */
const HALF_ORDER = Buffer.from('7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8', 'hex')

const isLowS = (signature: Uint8Array): boolean =>
  signature.length === 64 && Buffer.compare(signature.subarray(32), HALF_ORDER) <= 0
