import { randomUUID } from 'node:crypto'
import { type CityChain, REDEMPTION_BATCH, type Redemption } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { Effect, Lane } from '@pass/relay'
import { spendableYears } from '../days.ts'
import { MOST_GAS } from './gas.ts'

/** How long a payment waits at most for others to share its transaction. */
const WAIT_MS = 1_000
const MOST_BATCHES = 10
const GATHERING = 7_001_058
/** Full ones are large, and a block has room for one or two. */
const MOST_SENT = 8
const KEY = 'redemptions:'

type Row = {
  batchId: string
  jwk: { x: string; y: string }
  payeeId: number
  amount: bigint
  nonce: number
  deadline: bigint
  signature: Uint8Array
}

/** Payments on their way to the chain, in the order in which they were held. */
export function redemptionLane({
  db,
  chain,
  clock,
}: {
  db: Database
  chain: CityChain
  clock: () => Date
}): Lane {
  return {
    name: 'redemptions',
    gather: async (now) => {
      for (let made = 0; made < MOST_BATCHES; made++) if (!(await gatherBatch(db, now))) return
    },
    pending: (limit) => pendingEffects(db.sql, chain, Math.min(limit, MOST_SENT)),
    refused: (sql, key, reason) => refused(sql, key.slice(KEY.length), { reason, now: clock() }),
  }
}

async function gatherBatch(db: Database, now: Date): Promise<boolean> {
  if (!(await isDue(db.sql, now))) return false
  return db.transaction(async (sql) => {
    const [lock] = await sql<{ taken: boolean }>`
      SELECT pg_try_advisory_xact_lock(${GATHERING}::bigint) AS "taken"`
    if (lock?.taken !== true) return false
    // One payment of an account at a time: none can overtake an earlier one, whose nonce would then be void.
    const rows = await sql<{ id: string }>`
      SELECT "id" FROM "Redemption" "one"
      WHERE "status" = 'held' AND NOT EXISTS (
        SELECT 1 FROM "Redemption" "earlier"
        WHERE "earlier"."accountId" = "one"."accountId" AND "earlier"."nonce" < "one"."nonce"
          AND "earlier"."status" IN ('held', 'batched'))
      ORDER BY "heldAt", "id" LIMIT ${REDEMPTION_BATCH}::int FOR UPDATE SKIP LOCKED`
    if (rows.length === 0) return false
    await writeBatch(
      sql,
      rows.map(({ id }) => id),
    )
    return rows.length === REDEMPTION_BATCH
  })
}

async function isDue(sql: Sql, now: Date): Promise<boolean> {
  const [row] = await sql<{ oldest: Date | null; waiting: number }>`
    SELECT min("heldAt") AS "oldest", count(*)::int AS "waiting" FROM (
      SELECT "heldAt" FROM "Redemption" WHERE "status" = 'held' ORDER BY "heldAt", "id" LIMIT ${REDEMPTION_BATCH}::int
    ) AS "first"`
  if (!row?.oldest) return false
  return row.waiting >= REDEMPTION_BATCH || now.getTime() - row.oldest.getTime() >= WAIT_MS
}

async function writeBatch(sql: Sql, ids: readonly string[]): Promise<void> {
  const batchId = randomUUID()
  await sql`INSERT INTO "RedemptionBatch" ("id", "ids", "status") VALUES (${batchId}::uuid, ${[...ids]}::text[], 'pending')`
  await sql`
    UPDATE "Redemption" SET "status" = 'batched', "batchId" = ${batchId}::uuid WHERE "id" = ANY(${[...ids]}::uuid[])`
}

/**
 * Batches, oldest first, with the payments in them that are not settled. A batch waits while another one holds an
 * earlier payment of one of its accounts: a reorganisation can bring several of them back.
 */
async function pendingEffects(sql: Sql, chain: CityChain, limit: number): Promise<Effect[]> {
  const rows = await sql<Row>`
    SELECT "one"."batchId", "account"."publicJwk" AS "jwk", "one"."payeeId", "one"."amount", "one"."nonce",
      "one"."deadline", "one"."signature"
    FROM (
      SELECT * FROM "RedemptionBatch" "batch" WHERE "status" = 'pending' AND NOT EXISTS (
        SELECT 1 FROM "Redemption" "own" JOIN "Redemption" "earlier"
          ON "earlier"."accountId" = "own"."accountId" AND "earlier"."nonce" < "own"."nonce"
          AND "earlier"."batchId" <> "own"."batchId" AND "earlier"."status" = 'batched'
        WHERE "own"."batchId" = "batch"."id" AND "own"."status" = 'batched')
      ORDER BY "createdAt", "id" LIMIT ${limit}::int
    ) "batch"
    JOIN "Redemption" "one" ON "one"."batchId" = "batch"."id" AND "one"."status" = 'batched'
    JOIN "WalletAccount" "account" ON "account"."id" = "one"."accountId"
    ORDER BY "batch"."createdAt", "batch"."id", array_position("batch"."ids", "one"."id"::text)`
  const batches = new Map<string, Redemption[]>()
  for (const { batchId, jwk, payeeId: payee, amount, nonce, deadline, signature } of rows) {
    const payment = { key: jwk, payee, amount, nonce, deadline: Number(deadline), signature }
    const batch = batches.get(batchId)
    if (batch) batch.push(payment)
    else batches.set(batchId, [payment])
  }
  return [...batches].map(([id, payments]) => ({
    key: `${KEY}${id}`,
    signer: 'settler',
    request: chain.mileage.redeem(payments),
    gas: mostGas(payments.length),
  }))
}

/** The dearest kind: a holder whose slot rolls into a new year. */
function mostGas(payments: number): bigint {
  const gas = 250_000n + 66_000n * BigInt(payments)
  return gas < MOST_GAS ? gas : MOST_GAS
}

/** What the citizen and the merchant are told of a payment that the chain will not take. */
const FAILURES: Record<string, string> = {
  AmountOutOfRange: 'bad_signature',
  BalanceTooLow: 'points_too_few',
  DeadlinePassed: 'code_expired',
  NonceUsed: 'code_used',
  PayeeIsFrozen: 'payee_frozen',
  SignatureInvalid: 'bad_signature',
}

/**
 * One bad payment keeps a whole batch from the chain: the batch is halved until it stands alone, and that one fails
 * and gives back what it held. Other refusals pass.
 */
async function refused(
  sql: Sql,
  batchId: string,
  { reason, now }: { reason: string | undefined; now: Date },
): Promise<void> {
  const failure = FAILURES[reason ?? '']
  if (!failure) return
  const [batch] = await sql<{ ids: string[] }>`
    SELECT "ids" FROM "RedemptionBatch" WHERE "id" = ${batchId}::uuid AND "status" = 'pending' FOR UPDATE`
  if (!batch) return
  const rows = await sql<{ id: string; accountId: string; amount: bigint }>`
    SELECT "id", "accountId", "amount" FROM "Redemption"
    WHERE "batchId" = ${batchId}::uuid AND "status" = 'batched' ORDER BY array_position(${batch.ids}::text[], "id"::text)`
  const [first] = rows
  if (!first) return
  if (rows.length > 1) {
    const ids = rows.map(({ id }) => id)
    const half = Math.ceil(ids.length / 2)
    await sql`DELETE FROM "RedemptionBatch" WHERE "id" = ${batchId}::uuid`
    await writeBatch(sql, ids.slice(0, half))
    await writeBatch(sql, ids.slice(half))
    return
  }
  if (reason === 'BalanceTooLow' && (await mayStillBeEnough(sql, first, now))) return
  await sql`
    UPDATE "Redemption" SET "status" = 'failed', "failure" = ${failure}, "batchId" = NULL
    WHERE "id" = ${first.id}::uuid`
  await sql`UPDATE "WalletAccount" SET "held" = "held" - ${first.amount} WHERE "id" = ${first.accountId}::uuid`
  await sql`DELETE FROM "RedemptionBatch" WHERE "id" = ${batchId}::uuid`
}

/** A chain that came back older does not have all awards yet: they are sent anew, and the payment after them. */
async function mayStillBeEnough(
  sql: Sql,
  { accountId, amount }: { accountId: string; amount: bigint },
  now: Date,
): Promise<boolean> {
  const { newest, expiring } = spendableYears(now)
  const [row] = await sql<{ points: bigint }>`
    SELECT ("spendable"("address", ${expiring}::int, ${newest}::int, 0) + (
      SELECT COALESCE(SUM("points"), 0) FROM "Award"
      WHERE "status" IN ('pending', 'batched') AND "Award"."address" = "WalletAccount"."address"))::bigint AS "points"
    FROM "WalletAccount" WHERE "id" = ${accountId}::uuid`
  return (row?.points ?? 0n) >= amount
}
