import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'
import { doneIn, undoneIn } from './command-events.ts'
import type { Handlers, Unknown } from './handlers.ts'
import { addPoints, addTotal, type Direction, numberOf, pointsOf, textOf, timeOf } from './ledger.ts'

/** What follows from corrections: the one way in which points go without the holder's signature. */
export function correctionEvents(unknown: Unknown): Handlers {
  const about = (event: ChainEvent) => ({ id: textOf(event, 'id') })
  return {
    CorrectionProposed: {
      apply: (sql, event) => doneIn(sql, 'proposeCorrection', about(event)),
      undo: (sql, event) => undoneIn(sql, 'proposeCorrection', about(event)),
    },
    CorrectionRejected: {
      apply: async (sql, event) => {
        await sql`UPDATE "Correction" SET "status" = 'rejected' WHERE "id" = ${textOf(event, 'id')}::bigint`
        await doneIn(sql, 'rejectCorrection', about(event))
      },
      undo: (sql, event) => undoneIn(sql, 'rejectCorrection', about(event)),
    },
    Corrected: {
      apply: async (sql, event) => {
        await move(sql, event, 1n)
        const [known] = await sql`
          UPDATE "Correction" SET "status" = 'settled', "debited" = ${pointsOf(event, 'amount')},
            "settledAt" = ${timeOf(event)}
          WHERE "id" = ${textOf(event, 'id')}::bigint RETURNING "id"`
        if (!known) unknown('correction', about(event))
        await doneIn(sql, 'approveCorrection', about(event))
      },
      undo: async (sql, event) => {
        await move(sql, event, -1n)
        await sql`
          UPDATE "Correction" SET "status" = 'approved', "debited" = NULL, "settledAt" = NULL
          WHERE "id" = ${textOf(event, 'id')}::bigint`
        await undoneIn(sql, 'approveCorrection', about(event))
      },
    },
  }
}

async function move(sql: Sql, event: ChainEvent, direction: Direction): Promise<void> {
  const [amount, previous] = [pointsOf(event, 'amount'), pointsOf(event, 'fromPrevious')]
  await addPoints(sql, {
    address: textOf(event, 'holder'),
    epoch: numberOf(event, 'epoch'),
    current: -direction * (amount - previous),
    previous: -direction * previous,
  })
  await addTotal(sql, 'corrected', direction * amount)
}
