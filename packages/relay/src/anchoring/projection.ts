import { type ChainEvent, cityEvents, type Hex, type Manifest, statusListId } from '@pass/chain'
import type { Sql } from '@pass/database'
import type { Projection } from '../types.ts'

/** What CredentialAnchor says, in AnchorBatch and StatusCommit. */
export function anchorProjection(manifest: Manifest): Projection {
  return {
    name: 'anchoring',
    contract: manifest.contracts.credentialAnchor,
    abi: cityEvents.credentialAnchor,
    on: {
      RootAnchored: { apply: applyRoot, undo: undoRoot },
      StatusListCommitted: { apply: applyCommit, undo: undoCommit },
    },
  }
}

/**
 * Confirms a batch that was written down after the reader had come past its root. Answers whether the reader has the
 * root.
 */
export async function confirmBatch(sql: Sql, root: Hex): Promise<boolean> {
  const [event] = await sql<ChainEvent>`
    SELECT * FROM "ChainEvent" WHERE "name" = 'RootAnchored' AND "args"->>'root' = ${root}`
  if (!event) return false
  await applyRoot(sql, event)
  return true
}

/** The same for a status list's version. */
export async function confirmCommit(sql: Sql, listId: string, version: number): Promise<boolean> {
  const [event] = await sql<ChainEvent>`
    SELECT event.* FROM "ChainEvent" event JOIN "StatusCommit" c
      ON c."listId" = ${listId} AND c."version" = ${version} AND event."args"->>'hash' = '0x' || c."hash"
    WHERE event."name" = 'StatusListCommitted' AND event."args"->>'listId' = ${statusListId(listId)}
      AND event."args"->>'version' = ${String(version)}`
  if (!event) return false
  await applyCommit(sql, event)
  return true
}

async function applyRoot(sql: Sql, { args, block, blockTime, txHash }: ChainEvent): Promise<void> {
  await sql`
    UPDATE "AnchorBatch" SET "status" = 'confirmed', "sequence" = ${Number(args['sequence'])}, "blockNumber" = ${block},
      "blockTime" = ${blockTime}, "txHash" = ${txHash}, "confirmedAt" = to_timestamp(${blockTime}::int)
    WHERE "root" = ${args['root']}`
}

async function undoRoot(sql: Sql, { args }: ChainEvent): Promise<void> {
  await sql`
    UPDATE "AnchorBatch" SET "status" = 'pending', "sequence" = NULL, "blockNumber" = NULL, "blockTime" = NULL,
      "txHash" = NULL, "confirmedAt" = NULL
    WHERE "root" = ${args['root']}`
}

async function applyCommit(sql: Sql, event: ChainEvent): Promise<void> {
  const listId = await listOf(sql, event)
  await sql`
    UPDATE "StatusCommit" SET "status" = 'confirmed', "blockNumber" = ${event.block}, "txHash" = ${event.txHash}
    WHERE "listId" = ${listId} AND "version" = ${Number(event.args['version'])}`
}

async function undoCommit(sql: Sql, event: ChainEvent): Promise<void> {
  const listId = await listOf(sql, event)
  await sql`
    UPDATE "StatusCommit" SET "status" = 'pending', "blockNumber" = NULL, "txHash" = NULL
    WHERE "listId" = ${listId} AND "version" = ${Number(event.args['version'])} AND "status" = 'confirmed'`
}

/** The chain knows a list by the hash of its name; the token's own hash leads to the name. */
async function listOf(sql: Sql, { args }: ChainEvent): Promise<string> {
  const rows = await sql<{ listId: string }>`
    SELECT "listId" FROM "StatusCommit"
    WHERE "version" = ${Number(args['version'])} AND "hash" = ${String(args['hash']).slice(2)}`
  return rows.find(({ listId }) => statusListId(listId) === args['listId'])?.listId ?? ''
}
