import { buildBatch } from '@pass/anchoring'
import { AWARD_BATCH, type CityChain, type Hex } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { Effect, Lane } from '@pass/relay'
import { koreanDay } from '../days.ts'
import { MOST_GAS } from './gas.ts'

/** How long an award waits at most for others to share its transaction. */
const WAIT_MS = 1_000
/** A burst leaves in full batches, and still lets confirmations come in between. */
const MOST_BATCHES = 10
/** Any number, as long as every process asks for the same one. */
const GATHERING = 7_001_057
/** Full ones are large, and a block has room for one or two. */
const MOST_SENT = 16
const KEY = 'awards:'

type Due = { programmeId: number; day: number }
type Waiting = { id: string; hash: string; address: Hex; points: number }
type BatchRow = { root: Hex; programmeId: number; day: number; leafCount: number; entries: string[] }

/** Awards on their way to the chain: of one programme and day together, net per holder, oldest day first. */
export function awardLane({ db, chain, clock }: { db: Database; chain: CityChain; clock: () => Date }): Lane {
  return {
    name: 'awards',
    gather: async (now) => {
      for (let made = 0; made < MOST_BATCHES; made++) if (!(await gatherBatch(db, now))) return
    },
    pending: (limit) => pendingEffects(db.sql, chain, Math.min(limit, MOST_SENT)),
    refused: (sql, key, reason) => refused(sql, key.slice(KEY.length), { reason, today: koreanDay(clock()) }),
  }
}

/** Makes one batch of what has waited long enough. Answers whether there may be another. */
async function gatherBatch(db: Database, now: Date): Promise<boolean> {
  if (!(await dueOf(db.sql, now))) return false
  return db.transaction(async (sql) => {
    // One process at a time, so that two do not make half a batch each.
    const [lock] = await sql<{ taken: boolean }>`
      SELECT pg_try_advisory_xact_lock(${GATHERING}::bigint) AS "taken"`
    const due = lock?.taken === true && (await dueOf(sql, now))
    if (!due) return false
    const rows = await waitingOf(sql, due)
    await writeBatch(sql, due, rows)
    return true
  })
}

async function dueOf(sql: Sql, now: Date): Promise<Due | undefined> {
  const [due] = await sql<Due>`
    SELECT "programmeId", "day" FROM "Award"
    JOIN "Programme" ON "Programme"."id" = "programmeId" AND "Programme"."status" = 'active'
    WHERE "Award"."status" = 'pending'
    GROUP BY "programmeId", "day"
    HAVING min("Award"."createdAt") <= ${new Date(now.getTime() - WAIT_MS)} OR count(*) >= ${AWARD_BATCH}::int
    ORDER BY "day", min("Award"."createdAt") LIMIT 1`
  return due
}

/** Where a citizen has another wallet by now, the points go there. */
function waitingOf(sql: Sql, { programmeId, day }: Due): Promise<Waiting[]> {
  return sql<Waiting>`
    SELECT "award"."id", "award"."hash", "award"."points", COALESCE(
      (SELECT "open"."address" FROM "WalletAccount" "open" JOIN "WalletAccount" "own" USING ("subjectId")
        WHERE "own"."id" = "award"."accountId" AND "open"."status" = 'open'),
      "award"."address") AS "address"
    FROM "Award" "award"
    WHERE "award"."status" = 'pending' AND "award"."programmeId" = ${programmeId}::int AND "award"."day" = ${day}::int
    ORDER BY "award"."createdAt", "award"."id" LIMIT ${AWARD_BATCH}::int FOR UPDATE OF "award" SKIP LOCKED`
}

/** The batch with its tree, whose leaves are the single awards, each with a receipt of its own. */
async function writeBatch(sql: Sql, { programmeId, day }: Due, rows: readonly Waiting[]): Promise<void> {
  if (rows.length === 0) return
  const { root, leafCount, paths } = buildBatch(rows.map(({ hash }) => hash))
  const net = new Map<Hex, bigint>()
  for (const { address, points } of rows) net.set(address, (net.get(address) ?? 0n) + BigInt(points))
  const entries = [...net].map(([address, points]) => String((BigInt(address) << 96n) | points))
  const total = rows.reduce((sum, { points }) => sum + BigInt(points), 0n)
  const leaves = [...paths].map(([hash, path]) => ({ hash, path }))
  await sql`
    INSERT INTO "AnchorBatch" ("root", "leafCount", "status", "lane")
    VALUES (${root}, ${leafCount}, 'pending', 'mileage')`
  await sql`
    INSERT INTO "AnchorLeaf" ("hash", "root", "path")
    SELECT leaf->>'hash', ${root}, ARRAY(SELECT jsonb_array_elements_text(leaf->'path'))
    FROM jsonb_array_elements(${JSON.stringify(leaves)}::jsonb) AS leaf`
  await sql`
    INSERT INTO "AwardBatch" ("root", "programmeId", "day", "leafCount", "entries", "total", "status")
    VALUES (${root}, ${programmeId}, ${day}, ${leafCount}, ${entries}::text[], ${total}, 'pending')`
  const placed = rows.map(({ id, address }) => ({ id, address }))
  await sql`
    UPDATE "Award" SET "status" = 'batched', "root" = ${root}, "address" = placed."address"
    FROM jsonb_to_recordset(${JSON.stringify(placed)}::jsonb) AS placed("id" uuid, "address" text)
    WHERE "Award"."id" = placed."id"`
}

/** The oldest day first: for one holder, days on the chain only go forward. A stopped programme's batches wait. */
async function pendingEffects(sql: Sql, chain: CityChain, limit: number): Promise<Effect[]> {
  const rows = await sql<BatchRow>`
    SELECT "root", "programmeId", "day", "leafCount", "entries" FROM "AwardBatch"
    JOIN "Programme" ON "Programme"."id" = "programmeId" AND "Programme"."status" = 'active'
    WHERE "AwardBatch"."status" = 'pending' ORDER BY "day", "AwardBatch"."createdAt", "root" LIMIT ${limit}::int`
  return rows.map(({ root, programmeId: programme, day, leafCount, entries }) => ({
    key: `${KEY}${root}`,
    signer: 'settler',
    request: chain.mileage.settleAwards({ programme, day, root, leafCount, entries: entries.map(entryOf) }),
    gas: mostGas(entries.length),
  }))
}

function entryOf(entry: string): { holder: Hex; amount: bigint } {
  const number = BigInt(entry)
  return {
    holder: `0x${(number >> 96n).toString(16).padStart(40, '0')}`,
    amount: number & ((1n << 96n) - 1n),
  }
}

/** The dearest case, in which all holders are new. */
function mostGas(entries: number): bigint {
  const gas = 250_000n + 27_500n * BigInt(entries)
  return gas < MOST_GAS ? gas : MOST_GAS
}

/** Errors of the contract that one award is the cause of, which another batch or day may not have. */
const OF_AN_ENTRY = new Set([
  'AmountOutOfRange',
  'BalanceOutOfRange',
  'BudgetExceeded',
  'DayLimitExceeded',
  'DayOutsideProgramme',
  'TooManyProgrammes',
])

/**
 * Our own limits are the contract's, so it refuses when something else has used them up (a chain that is ahead of a
 * restored database), or time has gone by. What came too late counts for today; where an award is too much, the batch
 * is halved until it stands alone, and that one is refused. Everything else passes: a pause, a programme on its way.
 */
async function refused(
  sql: Sql,
  root: string,
  { reason, today }: { reason: string | undefined; today: number },
): Promise<void> {
  const [batch] = await sql<Due>`
    SELECT "programmeId", "day" FROM "AwardBatch" WHERE "root" = ${root} AND "status" = 'pending' FOR UPDATE`
  if (!batch) return
  const late = (reason === 'DayClosed' || reason === 'DayOutOfRange') && batch.day < today
  if (!late && !OF_AN_ENTRY.has(reason ?? '')) return
  const [waiting] = await sql`
    SELECT 1 FROM "ChainCommand" WHERE "status" = 'pending' AND "call" IN ('createProgramme', 'changeProgramme')
      AND ("args"->>'id')::int = ${batch.programmeId}::int`
  if (waiting) return
  const rows = await sql<Waiting>`
    SELECT "id", "hash", "address", "points" FROM "Award" WHERE "root" = ${root} ORDER BY "createdAt", "id"`
  await sql`DELETE FROM "AnchorLeaf" WHERE "root" = ${root}`
  await sql`DELETE FROM "AnchorBatch" WHERE "root" = ${root}`
  await sql`DELETE FROM "AwardBatch" WHERE "root" = ${root}`
  if (late) {
    await sql`UPDATE "Award" SET "status" = 'pending', "root" = NULL, "day" = ${today}::int WHERE "root" = ${root}`
  } else if (rows.length === 1) {
    await sql`UPDATE "Award" SET "status" = 'refused', "root" = NULL WHERE "root" = ${root}`
  } else {
    const half = Math.ceil(rows.length / 2)
    await writeBatch(sql, batch, rows.slice(0, half))
    await writeBatch(sql, batch, rows.slice(half))
  }
}
