import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'
import type { Handlers, Unknown } from './handlers.ts'
import { addTotal, type Direction, numberOf, pointsOf, textOf, timeOf } from './ledger.ts'

/** What follows from a batch of awards. */
export function awardEvents(unknown: Unknown): Handlers {
  return {
    AwardsSettled: {
      apply: async (sql, event) => {
        await move(sql, event, 1n)
        const root = textOf(event, 'root')
        const [batch] = await sql`
          UPDATE "AwardBatch" SET "status" = 'confirmed' WHERE "root" = ${root} RETURNING "root"`
        await sql`
          UPDATE "Award" SET "status" = 'confirmed', "confirmedAt" = ${timeOf(event)} WHERE "root" = ${root}`
        if (!batch) unknown('awards', { root })
      },
      undo: async (sql, event) => {
        await move(sql, event, -1n)
        const root = textOf(event, 'root')
        await sql`UPDATE "AwardBatch" SET "status" = 'pending' WHERE "root" = ${root}`
        await sql`UPDATE "Award" SET "status" = 'batched', "confirmedAt" = NULL WHERE "root" = ${root}`
      },
    },
  }
}

async function move(sql: Sql, event: ChainEvent, direction: Direction): Promise<void> {
  const entries = (event.args['entries'] as string[]).map((entry) => {
    const number = BigInt(entry)
    const points = direction * (number & ((1n << 96n) - 1n))
    return { address: `0x${(number >> 96n).toString(16).padStart(40, '0')}`, points: String(points) }
  })
  const epoch = numberOf(event, 'epoch')
  // A holder may stand in a batch twice, and a statement may touch a row once.
  await sql`
    INSERT INTO "HolderEpoch" ("address", "epoch", "points")
    SELECT entry."address", ${epoch}::int, SUM(entry."points")
    FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) AS entry("address" text, "points" bigint)
    GROUP BY entry."address"
    ON CONFLICT ("address", "epoch") DO UPDATE SET "points" = "HolderEpoch"."points" + EXCLUDED."points"`
  const total = direction * pointsOf(event, 'total')
  await sql`
    INSERT INTO "ProgrammeSpending" ("programmeId", "day", "points")
    VALUES (${numberOf(event, 'programme')}, ${numberOf(event, 'day')}, ${total})
    ON CONFLICT ("programmeId", "day") DO UPDATE SET "points" = "ProgrammeSpending"."points" + EXCLUDED."points"`
  await addTotal(sql, 'awarded', total)
}
