import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { commandIn } from './commands.ts'

/** Row of `Setting` that is there while points stand still; `hold_payment` and the awards look for it. */
const PAUSED = 'points.paused'

export type Pause = {
  isPaused(): Promise<boolean>
  /** From this moment no points are given and none are paid; the chain is told. @throws Problem `conflict` */
  pause(principal: Principal, reason: string): Promise<void>
  /** Points move again. What was held before is settled once the chain has said so. @throws Problem `conflict` */
  resume(principal: Principal, reason: string): Promise<void>
}

/** The emergency brake over all points, here and on the chain. */
export function createPause(
  { db }: Pick<Context, 'db'>,
  { audit, ring }: { audit: Audit; ring: () => void },
): Pause {
  const order = async (
    { actor }: Principal,
    reason: string,
    call: 'pause' | 'unpause',
    set: (sql: Sql) => Promise<unknown[]>,
  ) => {
    await db.transaction(async (sql) => {
      if ((await set(sql)).length === 0) throw new Problem('conflict', 'Points are in that state already.')
      await commandIn(sql, { key: `points:${call}:${randomUUID()}`, call, args: {} })
      await audit.recordIn(sql, { actor, action: `points.${call}`, target: 'points', detail: { reason } })
    })
    ring()
  }
  return {
    isPaused: async () => (await db.sql`SELECT 1 FROM "Setting" WHERE "key" = ${PAUSED}`).length > 0,
    pause: (principal, reason) =>
      order(
        principal,
        reason,
        'pause',
        (sql) => sql`
          INSERT INTO "Setting" ("key", "value") VALUES (${PAUSED}, 'true') ON CONFLICT ("key") DO NOTHING RETURNING "key"`,
      ),
    resume: (principal, reason) =>
      order(
        principal,
        reason,
        'unpause',
        (sql) => sql`DELETE FROM "Setting" WHERE "key" = ${PAUSED} RETURNING "key"`,
      ),
  }
}
