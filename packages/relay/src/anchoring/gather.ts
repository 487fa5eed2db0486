import { buildBatch } from '@pass/anchoring'
import type { Database, Sql } from '@pass/database'
import { SLOTS } from '../outbox.ts'

/** Any number, as long as every process asks for the same one. */
const GATHERING = 7_001_056
/** A burst (an agency issuing to thousands) leaves in full batches, and still lets confirmations come in between. */
const MOST_BATCHES = 10
const MOST_COMMITS = 500

type Limits = { batchSize: number; batchAgeMs: number; now: Date }

/** Moves what waits in the outbox into batches and status commits that are ready to be sent. */
export async function gather(db: Database, limits: Limits): Promise<void> {
  for (let made = 0; made < MOST_BATCHES; made++) {
    const slot = await dueSlot(db.sql, limits)
    if (slot === undefined) break
    if (!(await exclusively(db, (sql) => gatherBatch(sql, slot, limits)))) break
  }
  const [waiting] = await db.sql`SELECT 1 FROM "Outbox" WHERE "kind" = 'statusList' LIMIT 1`
  if (waiting) await exclusively(db, gatherStatusCommits)
}

/** One process at a time, so that two do not make half a batch each. The rows are locked as well. */
function exclusively(db: Database, work: (sql: Sql) => Promise<boolean>): Promise<boolean> {
  return db.transaction(async (sql) => {
    const [lock] = await sql<{
      taken: boolean
    }>`SELECT pg_try_advisory_xact_lock(${GATHERING}::bigint) AS "taken"`
    return lock?.taken === true && work(sql)
  })
}

/** A slot with a full batch, or with one whose oldest credential has waited long enough. */
async function dueSlot(sql: Sql, { batchSize, batchAgeMs, now }: Limits): Promise<number | undefined> {
  const [row] = await sql<{ slot: number }>`
    SELECT "slot" FROM generate_series(0, ${SLOTS - 1}::int) AS s("slot"), LATERAL (
      SELECT count(*) AS "waiting", min("notBefore") AS "oldest" FROM (
        SELECT "notBefore" FROM "Outbox"
        WHERE "kind" = 'anchor' AND "slot" = s."slot" AND "notBefore" <= ${now}::timestamptz
        ORDER BY "id" LIMIT ${batchSize}::int) AS "first") AS "queue"
    WHERE "waiting" >= ${batchSize}::int OR "oldest" <= ${new Date(now.getTime() - batchAgeMs)}::timestamptz
    ORDER BY "oldest" LIMIT 1`
  return row?.slot
}

async function gatherBatch(sql: Sql, slot: number, { batchSize, now }: Limits): Promise<boolean> {
  const rows = await sql<{ id: bigint; key: string }>`
    SELECT "id", "key" FROM "Outbox"
    WHERE "kind" = 'anchor' AND "slot" = ${slot}::int AND "notBefore" <= ${now}::timestamptz
    ORDER BY "id" LIMIT ${batchSize}::int FOR UPDATE SKIP LOCKED`
  const keys = rows.map(({ key }) => key)
  const anchored = await sql<{ hash: string }>`
    SELECT "hash" FROM "AnchorLeaf" WHERE "hash" = ANY(${keys}::text[])`
  const known = new Set(anchored.map(({ hash }) => hash))
  const fresh = keys.filter((key) => !known.has(key))
  if (fresh.length > 0) {
    const { root, leafCount, paths } = buildBatch(fresh)
    const leaves = [...paths].map(([hash, path]) => ({ hash, path }))
    await sql`INSERT INTO "AnchorBatch" ("root", "leafCount", "status") VALUES (${root}, ${leafCount}, 'pending')`
    await sql`
      INSERT INTO "AnchorLeaf" ("hash", "root", "path")
      SELECT leaf->>'hash', ${root}, ARRAY(SELECT jsonb_array_elements_text(leaf->'path'))
      FROM jsonb_array_elements(${JSON.stringify(leaves)}::jsonb) AS leaf`
  }
  await forget(sql, rows)
  return rows.length > 0
}

async function gatherStatusCommits(sql: Sql): Promise<boolean> {
  const rows = await sql<{ id: bigint }>`
    SELECT "id" FROM "Outbox" WHERE "kind" = 'statusList' ORDER BY "id" LIMIT ${MOST_COMMITS}::int
    FOR UPDATE SKIP LOCKED`
  await sql`
    INSERT INTO "StatusCommit" ("listId", "version", "hash", "status")
    SELECT "payload"->>'listId', ("payload"->>'version')::int, "key", 'pending' FROM "Outbox"
    WHERE "id" = ANY(${rows.map(({ id }) => String(id))}::bigint[])
    ON CONFLICT ("listId", "version") DO NOTHING`
  await forget(sql, rows)
  return rows.length > 0
}

async function forget(sql: Sql, rows: readonly { id: bigint }[]): Promise<void> {
  await sql`DELETE FROM "Outbox" WHERE "id" = ANY(${rows.map(({ id }) => String(id))}::bigint[])`
}
