import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'
import { doneIn, undoneIn } from './command-events.ts'
import type { Handlers, Unknown } from './handlers.ts'
import { numberOf, pointsOf, textOf } from './ledger.ts'

/** What follows from events about programmes and payees: which of them are good, and a programme's terms. */
export function registerEvents(unknown: Unknown): Handlers {
  return {
    ProgrammeCreated: {
      apply: async (sql, event) => {
        const id = numberOf(event, 'programme')
        // What was stopped here meanwhile stays so.
        const [known] = await sql`
          UPDATE "Programme" SET "status" = CASE WHEN EXISTS (
              SELECT 1 FROM "ChainCommand" WHERE "status" = 'pending' AND "call" = 'stopProgramme'
                AND ("args"->>'id')::int = ${id}::int) THEN 'stopped' ELSE 'active' END,
            "periodDays" = ${numberOf(event, 'periodDays')}, "startDay" = ${numberOf(event, 'startDay')}
          WHERE "id" = ${id}::int RETURNING "id"`
        if (!known) return unknown('programme', { id })
        await setTerms(sql, event)
        await doneIn(sql, 'createProgramme', { id })
      },
      undo: async (sql, event) => {
        const id = numberOf(event, 'programme')
        await sql`UPDATE "Programme" SET "status" = 'pending' WHERE "id" = ${id}::int`
        await undoneIn(sql, 'createProgramme', { id })
      },
    },
    ProgrammeChanged: {
      apply: async (sql, event) => {
        await setTerms(sql, event)
        await doneIn(sql, 'changeProgramme', changeOf(event))
      },
      undo: async (sql, event) => {
        const [before] = await sql<ChainEvent>`
          SELECT * FROM "ChainEvent"
          WHERE "name" IN ('ProgrammeCreated', 'ProgrammeChanged') AND "contract" = ${event.contract}
            AND "args"->>'programme' = ${textOf(event, 'programme')}
            AND ("block", "index") < (${event.block}::int, ${event.index}::int)
          ORDER BY "block" DESC, "index" DESC LIMIT 1`
        if (before) await setTerms(sql, before)
        await undoneIn(sql, 'changeProgramme', changeOf(event))
      },
    },
    ProgrammeStopped: {
      apply: async (sql, event) => {
        const id = numberOf(event, 'programme')
        await sql`UPDATE "Programme" SET "status" = 'stopped' WHERE "id" = ${id}::int`
        await doneIn(sql, 'stopProgramme', { id })
      },
      // It stays stopped here: nothing is given while the stop is sent again.
      undo: (sql, event) => undoneIn(sql, 'stopProgramme', { id: numberOf(event, 'programme') }),
    },
    ProgrammeResumed: {
      apply: async (sql, event) => {
        const id = numberOf(event, 'programme')
        await sql`UPDATE "Programme" SET "status" = 'active' WHERE "id" = ${id}::int`
        await doneIn(sql, 'resumeProgramme', { id })
      },
      undo: async (sql, event) => {
        const id = numberOf(event, 'programme')
        await sql`UPDATE "Programme" SET "status" = 'stopped' WHERE "id" = ${id}::int`
        await undoneIn(sql, 'resumeProgramme', { id })
      },
    },
    PayeeRegistered: {
      apply: async (sql, event) => {
        const id = numberOf(event, 'payee')
        const [known] = await openPayee(sql, id)
        if (!known) return unknown('payee', { id })
        await doneIn(sql, 'registerPayee', { id })
      },
      undo: async (sql, event) => {
        const id = numberOf(event, 'payee')
        await sql`UPDATE "Payee" SET "status" = 'approved' WHERE "id" = ${id}::int`
        await undoneIn(sql, 'registerPayee', { id })
      },
    },
    PayeeFrozen: {
      apply: async (sql, event) => {
        const [id, frozen] = [numberOf(event, 'payee'), event.args['frozen'] === true]
        if (frozen) await sql`UPDATE "Payee" SET "status" = 'frozen' WHERE "id" = ${id}::int`
        else await openPayee(sql, id)
        await doneIn(sql, 'setPayeeFrozen', { id, frozen })
      },
      // Frozen either way until it is sent again.
      undo: async (sql, event) => {
        const [id, frozen] = [numberOf(event, 'payee'), event.args['frozen'] === true]
        await sql`UPDATE "Payee" SET "status" = 'frozen' WHERE "id" = ${id}::int`
        await undoneIn(sql, 'setPayeeFrozen', { id, frozen })
      },
    },
    Paused: {
      apply: (sql) => doneIn(sql, 'pause', {}),
      undo: (sql) => undoneIn(sql, 'pause', {}),
    },
    Unpaused: {
      apply: (sql) => doneIn(sql, 'unpause', {}),
      undo: (sql) => undoneIn(sql, 'unpause', {}),
    },
  }
}

/** Good again, unless it was frozen here meanwhile, and the chain is to follow. */
function openPayee(sql: Sql, id: number): Promise<unknown[]> {
  return sql`
    UPDATE "Payee" SET "status" = CASE WHEN EXISTS (
      SELECT 1 FROM "ChainCommand" WHERE "status" = 'pending' AND "call" = 'setPayeeFrozen'
        AND "args" @> ${JSON.stringify({ id, frozen: true })}::jsonb) THEN 'frozen' ELSE 'active' END
    WHERE "id" = ${id}::int RETURNING "id"`
}

async function setTerms(sql: Sql, event: ChainEvent): Promise<void> {
  await sql`
    UPDATE "Programme" SET "budget" = ${pointsOf(event, 'budgetPerPeriod')}, "dayLimit" = ${numberOf(event, 'dayLimit')},
      "endDay" = ${numberOf(event, 'endDay')}
    WHERE "id" = ${numberOf(event, 'programme')}::int`
}

const changeOf = (event: ChainEvent) => ({
  id: numberOf(event, 'programme'),
  budgetPerPeriod: textOf(event, 'budgetPerPeriod'),
  dayLimit: numberOf(event, 'dayLimit'),
  endDay: numberOf(event, 'endDay'),
})
