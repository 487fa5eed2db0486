import type { Context } from '../context.ts'
import { safeError } from '../http/failure.ts'
import type { Refunds } from '../payments/refunds.ts'
import { type LocalCurrency, TransferRefused } from './port.ts'

const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 10 * 60 * 1000

type Due = { redemptionId: string; payeeId: number; amount: bigint; number: string; attempts: number }

/**
 * Turns settled exchanges into local currency. Money moves only for points that the chain has taken; a transfer whose
 * answer was lost is asked for again under the same reference; one that is refused for good gives the points back.
 * @returns what sends all that is due now
 */
export function createTransfers(
  { db, clock, log }: Pick<Context, 'db' | 'clock' | 'log'>,
  { currency, refunds }: { currency: LocalCurrency; refunds: Pick<Refunds, 'refund'> },
): () => Promise<void> {
  /** When to ask again, for those that failed in this process. */
  const waiting = new Map<string, number>()

  const send = async ({ redemptionId, payeeId, amount, number, attempts }: Due) => {
    await db.sql`
      UPDATE "CurrencyTransfer" SET "attempts" = "attempts" + 1 WHERE "redemptionId" = ${redemptionId}::uuid`
    try {
      const { reference } = await currency.transfer({ reference: redemptionId, account: number, amount })
      await db.sql`
        UPDATE "CurrencyTransfer" SET "status" = 'sent', "reference" = ${reference}, "sentAt" = ${clock()}
        WHERE "redemptionId" = ${redemptionId}::uuid AND "status" = 'pending'`
      waiting.delete(redemptionId)
    } catch (error) {
      if (!(error instanceof TransferRefused)) {
        const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempts, 20), LONGEST_WAIT_MS)
        waiting.set(redemptionId, clock().getTime() + wait)
        log.warn({ error: safeError(error), redemptionId }, 'a transfer of local currency is asked for again')
        return
      }
      await refunds.refund(
        { ...SYSTEM, payeeId },
        {
          paymentId: redemptionId,
          amount,
          reason: '지역화폐 전환 거절',
          idempotencyKey: `exchange:${redemptionId}`,
        },
      )
      await db.sql`
        UPDATE "CurrencyTransfer" SET "status" = 'failed' WHERE "redemptionId" = ${redemptionId}::uuid`
    }
  }

  return async () => {
    await db.sql`
      UPDATE "CurrencyTransfer" t SET "status" = 'failed' FROM "Redemption" r
      WHERE t."status" = 'pending' AND r."id" = t."redemptionId" AND r."status" = 'failed'`
    const rows = await db.sql<Due>`
      SELECT t."redemptionId", r."payeeId", t."amount", a."number", t."attempts" FROM "CurrencyTransfer" t
      JOIN "Redemption" r ON r."id" = t."redemptionId" JOIN "WalletAccount" a ON a."id" = t."accountId"
      WHERE t."status" = 'pending' AND r."status" = 'settled' ORDER BY t."createdAt" LIMIT 200`
    const now = clock().getTime()
    for (const row of rows) if ((waiting.get(row.redemptionId) ?? 0) <= now) await send(row)
  }
}

const SYSTEM = { actor: 'system' }
