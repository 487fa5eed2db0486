import { buildBatch } from '@pass/anchoring'
import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'
import { AbiCoder, keccak256 } from 'ethers'
import type { Handlers, Unknown } from './handlers.ts'
import { addTotal, type Direction, numberOf, pointsOf, textOf, timeOf } from './ledger.ts'

/** A payment as its event tells it. */
type Paid = {
  digest: string
  holder: string
  payee: number
  amount: bigint
  nonce: number
  epoch: number
  fromPrevious: bigint
  /** Of its leaf in the batch's tree: what its receipt is found by, hex without 0x. */
  hash: string
}

/**
 * What follows from a batch of payments. All of it at the batch's own event, which comes after those of the single
 * payments in the same transaction: a few statements for all instead of a few for each.
 */
export function redemptionEvents(unknown: Unknown): Handlers {
  const atTheBatch = async () => {}
  return {
    Redeemed: { apply: atTheBatch, undo: atTheBatch },
    RedemptionsSettled: {
      apply: async (sql, event) => {
        const paid = await paymentsOf(sql, event)
        await move(sql, paid, 1n)
        const known = await settle(sql, paid, timeOf(event))
        for (const { digest } of paid) if (!known.has(digest)) unknown('payment', { digest })
        await writeTree(sql, textOf(event, 'root'), paid)
      },
      undo: async (sql, event) => {
        const paid = await paymentsOf(sql, event)
        await removeTree(sql, textOf(event, 'root'), paid)
        await unsettle(sql, paid)
        await move(sql, paid, -1n)
      },
    },
  }
}

/** The payments before this event in its transaction: `count` of them, in their order. */
async function paymentsOf(sql: Sql, event: ChainEvent): Promise<Paid[]> {
  const events = await sql<ChainEvent>`
    SELECT * FROM "ChainEvent"
    WHERE "txHash" = ${event.txHash} AND "name" = 'Redeemed' AND "contract" = ${event.contract}
      AND "index" < ${event.index}::int
    ORDER BY "index" DESC LIMIT ${numberOf(event, 'count')}::int`
  return events.reverse().map((one) => ({
    digest: textOf(one, 'digest'),
    holder: textOf(one, 'holder'),
    payee: numberOf(one, 'payee'),
    amount: pointsOf(one, 'amount'),
    nonce: numberOf(one, 'nonce'),
    epoch: numberOf(one, 'epoch'),
    fromPrevious: pointsOf(one, 'fromPrevious'),
    hash: leafHashOf(one),
  }))
}

/** As RedemptionTree.leafOf in the contract has it, before it is hashed twice more. */
function leafHashOf(event: ChainEvent): string {
  const values = [textOf(event, 'digest'), textOf(event, 'epoch'), textOf(event, 'fromPrevious')]
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256', 'uint256'], values)).slice(2)
}

async function move(sql: Sql, paid: readonly Paid[], direction: Direction): Promise<void> {
  const moves = paid.flatMap(({ holder, epoch, amount, fromPrevious }) => [
    { holder, epoch, points: String(-direction * (amount - fromPrevious)) },
    ...(fromPrevious === 0n ? [] : [{ holder, epoch: epoch - 1, points: String(-direction * fromPrevious) }]),
  ])
  // A holder may have paid twice, and a statement may touch a row once.
  await sql`
    INSERT INTO "HolderEpoch" ("address", "epoch", "points")
    SELECT "holder", "epoch", SUM("points")
    FROM jsonb_to_recordset(${JSON.stringify(moves)}::jsonb) AS "moved"("holder" text, "epoch" int, "points" bigint)
    GROUP BY "holder", "epoch"
    ON CONFLICT ("address", "epoch") DO UPDATE SET "points" = "HolderEpoch"."points" + EXCLUDED."points"`
  const funds = await sql<{ id: number }>`
    SELECT "id" FROM "Payee" WHERE "id" = ANY(${paid.map(({ payee }) => payee)}::int[]) AND "kind" = 'fund'`
  const isFund = new Set(funds.map(({ id }) => id))
  const sumOf = (toFunds: boolean) =>
    paid.reduce((sum, { payee, amount }) => (isFund.has(payee) === toFunds ? sum + amount : sum), 0n)
  await addTotal(sql, 'donated', direction * sumOf(true))
  await addTotal(sql, 'redeemed', direction * sumOf(false))
}

/** The points are gone, so they are no longer held. Answers the digests of the payments that are known here. */
async function settle(sql: Sql, paid: readonly Paid[], at: Date): Promise<Set<string>> {
  const list = JSON.stringify(
    paid.map(({ digest, holder, nonce, epoch, fromPrevious, hash }) => ({
      digest,
      holder,
      nonce,
      epoch,
      fromPrevious: String(fromPrevious),
      hash,
    })),
  )
  // Whatever a key has used up, a restored database must not take again.
  await sql`
    UPDATE "WalletAccount" SET "lastNonce" = "used"."nonce" FROM (
      SELECT "holder", MAX("nonce") AS "nonce"
      FROM jsonb_to_recordset(${list}::jsonb) AS "one"("holder" text, "nonce" int) GROUP BY "holder") AS "used"
    WHERE "address" = "used"."holder" AND "lastNonce" < "used"."nonce"`
  const before = await sql<{ accountId: string; status: string; amount: bigint; digest: string }>`
    SELECT "accountId", "status", "amount", "digest" FROM "Redemption"
    WHERE "digest" = ANY(${paid.map(({ digest }) => digest)}::text[]) FOR UPDATE`
  await sql`
    UPDATE "Redemption" SET "status" = 'settled', "failure" = NULL, "settledAt" = ${at}, "epoch" = "one"."epoch",
      "fromPrevious" = "one"."fromPrevious", "hash" = "one"."hash"
    FROM jsonb_to_recordset(${list}::jsonb)
      AS "one"("digest" text, "epoch" int, "fromPrevious" bigint, "hash" text)
    WHERE "Redemption"."digest" = "one"."digest"`
  await addHeld(
    sql,
    before.filter(({ status }) => status === 'held' || status === 'batched'),
    -1n,
  )
  return new Set(before.map(({ digest }) => digest))
}

/** The payments are to be sent again, and their points are held until then. */
async function unsettle(sql: Sql, paid: readonly Paid[]): Promise<void> {
  const rows = await sql<{ accountId: string; amount: bigint }>`
    UPDATE "Redemption" SET "status" = CASE WHEN "batchId" IS NULL THEN 'held' ELSE 'batched' END,
      "settledAt" = NULL, "epoch" = NULL, "fromPrevious" = NULL, "hash" = NULL
    WHERE "digest" = ANY(${paid.map(({ digest }) => digest)}::text[]) AND "status" = 'settled'
    RETURNING "accountId", "amount"`
  await addHeld(sql, rows, 1n)
}

async function addHeld(
  sql: Sql,
  rows: readonly { accountId: string; amount: bigint }[],
  direction: Direction,
): Promise<void> {
  const list = rows.map(({ accountId, amount }) => ({ accountId, amount: String(direction * amount) }))
  await sql`
    UPDATE "WalletAccount" SET "held" = "held" + "sums"."amount" FROM (
      SELECT "accountId", SUM("amount")::bigint AS "amount"
      FROM jsonb_to_recordset(${JSON.stringify(list)}::jsonb) AS "one"("accountId" uuid, "amount" bigint)
      GROUP BY "accountId") AS "sums"
    WHERE "id" = "sums"."accountId"`
}

/** The tree that the contract made, so that each payment has a receipt like a credential's. */
async function writeTree(sql: Sql, expected: string, paid: readonly Paid[]): Promise<void> {
  const { root, leafCount, paths } = buildBatch(
    paid.map(({ hash }) => hash),
    { inOrder: true },
  )
  if (root !== expected) throw new Error('The chain has another root over these payments.')
  const leaves = [...paths].map(([hash, path]) => ({ hash, path }))
  await sql`
    INSERT INTO "AnchorBatch" ("root", "leafCount", "status", "lane")
    VALUES (${root}, ${leafCount}, 'pending', 'mileage')`
  await sql`
    INSERT INTO "AnchorLeaf" ("hash", "root", "path")
    SELECT leaf->>'hash', ${root}, ARRAY(SELECT jsonb_array_elements_text(leaf->'path'))
    FROM jsonb_array_elements(${JSON.stringify(leaves)}::jsonb) AS leaf`
  await sql`
    UPDATE "RedemptionBatch" "batch" SET "status" = 'confirmed', "root" = ${root}
    WHERE "id" IN (
        SELECT "batchId" FROM "Redemption" WHERE "digest" = ANY(${paid.map(({ digest }) => digest)}::text[]))
      AND NOT EXISTS (
        SELECT 1 FROM "Redemption" WHERE "batchId" = "batch"."id" AND "status" = 'batched')`
}

/** Another block may take the payments from other years: then the root is another one too. */
async function removeTree(sql: Sql, root: string, paid: readonly Paid[]): Promise<void> {
  await sql`
    UPDATE "RedemptionBatch" SET "status" = 'pending', "root" = NULL
    WHERE "id" IN (
      SELECT "batchId" FROM "Redemption" WHERE "digest" = ANY(${paid.map(({ digest }) => digest)}::text[]))`
  await sql`DELETE FROM "AnchorLeaf" WHERE "root" = ${root}`
  await sql`DELETE FROM "AnchorBatch" WHERE "root" = ${root}`
}
