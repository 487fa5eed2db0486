import type { Database, Sql } from '@pass/database'

export type AuditEntry = {
  /** Decimal string: it counts beyond what a JSON number holds. */
  id: string
  at: string
  actor: string
  action: string
  target: string
  detail: Record<string, unknown>
}

/** The append-only record of who did what; the database itself refuses to change or delete an entry. */
export type Audit = {
  /**
   * @param actor `principal.actor`, or "system"
   * @param action "offer.create", "credential.revoke", …
   * @param target id of what was acted on; never a personal datum; `detail` holds none but what an officer writes as a reason
   */
  record(actor: string, action: string, target: string, detail?: Record<string, unknown>): Promise<void>
  /** The same inside a transaction, so that the act and its record stand or fall together. */
  recordIn(
    sql: Sql,
    entry: { actor: string; action: string; target: string; detail?: Record<string, unknown> },
  ): Promise<void>
  /** Newest first. `cursor` is the last page's `nextCursor`. */
  list(options: {
    cursor?: bigint
    limit: number
  }): Promise<{ items: AuditEntry[]; nextCursor: string | null }>
}

export function createAudit({ db, clock }: { db: Database; clock: () => Date }): Audit {
  const recordIn: Audit['recordIn'] = async (sql, { actor, action, target, detail = {} }) => {
    await sql`
      INSERT INTO "AuditEntry" ("at", "actor", "action", "target", "detail")
      VALUES (${clock()}, ${actor}, ${action}, ${target}, ${JSON.stringify(detail)}::jsonb)`
  }
  type Row = {
    id: bigint
    at: Date
    actor: string
    action: string
    target: string
    detail: Record<string, unknown>
  }
  return {
    recordIn,
    record: (actor, action, target, detail = {}) => recordIn(db.sql, { actor, action, target, detail }),
    list: async ({ cursor, limit }) => {
      const before = cursor ?? 2n ** 63n - 1n
      const rows = await db.sql<Row>`
        SELECT "id", "at", "actor", "action", "target", "detail" FROM "AuditEntry"
        WHERE "id" < ${String(before)}::bigint ORDER BY "id" DESC LIMIT ${limit + 1}`
      const items = rows
        .slice(0, limit)
        .map((row) => ({ ...row, id: String(row.id), at: row.at.toISOString() }))
      const last = items.at(-1)
      return { items, nextCursor: rows.length > limit && last ? last.id : null }
    },
  }
}
