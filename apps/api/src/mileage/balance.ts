import type { Sql } from '@pass/database'
import { expiryOf, koreanYear, spendableYears } from './days.ts'

export type Balance = {
  /** What could be paid now. */
  spendable: bigint
  /** Held for payments that the chain has not settled yet. */
  held: bigint
  /** Given, and not yet confirmed. */
  pending: bigint
  /** By the last day on which they are good, oldest first. Held points are still among them. */
  buckets: { points: bigint; expiresOn: string }[]
  lastNonce: number
}

/** What an account could pay now: confirmed points that are still good, less what is held. */
export async function spendableOf(sql: Sql, accountId: string, now: Date): Promise<bigint> {
  const { oldest, newest } = spendableYears(now)
  const [row] = await sql<{ points: bigint }>`
    SELECT "spendable"("address", ${oldest}::int, ${newest}::int, "held") AS "points"
    FROM "WalletAccount" WHERE "id" = ${accountId}::uuid`
  return row?.points ?? 0n
}

/** Everything that a wallet shows of its points. */
export async function balanceOf(sql: Sql, accountId: string, now: Date): Promise<Balance> {
  const year = koreanYear(now)
  const [[account], buckets, spendable] = await Promise.all([
    sql<{ held: bigint; lastNonce: number; pending: bigint }>`
      SELECT "held", "lastNonce", (
        SELECT COALESCE(SUM("points"), 0)::bigint FROM "Award"
        WHERE "status" IN ('pending', 'batched') AND "accountId" IN (
          SELECT "id" FROM "WalletAccount" "other" WHERE "other"."subjectId" = "account"."subjectId")
      ) AS "pending"
      FROM "WalletAccount" "account" WHERE "id" = ${accountId}::uuid`,
    sql<{ epoch: number; points: bigint }>`
      SELECT "epoch", "points" FROM "HolderEpoch"
      WHERE "address" = (SELECT "address" FROM "WalletAccount" WHERE "id" = ${accountId}::uuid)
        AND "epoch" BETWEEN ${year - 1}::int AND ${year}::int AND "points" > 0
      ORDER BY "epoch"`,
    spendableOf(sql, accountId, now),
  ])
  return {
    spendable,
    held: account?.held ?? 0n,
    pending: account?.pending ?? 0n,
    buckets: buckets.map(({ epoch, points }) => ({ points, expiresOn: expiryOf(epoch) })),
    lastNonce: account?.lastNonce ?? 0,
  }
}
