import type { CityChain, Hex } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { Effect, Lane, Projection } from '../types.ts'
import { gather } from './gather.ts'
import { anchorProjection, confirmBatch, confirmCommit } from './projection.ts'

export type AnchoringOptions = {
  db: Database
  chain: CityChain
  /** Most credentials under one root. */
  batchSize?: number
  /** How long a credential waits at most for others to share its root. */
  batchAgeMs?: number
}

const ANCHOR = 'anchor:'
const STATUS_LIST = 'statusList:'

/**
 * What the outbox holds on its way to CredentialAnchor: credentials in Merkle batches, status list versions one by
 * one. The projection also confirms the batches of other lanes, whose own transactions carry the root.
 */
export function anchoring(options: AnchoringOptions): { lane: Lane; projection: Projection } {
  const { db, chain, batchSize = 1000, batchAgeMs = 5000 } = options
  return {
    lane: {
      name: 'anchoring',
      gather: (now) => gather(db, { batchSize, batchAgeMs, now }),
      pending: (limit) => pendingEffects(db.sql, chain, limit),
      refused,
    },
    projection: anchorProjection(chain.manifest),
  }
}

/** Oldest first, and the versions of a list in their order. */
async function pendingEffects(sql: Sql, chain: CityChain, limit: number): Promise<Effect[]> {
  const batches = await sql<{ root: Hex; leafCount: number }>`
    SELECT "root", "leafCount" FROM "AnchorBatch" WHERE "status" = 'pending' AND "lane" = 'anchoring'
    ORDER BY "createdAt", "root" LIMIT ${limit}::int`
  const commits = await sql<{ listId: string; version: number; hash: string }>`
    SELECT "listId", "version", "hash" FROM "StatusCommit" WHERE "status" = 'pending'
    ORDER BY "version", "listId" LIMIT ${limit}::int`
  return [
    ...batches.map(({ root, leafCount }) => ({
      key: `${ANCHOR}${root}`,
      signer: 'anchorer' as const,
      request: chain.anchors.anchor(root, leafCount),
    })),
    ...commits.map(({ listId, version, hash }) => ({
      key: `${STATUS_LIST}${listId}:${version}`,
      signer: 'anchorer' as const,
      request: chain.anchors.commitStatusList(listId, version, `0x${hash}`),
    })),
  ]
}

/**
 * The chain has it already when the database is younger than its events (restored, or a batch made a second time):
 * what the reader then stored counts. A version that the chain has gone past without it is given up.
 */
async function refused(sql: Sql, key: string, reason: string | undefined): Promise<void> {
  if (reason === 'RootAlreadyAnchored') {
    await confirmBatch(sql, key.slice(ANCHOR.length) as Hex)
  }
  if (reason === 'VersionNotIncreasing') {
    const place = key.slice(STATUS_LIST.length)
    const listId = place.slice(0, place.lastIndexOf(':'))
    const version = Number(place.slice(place.lastIndexOf(':') + 1))
    if (await confirmCommit(sql, listId, version)) return
    await sql`
      UPDATE "StatusCommit" SET "status" = 'superseded'
      WHERE "listId" = ${listId} AND "version" = ${version} AND "status" = 'pending'`
  }
}
