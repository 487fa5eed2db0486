import type { CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { RelayLog } from './log.ts'
import type { Reader } from './reader.ts'
import type { Effect, Lane } from './types.ts'

type RefusalOptions = {
  db: Database
  chain: CityChain
  reader: Pick<Reader, 'position'>
  clock: () => Date
  log: RelayLog
}

export type Refusals = {
  /** The contract would refuse the effect now. Tells its lane once nothing can change that any more. */
  note(lane: Lane, effect: Effect, reason: string | undefined): Promise<void>
  /** Whether it was refused so often that it is not tried again just yet. */
  rests(key: string): boolean
  /** Forgets everything else: it has happened, or is no longer wanted. */
  keep(keys: readonly string[]): void
}

/** What was on its way when the refusal was first seen, and the newest block after all of that had landed. */
type Refusal = {
  reason: string | undefined
  before: string[]
  block: number | undefined
  times: number
  restsUntil: number
}

/** So often it is tried in each round, since what it waits for may be in the next block. */
const EAGER_TRIES = 10
const REST_MS = 5_000

/**
 * Tells a refusal that stays from one that passes. A payee cannot be frozen before its registration is mined, and a
 * root is refused that another process anchored a moment ago: so a refusal counts when everything that was on its way
 * has landed, the reader has read as far, and the contract still refuses.
 */
export function createRefusals({ db, chain, reader, clock, log }: RefusalOptions): Refusals {
  const refusals = new Map<string, Refusal>()

  const begin = async (key: string, reason: string | undefined): Promise<Refusal> => {
    const known = refusals.get(key)
    if (known && known.reason === reason) return known
    const rows = await db.sql<{ hash: string }>`SELECT "hash" FROM "ChainTransaction" WHERE "status" = 'sent'`
    const refusal: Refusal = {
      reason,
      before: rows.map(({ hash }) => hash),
      block: undefined,
      times: 0,
      restsUntil: 0,
    }
    refusals.set(key, refusal)
    log.warn({ effect: key, reason }, 'relay: the contract would refuse this')
    return refusal
  }

  return {
    note: async (lane, { key }, reason) => {
      const refusal = await begin(key, reason)
      refusal.times += 1
      if (refusal.times > EAGER_TRIES) refusal.restsUntil = clock().getTime() + REST_MS
      if (refusal.block === undefined) {
        const [flying] = await db.sql`
          SELECT 1 FROM "ChainTransaction" WHERE "status" = 'sent' AND "hash" = ANY(${refusal.before}::text[]) LIMIT 1`
        if (flying) return
        refusal.block = await chain.blockNumber()
      }
      const { block } = refusal
      if (!lane.refused) return
      await db.transaction(async (sql) => {
        // Held, so that nobody takes events back meanwhile: what is pending now has no event up to this block.
        await sql`SELECT 1 FROM "ReaderCursor" WHERE "id" = 1 FOR UPDATE`
        if ((await reader.position(sql)) >= block) await lane.refused?.(sql, key, reason)
      })
    },
    rests: (key) => (refusals.get(key)?.restsUntil ?? 0) > clock().getTime(),
    keep: (keys) => {
      const kept = new Set(keys)
      for (const key of refusals.keys()) if (!kept.has(key)) refusals.delete(key)
    },
  }
}
