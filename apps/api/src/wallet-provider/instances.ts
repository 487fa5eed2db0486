import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { accountNumberIn } from '../wallets/number.ts'
import type { InstanceState, InstancesPage, InstancesQuery } from './schema.ts'

/** The installations of our own wallet: each is known by a key that never leaves it. */
export type Instances = {
  /** The instance of this key, which its first request registers. @throws Problem `wallet_instance_revoked` {reason} */
  seen(jkt: string): Promise<{ id: string }>
  /** @throws Problem `wallet_unknown` when the key belongs to no account, `wallet_instance_revoked` */
  bind(jkt: string, accountJkt: string): Promise<void>
  /** Newest first. @throws Problem `account_number_wrong`, `bad_request` for a cursor that is not ours */
  list(query: InstancesQuery): Promise<InstancesPage>
  /** For good: neither it nor what was attested for it counts from now on. @throws Problem `not_found`, `already_revoked` */
  revoke(principal: Principal, id: string, reason: string): Promise<void>
  sweep(): Promise<void>
}

/** An instance that was not seen for so long is forgotten, with its keys. */
const FORGOTTEN_AFTER_MS = 365 * 86_400_000

export function createInstances(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { audit }: { audit: Audit },
): Instances {
  return {
    seen: async (jkt) => {
      const now = clock()
      const [row] = await db.sql<{ id: string; revoked: boolean; closed: boolean }>`
        WITH i AS (
          INSERT INTO "WalletInstance" ("id", "thumbprint", "createdAt", "lastSeenAt")
          VALUES (${randomUUID()}::uuid, ${jkt}, ${now}::timestamptz, ${now}::timestamptz)
          ON CONFLICT ("thumbprint") DO UPDATE SET "lastSeenAt" = EXCLUDED."lastSeenAt"
          RETURNING "id", "accountId", "revokedAt")
        SELECT i."id", i."revokedAt" IS NOT NULL AS "revoked", a."status" = 'closed' AS "closed"
        FROM i LEFT JOIN "WalletAccount" a ON a."id" = i."accountId"`
      if (!row || row.revoked) throw refused('revoked')
      if (row.closed) throw refused('account_closed')
      return { id: row.id }
    },

    bind: async (jkt, accountJkt) => {
      const [account] = await db.sql<{ id: string }>`
        SELECT "id" FROM "WalletAccount" WHERE "jkt" = ${accountJkt} AND "status" <> 'closed'`
      if (!account)
        throw new Problem('wallet_unknown', 'This wallet has not been connected with its citizen yet.')
      const now = clock()
      const rows = await db.sql`
        INSERT INTO "WalletInstance" ("id", "thumbprint", "accountId", "createdAt", "lastSeenAt")
        VALUES (${randomUUID()}::uuid, ${jkt}, ${account.id}::uuid, ${now}::timestamptz, ${now}::timestamptz)
        ON CONFLICT ("thumbprint") DO UPDATE
          SET "accountId" = EXCLUDED."accountId", "lastSeenAt" = EXCLUDED."lastSeenAt"
          WHERE "WalletInstance"."revokedAt" IS NULL
        RETURNING "id"`
      if (rows.length === 0) throw refused('revoked')
    },

    list: async ({ account, state, cursor, limit }) => {
      const number = account ? accountNumberIn(account) : null
      if (number === undefined)
        throw new Problem('account_number_wrong', 'This is no number of an account: look at it again.')
      const after = cursor === undefined ? null : cursorIn(cursor)
      type Row = {
        id: string
        account: string | null
        state: InstanceState
        reason: string | null
        createdAt: Date
        lastSeenAt: Date
        revokedAt: Date | null
      }
      const rows = await db.sql<Row>`
        SELECT * FROM (
          SELECT i."id", a."number" AS "account", i."reason", i."createdAt", i."lastSeenAt", i."revokedAt",
            CASE WHEN i."revokedAt" IS NOT NULL THEN 'revoked'
              WHEN a."status" = 'closed' THEN 'account_closed' ELSE 'active' END AS "state"
          FROM "WalletInstance" i LEFT JOIN "WalletAccount" a ON a."id" = i."accountId"
          WHERE (${number}::text IS NULL OR a."number" = ${number}::text)
        ) x
        WHERE (${state ?? null}::text IS NULL OR "state" = ${state ?? null}::text)
          AND (${after?.at ?? null}::timestamptz IS NULL
            OR ("createdAt", "id") < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
        ORDER BY "createdAt" DESC, "id" DESC LIMIT ${limit + 1}::int`
      const items = rows.slice(0, limit).map((row) => ({
        ...row,
        createdAt: row.createdAt.toISOString(),
        lastSeenAt: row.lastSeenAt.toISOString(),
        revokedAt: row.revokedAt?.toISOString() ?? null,
      }))
      const last = items.at(-1)
      return {
        items,
        nextCursor: rows.length > limit && last ? `${Date.parse(last.createdAt)}.${last.id}` : null,
      }
    },

    revoke: ({ actor }, id, reason) =>
      db.transaction(async (sql) => {
        const rows = await sql`
          UPDATE "WalletInstance" SET "revokedAt" = ${clock()}, "revokedBy" = ${actor}, "reason" = ${reason}
          WHERE "id" = ${id}::uuid AND "revokedAt" IS NULL RETURNING "id"`
        if (rows.length === 0) {
          const known = await sql`SELECT 1 FROM "WalletInstance" WHERE "id" = ${id}::uuid`
          throw known.length > 0
            ? new Problem('already_revoked', 'This wallet was revoked before; that is final.')
            : new Problem('not_found', 'There is no such wallet.')
        }
        await audit.recordIn(sql, { actor, action: 'wallet-instance.revoke', target: id, detail: { reason } })
      }),

    sweep: async () => {
      const before = new Date(clock().getTime() - FORGOTTEN_AFTER_MS)
      // One that was revoked stays, with its keys: forgotten, they could be attested again.
      await db.sql`
        WITH gone AS (
          DELETE FROM "WalletInstance" WHERE "lastSeenAt" < ${before}::timestamptz AND "revokedAt" IS NULL
          RETURNING "id")
        DELETE FROM "WalletAttestation" t USING "WalletInstance" i
        WHERE i."id" = t."instanceId" AND (i."id" IN (SELECT "id" FROM gone)
          OR (t."expiresAt" < ${before}::timestamptz AND i."revokedAt" IS NULL))`
    },
  }
}

/**
 * Whether a key was attested for one of our instances that still counts. A citizen's old phone does not, once
 * everything has gone to another one.
 */
export async function instanceStands(sql: Sql, thumbprint: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM "WalletAttestation" t JOIN "WalletInstance" i ON i."id" = t."instanceId"
      LEFT JOIN "WalletAccount" a ON a."id" = i."accountId"
    WHERE t."thumbprint" = ${thumbprint} AND i."revokedAt" IS NULL AND a."status" IS DISTINCT FROM 'closed'`
  return rows.length > 0
}

const refused = (reason: 'revoked' | 'account_closed'): Problem =>
  new Problem('wallet_instance_revoked', 'This wallet cannot be vouched for any more.', { reason })

function cursorIn(cursor: string): { at: Date; id: string } {
  const [, at, id] = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(cursor) ?? []
  if (!at || !id) throw new Problem('bad_request', 'The cursor is not one that was given out.')
  return { at: new Date(Number(at)), id }
}
