import type { Context } from '../context.ts'
import { patiently } from './patience.ts'
import type { ReaderState } from './reader-watch.ts'

export type Readiness = ReaderState & {
  ready: boolean
  /** Something is not as it should be, and requests are served all the same. */
  degraded: boolean
  database: 'up' | 'down'
  /** The chain may be down: issuing goes on, anchoring catches up. So it does not decide `ready`. */
  chain: 'up' | 'down'
}

export type Health = { readiness(): Promise<Readiness> }

/** @param readerState see `createReaderWatch` */
export function createHealth(
  { db, chain }: Pick<Context, 'db' | 'chain'>,
  readerState: () => Promise<ReaderState>,
): Health {
  return {
    readiness: async () => {
      const [database, chainUp, { reader, lag }] = await Promise.all([
        patiently(() => db.sql`SELECT 1`.then(() => true), false),
        patiently(() => chain.isUp(), false),
        readerState(),
      ])
      return {
        ready: database,
        degraded: !database || !chainUp || reader === 'behind' || reader === 'stopped',
        database: database ? 'up' : 'down',
        chain: chainUp ? 'up' : 'down',
        reader,
        lag,
      }
    },
  }
}
