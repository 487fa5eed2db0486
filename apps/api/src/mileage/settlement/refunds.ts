import type { Hex, Refund } from '@pass/chain'
import type { Sql } from '@pass/database'
import { koreanYear } from '../days.ts'
import type { Handlers, Unknown } from './handlers.ts'
import { addPoints, addTotal, numberOf, pointsOf, textOf, timeOf } from './ledger.ts'

export type SendableRefund = { redemptionId: string; request: Refund }

type Row = {
  id: string
  redemptionId: string
  amountBack: bigint
  holder: Hex
  payee: number
  amount: bigint
  nonce: number
  deadline: bigint
  epoch: number
  fromPrevious: bigint
  root: Hex
  proof: Hex[]
  refundedBefore: bigint
}

/** Those of the refunds whose payment is on the chain, with the proof of it. */
export async function refundsOf(
  sql: Sql,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SendableRefund>> {
  if (ids.length === 0) return new Map()
  const rows = await sql<Row>`
    SELECT "refund"."id", "refund"."redemptionId", "refund"."amount" AS "amountBack", "paid"."address" AS "holder",
      "paid"."payeeId" AS "payee", "paid"."amount", "paid"."nonce", "paid"."deadline", "paid"."epoch",
      "paid"."fromPrevious", "leaf"."root", "leaf"."path" AS "proof", (
        SELECT COALESCE(SUM("earlier"."amount"), 0)::bigint FROM "Refund" "earlier"
        WHERE "earlier"."redemptionId" = "paid"."id" AND "earlier"."status" = 'settled') AS "refundedBefore"
    FROM "Refund" "refund"
    JOIN "Redemption" "paid" ON "paid"."id" = "refund"."redemptionId" AND "paid"."status" = 'settled'
    JOIN "AnchorLeaf" "leaf" ON "leaf"."hash" = "paid"."hash"
    WHERE "refund"."id" = ANY(${[...ids]}::uuid[])`
  return new Map(
    rows.map(({ id, redemptionId, deadline, ...rest }) => [
      id,
      { redemptionId, request: { ...rest, deadline: Number(deadline) } },
    ]),
  )
}

/** The chain will not give it back any more: the payment can be refunded by other means, and by as much. */
export async function refuseRefund(sql: Sql, id: string): Promise<void> {
  const [refund] = await sql<{ redemptionId: string; amount: bigint }>`
    UPDATE "Refund" SET "status" = 'refused' WHERE "id" = ${id}::uuid AND "status" = 'pending'
    RETURNING "redemptionId", "amount"`
  if (refund)
    await sql`
      UPDATE "Redemption" SET "refunded" = "refunded" - ${refund.amount} WHERE "id" = ${refund.redemptionId}::uuid`
}

export function refundEvents(unknown: Unknown): Handlers {
  return {
    Refunded: {
      apply: async (sql, event) => {
        const [epoch, toCurrent, toPrevious] = [
          numberOf(event, 'epoch'),
          pointsOf(event, 'toCurrent'),
          pointsOf(event, 'toPrevious'),
        ]
        const address = textOf(event, 'holder')
        await addPoints(sql, { address, epoch, current: toCurrent, previous: toPrevious })
        await addTotal(sql, 'refunded', toCurrent + toPrevious)
        // What went back to a year that is over is gone with it.
        const year = koreanYear(timeOf(event))
        const credited = year > epoch + 1 ? 0n : year > epoch ? toCurrent : toCurrent + toPrevious
        const [refund] = await sql<{ id: string }>`
          UPDATE "Refund" SET "status" = 'settled', "credited" = ${credited}, "settledAt" = ${timeOf(event)}
          WHERE "id" = (
            SELECT "refund"."id" FROM "Refund" "refund" JOIN "Redemption" "paid" ON "paid"."id" = "redemptionId"
            WHERE "paid"."digest" = ${textOf(event, 'digest')} AND "refund"."status" = 'pending'
              AND "refund"."amount" = ${toCurrent + toPrevious}
            ORDER BY "refund"."createdAt", "refund"."id" LIMIT 1)
          RETURNING "id"`
        if (!refund) return unknown('refund', { digest: textOf(event, 'digest') })
        await sql`
          UPDATE "ChainCommand" SET "status" = 'done'
          WHERE "call" = 'refund' AND "args"->>'refundId' = ${refund.id} AND "status" = 'pending'`
      },
      undo: async (sql, event) => {
        const [current, previous] = [-pointsOf(event, 'toCurrent'), -pointsOf(event, 'toPrevious')]
        const address = textOf(event, 'holder')
        await addPoints(sql, { address, epoch: numberOf(event, 'epoch'), current, previous })
        await addTotal(sql, 'refunded', current + previous)
        const [refund] = await sql<{ id: string }>`
          UPDATE "Refund" SET "status" = 'pending', "credited" = NULL, "settledAt" = NULL
          WHERE "id" = (
            SELECT "refund"."id" FROM "Refund" "refund" JOIN "Redemption" "paid" ON "paid"."id" = "redemptionId"
            WHERE "paid"."digest" = ${textOf(event, 'digest')} AND "refund"."status" = 'settled'
              AND "refund"."amount" = ${-(current + previous)}
            ORDER BY "refund"."createdAt" DESC, "refund"."id" DESC LIMIT 1)
          RETURNING "id"`
        if (refund)
          await sql`
            UPDATE "ChainCommand" SET "status" = 'pending'
            WHERE "call" = 'refund' AND "args"->>'refundId' = ${refund.id} AND "status" = 'done'`
      },
    },
  }
}
