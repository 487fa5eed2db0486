import type { CityChain, Hex, TxRequest } from '@pass/chain'
import type { Sql } from '@pass/database'

/** Something that must happen on the chain exactly once. The contract refuses it a second time. */
export type Effect = {
  /** Idempotency key, and the key of its transaction. */
  key: string
  request: TxRequest
  /**
   * Where the chain has it; undefined while it has not. `txHash` is the transaction it was sent with, if any.
   * `block` is null when another transaction brought it there and only the fact is known.
   */
  find(txHash: string | null): Promise<{ block: number | null } | undefined>
  /** Writes down what `find` saw last. Repeating it changes nothing. */
  confirm(sql: Sql, txHash: string | null, at: Date): Promise<void>
  /** The contract will never take it any more; absent where that cannot be. */
  supersede?(sql: Sql): Promise<void>
}

const MOST_EFFECTS = 100

/** What is on its way or waiting to be sent, oldest first. The versions of a list stay in their order. */
export async function pendingEffects(sql: Sql, chain: CityChain): Promise<Effect[]> {
  const batches = await sql<{ root: Hex; leafCount: number }>`
    SELECT "root", "leafCount" FROM "AnchorBatch" WHERE "status" = 'pending'
    ORDER BY "createdAt", "root" LIMIT ${MOST_EFFECTS}::int`
  const commits = await sql<{ listId: string; version: number; hash: string }>`
    SELECT "listId", "version", "hash" FROM "StatusCommit" WHERE "status" = 'pending'
    ORDER BY "version", "listId" LIMIT ${MOST_EFFECTS}::int`
  return [
    ...batches.map((batch) => anchorEffect(chain, batch)),
    ...commits.map((commit) => statusListEffect(chain, commit)),
  ]
}

function anchorEffect(chain: CityChain, { root, leafCount }: { root: Hex; leafCount: number }): Effect {
  let found: Awaited<ReturnType<CityChain['anchors']['timeOf']>>
  return {
    key: `anchor:${root}`,
    request: chain.anchors.anchor(root, leafCount),
    find: async () => {
      found = await chain.anchors.timeOf(root)
      return found
    },
    confirm: async (sql, txHash, at) => {
      if (!found) return
      await sql`
        UPDATE "AnchorBatch" SET "status" = 'confirmed', "sequence" = ${found.sequence}, "blockNumber" = ${found.block},
          "blockTime" = ${found.time}, "txHash" = ${txHash}, "confirmedAt" = ${at}
        WHERE "root" = ${root} AND "status" = 'pending'`
    },
  }
}

function statusListEffect(
  chain: CityChain,
  { listId, version, hash }: { listId: string; version: number; hash: string },
): Effect {
  let block: number | null = null
  return {
    key: `statusList:${listId}:${version}`,
    request: chain.anchors.commitStatusList(listId, version, `0x${hash}`),
    find: async (txHash) => {
      if ((await chain.anchors.statusListHash(listId, version)) !== `0x${hash}`) return undefined
      block = txHash === null ? null : await chain.transactions.blockOf(txHash)
      return { block }
    },
    confirm: async (sql, txHash) => {
      await sql`
        UPDATE "StatusCommit" SET "status" = 'confirmed', "blockNumber" = ${block}, "txHash" = ${txHash}
        WHERE "listId" = ${listId} AND "version" = ${version} AND "status" = 'pending'`
    },
    supersede: async (sql) => {
      await sql`
        UPDATE "StatusCommit" SET "status" = 'superseded'
        WHERE "listId" = ${listId} AND "version" = ${version} AND "status" = 'pending'`
    },
  }
}
