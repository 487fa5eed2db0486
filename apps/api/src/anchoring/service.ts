import type { Receipt } from '@pass/anchoring'
import { receiptOf } from '@pass/relay'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createKnownRoots, type KnownRoots } from './known-roots.ts'
import type { BatchesPage, RootsPage } from './schema.ts'

export type Anchoring = {
  /** @throws Problem `not_anchored_yet`, also for a hash that we never issued: nobody may find out which exist. */
  receipt(hash: string): Promise<Receipt>
  /** Every root that the chain has taken, in its order, for those who verify receipts offline. */
  roots(page: { after: number; limit: number }): Promise<RootsPage>
  /** What operators watch: batches, newest first, what waits, and whether the chain answers. */
  batches(page: { cursor?: string; limit: number }): Promise<BatchesPage>
  /** When a hash of ours was anchored, seconds; undefined when it was not, or not finally. */
  anchoredAt(hash: string): Promise<number | undefined>
  verifyReceipt: KnownRoots['verify']
}

type BatchRow = {
  root: string
  leafCount: number
  status: 'pending' | 'confirmed'
  sequence: number | null
  txHash: string | null
  blockNumber: number | null
  blockTime: number | null
  createdAt: Date
  confirmedAt: Date | null
}

type WaitingRow = {
  credentials: number
  statusLists: number
  pendingBatches: number
  pendingStatusLists: number
  oldest: Date | null
}

export function createAnchoring(context: Pick<Context, 'db' | 'chain' | 'clock' | 'config'>): Anchoring {
  const { db, chain } = context
  const { chainId, contracts } = chain.manifest
  const contract = contracts.credentialAnchor

  return {
    async receipt(hash) {
      const receipt = await receiptOf(db.sql, chain.manifest, hash)
      if (receipt) return receipt
      throw new Problem('not_anchored_yet', 'This is not anchored yet. Ask again in a few seconds.')
    },

    async roots({ after, limit }) {
      const rows = await db.sql<RootsPage['roots'][number]>`
        SELECT "root", "sequence", "blockNumber" AS "block", "blockTime" AS "time" FROM "AnchorBatch"
        WHERE "status" = 'confirmed' AND "sequence" > ${after}::int ORDER BY "sequence" LIMIT ${limit + 1}::int`
      const roots = rows.slice(0, limit)
      return {
        chain: chainId,
        contract,
        roots,
        nextAfter: rows.length > limit ? (roots.at(-1)?.sequence ?? null) : null,
      }
    },

    async batches({ cursor, limit }) {
      // Several batches can be made within one millisecond; their roots then tell the pages apart.
      const [at, root = ''] = cursor?.split('.') ?? []
      const before = at === undefined ? '9999-12-31T00:00:00Z' : new Date(Number(at)).toISOString()
      const [rows, [waiting], state] = await Promise.all([
        db.sql<BatchRow>`
          SELECT "root", "leafCount", "status", "sequence", "txHash", "blockNumber", "blockTime", "createdAt", "confirmedAt"
          FROM "AnchorBatch" WHERE ("createdAt", "root") < (${before}::timestamptz, ${root})
          ORDER BY "createdAt" DESC, "root" DESC LIMIT ${limit + 1}::int`,
        db.sql<WaitingRow>`
          SELECT
            (SELECT count(*)::int FROM "Outbox" WHERE "kind" = 'anchor') AS "credentials",
            (SELECT count(*)::int FROM "Outbox" WHERE "kind" = 'statusList') AS "statusLists",
            (SELECT count(*)::int FROM "AnchorBatch" WHERE "status" = 'pending') AS "pendingBatches",
            (SELECT count(*)::int FROM "StatusCommit" WHERE "status" = 'pending') AS "pendingStatusLists",
            (SELECT min("createdAt") FROM "Outbox" WHERE "kind" = 'anchor') AS "oldest"`,
        chainState(),
      ])
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(({ blockTime, createdAt, confirmedAt, ...row }) => ({
          ...row,
          anchoredAt: blockTime === null ? null : new Date(blockTime * 1000).toISOString(),
          createdAt: createdAt.toISOString(),
          confirmedAt: confirmedAt?.toISOString() ?? null,
        })),
        nextCursor: rows.length > limit && last ? `${last.createdAt.getTime()}.${last.root}` : null,
        waiting: {
          credentials: waiting?.credentials ?? 0,
          statusLists: waiting?.statusLists ?? 0,
          pendingBatches: waiting?.pendingBatches ?? 0,
          pendingStatusLists: waiting?.pendingStatusLists ?? 0,
          oldest: waiting?.oldest?.toISOString() ?? null,
        },
        chain: { chainId, contract, ...state },
      }
    },

    anchoredAt: async (hash) => (await receiptOf(db.sql, chain.manifest, hash))?.time,

    verifyReceipt: createKnownRoots(context).verify,
  }

  async function chainState(): Promise<{ up: boolean; block: number | null; anchored: number | null }> {
    try {
      const [block, anchored] = await Promise.all([chain.blockNumber(), chain.anchors.count()])
      return { up: true, block, anchored: Number(anchored) }
    } catch {
      return { up: false, block: null, anchored: null }
    }
  }
}
