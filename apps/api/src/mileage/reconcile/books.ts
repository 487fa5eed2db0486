import type { Database, Sql } from '@pass/database'

/** What the database says of points, as of one moment: that of the newest block it has read. */
export type Books = Awaited<ReturnType<typeof readBooks>>

/** One snapshot, so that an event that is applied meanwhile is in all of it or in none. */
export function readBooks(db: Database) {
  return db.transaction(async (sql) => {
    await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
    const [cursor] = await sql<{ block: number; hash: string }>`
      SELECT "block", "blockHash" AS "hash" FROM "ReaderCursor" WHERE "id" = 1`
    return {
      cursor: cursor ?? { block: -1, hash: '' },
      holders: await sql<{ address: string; epoch: number; points: bigint }>`
        SELECT "address", "epoch", "points" FROM "HolderEpoch" ORDER BY "address", "epoch"`,
      totals: await sql<{ name: string; points: bigint }>`SELECT "name", "points" FROM "PointTotal"`,
      programmes: await sql<Programme>`
        SELECT "id", "slug", "status", "budget", "periodDays", "dayLimit", "startDay", "endDay" FROM "Programme"
        ORDER BY "id"`,
      spending: await sql<{ programmeId: number; day: number; points: bigint }>`
        SELECT "programmeId", "day", "points" FROM "ProgrammeSpending" ORDER BY "programmeId", "day"`,
      batches: await sql<AwardBatch>`
        SELECT "batch"."root", "batch"."status", "batch"."programmeId", "batch"."total", COALESCE((
          SELECT SUM("points") FROM "Award" "award"
          WHERE "award"."root" = "batch"."root"
            AND "award"."status" = CASE "batch"."status" WHEN 'confirmed' THEN 'confirmed' ELSE 'batched' END
        ), 0)::bigint AS "awarded"
        FROM "AwardBatch" "batch" ORDER BY "batch"."root"`,
      payees: await sql<{ id: number; kind: string; status: string }>`
        SELECT "id", "kind", "status" FROM "Payee" ORDER BY "id"`,
      payments: await sql<Payment>`
        SELECT "id", "digest", "status", "payeeId", "amount", "epoch", "fromPrevious", COALESCE((
          SELECT SUM("amount") FROM "Refund" WHERE "redemptionId" = "paid"."id" AND "status" = 'settled'
        ), 0)::bigint AS "returned"
        FROM "Redemption" "paid" ORDER BY "id"`,
      corrections: await sql<{ id: bigint; status: string; debited: bigint | null }>`
        SELECT "id", "status", "debited" FROM "Correction" ORDER BY "id"`,
      pendingChanges: (
        await sql<{ id: number; what: string }>`
          SELECT ("args"->>'id')::int AS "id", substring("call" from 'Programme|Payee') AS "what" FROM "ChainCommand"
          WHERE "status" = 'pending' AND "call" ~ 'Programme|Payee'`
      ).map(({ id, what }) => `${what} ${id}`),
      faults: await innerFaults(sql),
      waiting: await waitingOf(sql),
    }
  })
}

type Programme = {
  id: number
  slug: string
  status: string
  budget: bigint
  periodDays: number
  dayLimit: number
  startDay: number
  endDay: number
}
type AwardBatch = { root: string; status: string; programmeId: number; total: bigint; awarded: bigint }
type Payment = {
  id: string
  digest: string
  status: string
  payeeId: number
  amount: bigint
  epoch: number | null
  fromPrevious: bigint | null
  returned: bigint
}

/** Where tables of the database contradict each other, whatever the chain says. */
async function innerFaults(sql: Sql): Promise<string[]> {
  const held = await sql<{ address: string; held: bigint; payments: bigint }>`
    SELECT "address", "held", "payments" FROM (
      SELECT "address", "held", COALESCE((
        SELECT SUM("amount") FROM "Redemption"
        WHERE "accountId" = "account"."id" AND "Redemption"."status" IN ('held', 'batched')), 0)::bigint AS "payments"
      FROM "WalletAccount" "account") AS "sums"
    WHERE "held" <> "payments" ORDER BY "address"`
  const receipts = await sql<{ what: string; id: string }>`
    SELECT 'payment' AS "what", "id" FROM "Redemption" WHERE "status" = 'settled' AND NOT EXISTS (
      SELECT 1 FROM "AnchorLeaf" JOIN "AnchorBatch" USING ("root")
      WHERE "AnchorLeaf"."hash" = "Redemption"."hash" AND "AnchorBatch"."status" = 'confirmed')
    UNION ALL
    SELECT 'award', "id" FROM "Award" WHERE "status" = 'confirmed' AND NOT EXISTS (
      SELECT 1 FROM "AnchorLeaf" JOIN "AnchorBatch" USING ("root")
      WHERE "AnchorLeaf"."hash" = "Award"."hash" AND "AnchorBatch"."status" = 'confirmed')
    ORDER BY 1, 2`
  const refunds = await sql<{ id: string; refunded: bigint; refunds: bigint }>`
    SELECT "id", "refunded", "refunds" FROM (
      SELECT "id", "refunded", COALESCE((
        SELECT SUM("amount") FROM "Refund" WHERE "redemptionId" = "paid"."id" AND "status" <> 'refused'
      ), 0)::bigint AS "refunds" FROM "Redemption" "paid") AS "sums"
    WHERE "refunded" <> "refunds" ORDER BY "id"`
  return [
    ...held.map(
      ({ address, held, payments }) =>
        `account ${address}: holds ${held}, but its unsettled payments are ${payments}`,
    ),
    ...receipts.map(({ what, id }) => `${what} ${id}: settled, but has no receipt`),
    ...refunds.map(
      ({ id, refunded, refunds }) => `payment ${id}: says ${refunded} went back, its refunds are ${refunds}`,
    ),
  ]
}

/** What is on its way, which is no difference. */
async function waitingOf(sql: Sql) {
  const [row] = await sql<{ awards: number; payments: number; commands: number }>`
    SELECT (SELECT count(*)::int FROM "Award" WHERE "status" IN ('pending', 'batched')) AS "awards",
      (SELECT count(*)::int FROM "Redemption" WHERE "status" IN ('held', 'batched')) AS "payments",
      (SELECT count(*)::int FROM "ChainCommand" WHERE "status" = 'pending') AS "commands"`
  return row ?? { awards: 0, payments: 0, commands: 0 }
}
