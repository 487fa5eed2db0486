import type { CityChain, Hex } from '@pass/chain'
import type { Database } from '@pass/database'

const PAGE = 25

type Place = { sequence: number; block: number; time: number }

/**
 * Compares what the database holds for confirmed with what the chain has, newest first, and takes back what the chain
 * does not know (any more) or has elsewhere now: a reorganisation, or a chain restored from before. What is taken back
 * is pending again, and sent again. A chain loses its newest blocks, so a page that agrees ends the search.
 */
export async function reconcileWithChain(
  db: Database,
  chain: CityChain,
): Promise<{ reanchored: number; recommitted: number }> {
  return {
    reanchored: await whilePagesDisagree((offset) => takeBackBatches(db, chain, offset)),
    recommitted: await whilePagesDisagree((offset) => takeBackCommits(db, chain, offset)),
  }
}

type PageResult = { looked: number; takenBack: number }

async function whilePagesDisagree(look: (offset: number) => Promise<PageResult>): Promise<number> {
  let total = 0
  for (let kept = 0; ; ) {
    const { looked, takenBack } = await look(kept)
    total += takenBack
    if (takenBack === 0 || looked < PAGE) return total
    kept += looked - takenBack
  }
}

async function takeBackBatches(db: Database, chain: CityChain, offset: number): Promise<PageResult> {
  const rows = await db.sql<{ root: Hex } & Place>`
    SELECT "root", "sequence", "blockNumber" AS "block", "blockTime" AS "time" FROM "AnchorBatch"
    WHERE "status" = 'confirmed' ORDER BY "sequence" DESC, "root" LIMIT ${PAGE}::int OFFSET ${offset}::int`
  const lost = await filterAsync(
    rows,
    async ({ root, ...place }) => !samePlace(place, await chain.anchors.timeOf(root)),
  )
  for (const { root, block, time } of lost) {
    await db.sql`
      UPDATE "AnchorBatch" SET "status" = 'pending', "sequence" = NULL, "blockNumber" = NULL, "blockTime" = NULL,
        "txHash" = NULL, "confirmedAt" = NULL
      WHERE "root" = ${root} AND "status" = 'confirmed' AND "blockNumber" = ${block} AND "blockTime" = ${time}`
  }
  return { looked: rows.length, takenBack: lost.length }
}

const samePlace = (a: Place, b: Place | undefined): boolean =>
  b !== undefined && a.sequence === b.sequence && a.block === b.block && a.time === b.time

async function takeBackCommits(db: Database, chain: CityChain, offset: number): Promise<PageResult> {
  const rows = await db.sql<{ listId: string; version: number; hash: string }>`
    SELECT "listId", "version", "hash" FROM "StatusCommit"
    WHERE "status" = 'confirmed' ORDER BY "createdAt" DESC, "listId", "version" DESC
    LIMIT ${PAGE}::int OFFSET ${offset}::int`
  const lost = await filterAsync(
    rows,
    async ({ listId, version, hash }) =>
      (await chain.anchors.statusListHash(listId, version)) !== `0x${hash}`,
  )
  for (const { listId, version } of lost) {
    await db.sql`
      UPDATE "StatusCommit" SET "status" = 'pending', "blockNumber" = NULL, "txHash" = NULL
      WHERE "listId" = ${listId} AND "version" = ${version} AND "status" = 'confirmed'`
  }
  return { looked: rows.length, takenBack: lost.length }
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(items.map(keep))
  return items.filter((_, i) => kept[i])
}
