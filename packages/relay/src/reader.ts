import { type ChainEvent, type CityChain, readEvents } from '@pass/chain'
import type { Database, Sql } from '@pass/database'
import type { RelayLog } from './log.ts'
import type { Projection } from './types.ts'

export type ReaderOptions = {
  db: Database
  chain: CityChain
  projections: readonly Projection[]
  log: RelayLog
  /** From how many blocks on, its own counted, an event counts as final. */
  confirmations: number
  /** Blocks that are asked for at once. */
  pageBlocks: number
}

export type Reader = {
  /**
   * Undoes what the chain has lost, newest first, and applies what it has gained. Stops at an event whose projection
   * throws, with the reason in the log, and begins there the next time. @throws ChainError
   */
  catchUp(): Promise<{ applied: number; undone: number }>
  /** Undoes everything in one transaction and reads all again. @throws ChainError */
  rebuild(): Promise<void>
  /** The newest block that was read; -1 at the beginning. */
  position(sql: Sql): Promise<number>
}

/** Where the reader is. `hash` is empty before the first block. */
type Cursor = { block: number; hash: string; handles: string[]; fresh: boolean }
type Place = { block: number; hash: string }

/** How many blocks with events are compared with the chain, and taken back, in one step. */
const UNDO_BLOCKS = 50
/** How often in a row the chain or another process may move in the middle of a page, until the next round goes on. */
const MOST_DISTURBED = 10
/** Events read at once while taking back. */
const UNDO_EVENTS = 500

/**
 * The one that reads the chain: each event is stored and applied, and the cursor moved, in one transaction, which
 * holds the cursor's row and finds it where it was when the step began. So any number of processes may read at once,
 * and each event still counts exactly once.
 */
export function createReader(options: ReaderOptions): Reader {
  const { db, chain, projections, log, confirmations, pageBlocks } = options
  const begin = chain.manifest.deployBlock - 1
  const sources = projections.map(({ contract, abi, on }) => ({ contract, abi, events: Object.keys(on) }))
  const handles = projections
    .flatMap(({ name, contract, on }) =>
      Object.keys(on).map((event) => `${name} ${contract.toLowerCase()} ${event}`),
    )
    .sort()
  let poison: string | undefined

  /** Of the projections that `counted` names: one that has not applied an event must not undo it. */
  const handlersOf = (event: ChainEvent, counted: readonly string[]) =>
    projections.flatMap(({ name, on }) => {
      const handler = on[event.name]
      return handler && counted.includes(`${name} ${event.contract} ${event.name}`) ? [handler] : []
    })

  const readCursor = async (sql: Sql): Promise<Cursor | undefined> => {
    const [row] = await sql<Cursor>`
      SELECT "block", "blockHash" AS "hash", "handles", "updatedAt" > now() - interval '1 minute' AS "fresh"
      FROM "ReaderCursor" WHERE "id" = 1`
    return row
  }

  const cursor = async (): Promise<Cursor> => {
    const row = await readCursor(db.sql)
    if (row) return row
    await db.sql`
      INSERT INTO "ReaderCursor" ("id", "block", "blockHash", "handles") VALUES (1, ${begin}, '', ${handles}::text[])
      ON CONFLICT DO NOTHING`
    return cursor()
  }

  /** Runs `work` when the cursor is still at `from`, and moves it to what that answers. False: another was faster. */
  const step = (from: Place, work: (sql: Sql) => Promise<Place>): Promise<boolean> =>
    db.transaction(async (sql) => {
      const [row] = await sql<Place>`
        SELECT "block", "blockHash" AS "hash" FROM "ReaderCursor" WHERE "id" = 1 FOR UPDATE`
      if (row?.block !== from.block || row.hash !== from.hash) return false
      const to = await work(sql)
      await sql`
        UPDATE "ReaderCursor" SET "block" = ${to.block}, "blockHash" = ${to.hash}, "stoppedAt" = NULL,
          "updatedAt" = now()
        WHERE "id" = 1`
      return true
    })

  const isOnChain = async ({ block, hash }: Place) =>
    hash === '' || (await chain.blockAt(block))?.hash === hash

  /** Takes back all events of blocks above that one, newest first. */
  const takeBack = async (sql: Sql, above: number, counted: readonly string[]): Promise<number> => {
    for (let undone = 0; ; ) {
      const events = await sql<ChainEvent>`
        SELECT "block", "blockHash", "blockTime", "index", "txHash", "contract", "name", "args" FROM "ChainEvent"
        WHERE "block" > ${above} ORDER BY "block" DESC, "index" DESC LIMIT ${UNDO_EVENTS}::int`
      for (const event of events) {
        for (const handler of handlersOf(event, counted).reverse()) {
          await handler.undo(sql, event).catch((cause: unknown) => {
            throw new UnreadableEvent(event, cause)
          })
        }
        await sql`DELETE FROM "ChainEvent" WHERE "block" = ${event.block} AND "index" = ${event.index}`
      }
      undone += events.length
      if (events.length < UNDO_EVENTS) return undone
    }
  }

  /** One step back towards the newest block with an event that the chain still has. */
  const stepBack = async (from: Cursor): Promise<number> => {
    const newest = await db.sql<Place>`
      SELECT DISTINCT "block", "blockHash" AS "hash" FROM "ChainEvent"
      ORDER BY "block" DESC LIMIT ${UNDO_BLOCKS + 1}::int`
    const checked = newest.slice(0, UNDO_BLOCKS)
    const kept = await Promise.all(checked.map(isOnChain))
    // The last one of a full page may be lost as well, which the next step finds out.
    const target = checked[kept.indexOf(true)] ?? newest[UNDO_BLOCKS] ?? { block: begin, hash: '' }
    let undone = 0
    const moved = await step(from, async (sql) => {
      undone = await takeBack(sql, target.block, from.handles)
      return target
    })
    if (!moved) return 0
    log.warn({ from: from.block, to: target.block, undone }, 'relay: the chain lost blocks that were read')
    return undone
  }

  const applyBlock = async (from: Place, events: readonly ChainEvent[]): Promise<Place | undefined> => {
    const [first] = events
    if (!first) return from
    const to = { block: first.block, hash: first.blockHash }
    const moved = await step(from, async (sql) => {
      for (const event of events) {
        await sql`
          INSERT INTO "ChainEvent" ("block", "index", "blockHash", "blockTime", "txHash", "contract", "name", "args")
          VALUES (${event.block}, ${event.index}, ${event.blockHash}, ${event.blockTime}, ${event.txHash},
            ${event.contract}, ${event.name}, ${JSON.stringify(event.args)}::jsonb)`
        for (const handler of handlersOf(event, handles)) {
          await handler.apply(sql, event).catch((cause: unknown) => {
            throw new UnreadableEvent(event, cause)
          })
        }
      }
      return to
    })
    return moved ? to : undefined
  }

  /** One page forward. Undefined when there is nothing more, or the chain or another process moved meanwhile. */
  const stepForward = async (from: Place, target: number): Promise<number | undefined> => {
    const to = Math.min(from.block + pageBlocks, target)
    const last = await chain.blockAt(to)
    const events = await readEvents(chain.provider, sources, { from: from.block + 1, to })
    // What was read is of one chain when its ends are still in place.
    const ends = [from, ...(last ? [{ block: to, hash: last.hash }] : [])]
    if (!last || !events || !(await Promise.all(ends.map(isOnChain))).every(Boolean)) return undefined
    let at: Place | undefined = from
    for (const block of byBlock(events)) {
      at = await applyBlock(at, block)
      if (!at) return undefined
    }
    const end = { block: to, hash: last.hash }
    if (at.block < to && !(await step(at, async () => end))) return undefined
    return events.length
  }

  /** Whether this process may read on: tables follow from what the cursor names, no less and no more. */
  const agrees = async (now: Cursor): Promise<boolean> => {
    const known = new Set(now.handles)
    if (handles.every((handle) => known.has(handle))) {
      if (known.size === handles.length) return true
      // Another process, of a later version, reads more than this one would: it is left to it while it does.
      if (now.fresh) return false
    }
    log.warn(
      { before: now.handles.length, now: handles.length },
      'relay: other events count now; all is read again',
    )
    await restart()
    return true
  }

  const restart = () =>
    db.transaction(async (sql) => {
      const [row] = await sql<Pick<Cursor, 'handles'>>`
        SELECT "handles" FROM "ReaderCursor" WHERE "id" = 1 FOR UPDATE`
      await takeBack(sql, -1, row?.handles ?? [])
      await sql`
        UPDATE "ReaderCursor" SET "block" = ${begin}, "blockHash" = '', "handles" = ${handles}::text[], "stoppedAt" = NULL,
          "updatedAt" = now()
        WHERE "id" = 1`
    })

  /** For every process to see: the one that serves requests need not be the one that reads. */
  const noteStopped = (block: number) => db.sql`
    UPDATE "ReaderCursor" SET "stoppedAt" = ${block} WHERE "id" = 1 AND "stoppedAt" IS DISTINCT FROM ${block}::int`

  const advance = async (): Promise<{ applied: number; undone: number }> => {
    let applied = 0
    let undone = 0
    if (!(await agrees(await cursor()))) return { applied, undone }
    for (let disturbed = 0; disturbed < MOST_DISTURBED; ) {
      const [from, head] = [await cursor(), await chain.blockAt('latest')]
      if (!head) return { applied, undone }
      const isHead = head.number === from.block && head.hash === from.hash
      if (!isHead && !(await isOnChain(from))) {
        undone += await stepBack(from)
        continue
      }
      const target = head.number - confirmations + 1
      if (isHead || from.block >= target) return { applied, undone }
      const read = await stepForward(from, target)
      if (read === undefined) {
        disturbed++
        continue
      }
      applied += read
      disturbed = 0
      if (poison !== undefined) log.info({ place: poison }, 'relay: the event could be read now')
      poison = undefined
    }
    return { applied, undone }
  }

  const reader: Reader = {
    catchUp: async () => {
      try {
        return await advance()
      } catch (error) {
        if (!(error instanceof UnreadableEvent) || isPassing(error.cause)) throw error
        const { block, index, name, contract, txHash } = error.event
        const place = `${block}:${index}`
        // Once, and not again in each round: it waits until a version comes that can read it.
        if (poison !== place) {
          const detail = { block, index, name, contract, txHash, err: error.cause }
          log.error(detail, 'relay: an event cannot be read; everything after it waits')
        }
        poison = place
        await noteStopped(block)
        return { applied: 0, undone: 0 }
      }
    },
    rebuild: async () => {
      await cursor()
      await restart()
      await reader.catchUp()
    },
    position: async (sql) => (await readCursor(sql))?.block ?? -1,
  }
  return reader
}

/** A projection threw: its transaction is rolled back, and the place is known. */
class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent'
  readonly event: ChainEvent

  constructor(event: ChainEvent, cause: unknown) {
    super(`Event ${event.name} in block ${event.block} can be neither applied nor undone.`, { cause })
    this.event = event
  }
}

/** Postgres gave up a transaction for another's sake or lost its connection: the next round repeats it. */
const isPassing = (cause: unknown): boolean =>
  /^(40|08|57)/.test(String((Object(cause) as { code?: unknown }).code ?? ''))

function byBlock(events: readonly ChainEvent[]): ChainEvent[][] {
  const blocks = new Map<number, ChainEvent[]>()
  for (const event of events) blocks.set(event.block, [...(blocks.get(event.block) ?? []), event])
  return [...blocks.values()]
}
