import type { CityChain } from '@pass/chain'
import { cityEvents } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { EventHandler, Lane, Projection } from '../index.ts'

type Act = 'register' | 'freeze'
const EVENTS = { PayeeRegistered: 'register', PayeeFrozen: 'freeze' } as const

/** A second capability, the smallest there can be: payees, with a row of "Setting" for each act and its state. */
export type Payees = {
  lane: Lane
  projection: Projection
  /** A payee is frozen only after it was registered, which the contract insists on. */
  want(id: number, act: Act): Promise<unknown>
  /** "pending", "done:<times>" or "refused:<reason>", by `<id>:<act>`. */
  states(): Promise<Record<string, string>>
}

export function payees(db: Database, chain: CityChain, gas?: bigint): Payees {
  const keyOf = (id: unknown, act: Act) => `payee:${id}:${act}`
  const write = (sql: Sql, key: string, state: string) =>
    sql`UPDATE "Setting" SET "value" = ${JSON.stringify(state)}::jsonb WHERE "key" = ${key}`
  const read = async (sql: Sql) => {
    const rows = await sql<{ key: string; value: string }>`
      SELECT "key", "value" FROM "Setting" WHERE "key" LIKE 'payee:%' ORDER BY "key" DESC`
    return rows.map(({ key, value }) => ({ key, state: value }))
  }
  const handlerOf = (act: Act): EventHandler => ({
    apply: async (sql, { args }) => {
      const before = (await read(sql)).find(({ key }) => key === keyOf(args['payee'], act))?.state
      const times = before?.startsWith('done:') ? Number(before.slice(5)) : 0
      await write(sql, keyOf(args['payee'], act), `done:${times + 1}`)
    },
    undo: async (sql, { args }) => void (await write(sql, keyOf(args['payee'], act), 'pending')),
  })
  return {
    lane: {
      name: 'payees',
      pending: async () =>
        (await read(db.sql))
          .filter(({ state }) => state === 'pending')
          .map(({ key }) => {
            const [, id, act] = key.split(':')
            const request =
              act === 'register'
                ? chain.mileage.registerPayee(Number(id), 'merchant')
                : chain.mileage.setPayeeFrozen(Number(id), true)
            return { key, signer: 'treasurer', request, ...(gas === undefined ? {} : { gas }) }
          }),
      refused: async (sql, key, reason) => {
        const states = await read(sql)
        // Its event may have come since the call was tried.
        if (states.some((row) => row.key === key && row.state === 'pending'))
          await write(sql, key, `refused:${reason}`)
      },
    },
    projection: {
      name: 'payees',
      contract: chain.manifest.contracts.mileage,
      abi: cityEvents.mileage,
      on: Object.fromEntries(Object.entries(EVENTS).map(([event, act]) => [event, handlerOf(act)])),
    },
    want: (id, act) =>
      db.sql`INSERT INTO "Setting" ("key", "value") VALUES (${keyOf(id, act)}, '"pending"'::jsonb)`,
    states: async () =>
      Object.fromEntries((await read(db.sql)).map(({ key, state }) => [key.slice('payee:'.length), state])),
  }
}
