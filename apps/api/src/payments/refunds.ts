import { randomUUID } from 'node:crypto'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { commandIn } from '../mileage/commands.ts'
import { refuseRefund } from '../mileage/settlement/refunds.ts'

export type RefundView = {
  id: string
  paymentId: string
  amount: bigint
  reason: string
  /** "pending" until the chain has it | "settled" | "refused" */
  status: string
  createdAt: Date
  settledAt: Date | null
}

export type RefundRequest = { paymentId: string; amount: bigint; reason: string; idempotencyKey: string }

export type Refunds = {
  /**
   * Gives back all or some of a payment. The points return once the chain has it: after the payment itself.
   * The same key with the same content is the same refund, `repeated`.
   * @throws Problem `not_found`, `payment_failed`, `refund_too_much` {left}, `refund_window_closed`,
   * `idempotency_conflict`
   */
  refund(
    principal: Pick<Principal, 'payeeId' | 'actor'>,
    request: RefundRequest,
  ): Promise<RefundView & { repeated: boolean }>
  /** Gives the chain what it can take now: one refund of a payment at a time, after the payment is settled. */
  forward(): Promise<void>
}

/** A refund needs some minutes to the chain, which counts its window by its own clock. */
const MARGIN_MS = 60 * 60 * 1000

type Row = {
  id: string
  redemptionId: string
  amount: bigint
  reason: string
  status: string
  createdAt: Date
  settledAt: Date | null
}

export function createRefunds(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { audit }: { audit: Audit },
): Refunds {
  const windowMs = city.settlement.refundWindowDays * 24 * 60 * 60 * 1000 - MARGIN_MS
  const view = ({ redemptionId, ...row }: Row): RefundView => ({
    id: row.id,
    paymentId: redemptionId,
    amount: row.amount,
    reason: row.reason,
    status: row.status,
    createdAt: row.createdAt,
    settledAt: row.settledAt,
  })

  return {
    refund: ({ payeeId, actor }, { paymentId, amount, reason, idempotencyKey }) =>
      db.transaction(async (sql) => {
        const now = clock()
        // The lock makes two refunds of one payment wait for each other, so that they cannot both have the same rest.
        const [payment] = await sql<{
          amount: bigint
          refunded: bigint
          status: string
          settledAt: Date | null
        }>`
          SELECT "amount", "refunded", "status", "settledAt" FROM "Redemption"
          WHERE "id" = ${paymentId}::uuid AND "payeeId" = ${payeeId} FOR UPDATE`
        if (!payment) throw new Problem('not_found', 'There is no such payment to you.')
        const [known] = await sql<Row>`
          SELECT "id", "redemptionId", "amount", "reason", "status", "createdAt", "settledAt" FROM "Refund"
          WHERE "payeeId" = ${payeeId} AND "idempotencyKey" = ${idempotencyKey}`
        if (known) {
          if (known.redemptionId !== paymentId || known.amount !== amount || known.reason !== reason)
            throw new Problem('idempotency_conflict', 'This key was used for another refund.')
          return { ...view(known), repeated: true }
        }
        if (payment.status === 'failed')
          throw new Problem('payment_failed', 'This payment failed: the citizen has the points already.')
        const left = payment.amount - payment.refunded
        if (amount > left)
          throw new Problem('refund_too_much', 'This is more than is left of the payment.', {
            left: String(left),
          })
        if (payment.settledAt && now.getTime() > payment.settledAt.getTime() + windowMs)
          throw new Problem('refund_window_closed', 'Refunds of this payment ended.')

        const row: Row = {
          id: randomUUID(),
          redemptionId: paymentId,
          amount,
          reason,
          status: 'pending',
          createdAt: now,
          settledAt: null,
        }
        await sql`
          INSERT INTO "Refund" ("id", "redemptionId", "payeeId", "amount", "reason", "createdBy", "idempotencyKey",
            "status", "createdAt")
          VALUES (${row.id}::uuid, ${paymentId}::uuid, ${payeeId}, ${amount}, ${reason}, ${actor}, ${idempotencyKey},
            'pending', ${now})`
        await sql`UPDATE "Redemption" SET "refunded" = "refunded" + ${amount} WHERE "id" = ${paymentId}::uuid`
        await audit.recordIn(sql, {
          actor,
          action: 'payment.refund',
          target: paymentId,
          detail: { refund: row.id, amount: String(amount) },
        })
        return { ...view(row), repeated: false }
      }),

    forward: async () => {
      // What was never taken from the citizen cannot go back.
      const moot = await db.sql<{ id: string }>`
        SELECT r."id" FROM "Refund" r JOIN "Redemption" d ON d."id" = r."redemptionId"
        WHERE r."status" = 'pending' AND d."status" = 'failed' LIMIT 500`
      for (const { id } of moot) await db.transaction((sql) => refuseRefund(sql, id))
      // The contract counts a payment's refunds in their order.
      const due = await db.sql<{ id: string }>`
        SELECT r."id" FROM "Refund" r JOIN "Redemption" d ON d."id" = r."redemptionId"
        WHERE r."status" = 'pending' AND d."status" = 'settled'
          AND NOT EXISTS (SELECT 1 FROM "ChainCommand" c WHERE c."key" = 'refund:' || r."id")
          AND NOT EXISTS (
            SELECT 1 FROM "Refund" e WHERE e."redemptionId" = r."redemptionId" AND e."status" = 'pending'
              AND (e."createdAt", e."id") < (r."createdAt", r."id"))
        ORDER BY r."createdAt" LIMIT 500`
      for (const { id } of due)
        await commandIn(db.sql, { key: `refund:${id}`, call: 'refund', args: { refundId: id } })
    },
  }
}
