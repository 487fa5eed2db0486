import type { Context } from '../context.ts'
import { patiently } from './patience.ts'

export type ReaderState = {
  /**
   * `stopped`: an event cannot be applied, and everything after it waits until a version comes that can. `behind`: it
   * reads, or should. `unknown`: nothing was read yet, or the chain does not say how far it is.
   */
  reader: 'following' | 'behind' | 'stopped' | 'unknown'
  /** Final blocks that were not read yet. */
  lag: number | null
}

/** Some rounds of the relay, on a chain that is as fast as any. */
const MOST_BEHIND = 50

/**
 * How far the events of the chain have come into our tables. Paying goes on without them, but nothing is confirmed and
 * no balance grows. Read from the database, since any process may be the one that reads the chain.
 */
export function createReaderWatch({
  db,
  chain,
  config,
}: Pick<Context, 'db' | 'chain' | 'config'>): () => Promise<ReaderState> {
  return async () => {
    const [[cursor], head] = await Promise.all([
      patiently(() => readCursor(db), []),
      patiently(() => chain.blockNumber(), undefined),
    ])
    if (!cursor) return { reader: 'unknown', lag: null }
    const lag = head === undefined ? null : Math.max(0, head - config.chainConfirmations + 1 - cursor.block)
    if (cursor.stoppedAt !== null) return { reader: 'stopped', lag }
    if (lag === null) return { reader: 'unknown', lag }
    return { reader: lag > MOST_BEHIND ? 'behind' : 'following', lag }
  }
}

type Cursor = { block: number; stoppedAt: number | null }

const readCursor = ({ sql }: Context['db']): Promise<Cursor[]> =>
  sql<Cursor>`SELECT "block", "stoppedAt" FROM "ReaderCursor" WHERE "id" = 1`
