import { randomUUID } from 'node:crypto'
import type { Database } from '@pass/database'
import { type LocalCurrency, TransferRefused } from './port.ts'

export type Sandbox = Required<LocalCurrency> & {
  /**
   * What becomes of the next transfer: `before` fails and has moved nothing, `after` has moved the money and the answer
   * is lost, `refused` never will.
   */
  failNext(how: 'before' | 'after' | 'refused'): void
}

const PREFIX = 'local-currency-sandbox:'

/** A local currency of our own to try with: a ledger in the database, with the manners of a real operator. */
export function createSandbox(db: Database): Sandbox {
  let failure: 'before' | 'after' | 'refused' | undefined
  return {
    failNext: (how) => {
      failure = how
    },
    transfer: async ({ reference, account, amount }) => {
      const how = failure
      failure = undefined
      if (how === 'before') throw new Error('The local currency does not answer.')
      if (how === 'refused') throw new TransferRefused('The local currency knows no such account.')
      const key = `${PREFIX}${reference}`
      const entry = { account, amount: String(amount), reference: randomUUID() }
      // The key is the ledger's memory: of the same reference twice, the first one stays.
      await db.sql`INSERT INTO "Setting" ("key", "value") VALUES (${key}, ${JSON.stringify(entry)}::jsonb)
        ON CONFLICT ("key") DO NOTHING`
      const [row] = await db.sql<{ value: typeof entry }>`SELECT "value" FROM "Setting" WHERE "key" = ${key}`
      if (how === 'after') throw new Error('The answer of the local currency was lost.')
      if (!row) throw new Error('The ledger kept nothing.')
      return { reference: row.value.reference }
    },
    balanceOf: async (account) => {
      const [row] = await db.sql<{ sum: bigint }>`
        SELECT COALESCE(SUM(("value"->>'amount')::bigint), 0)::bigint AS "sum" FROM "Setting"
        WHERE "key" LIKE ${`${PREFIX}%`} AND "value"->>'account' = ${account}`
      return row?.sum ?? 0n
    },
  }
}
