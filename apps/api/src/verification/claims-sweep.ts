import type { Context } from '../context.ts'
import { sweepUnreturned } from './return-store.ts'
import { sweepClaims, sweepUnanswered } from './store.ts'

const EVERY_MS = 10_000
/** Overlap of one sweep with the one before, for answers whose transaction ended late. */
const OVERLAP_MS = 60_000
/** How long the list at the desk still shows a request that nobody answered. */
const UNANSWERED_MS = 24 * 60 * 60 * 1000

/**
 * Drops disclosed claims that nobody has read in time, and the decryption keys of requests that nobody answered.
 * After a restart the first sweep looks at everything; later ones at what has come of age since.
 */
export function createClaimsSweep(
  { db, clock, log }: Pick<Context, 'db' | 'clock' | 'log'>,
  maxAgeSeconds: number,
) {
  let swept = new Date(0)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> | undefined

  const sweep = async (): Promise<number> => {
    const now = clock()
    const until = new Date(now.getTime() - maxAgeSeconds * 1000)
    // Whatever comes of age now was made after this: a request is open for less time than claims are kept.
    const since = new Date(Math.max(0, swept.getTime() - UNANSWERED_MS - OVERLAP_MS))
    const dropped = await sweepClaims(db.sql, { since, until })
    await sweepUnanswered(db.sql, { since, now, oldest: new Date(now.getTime() - UNANSWERED_MS) })
    await sweepUnreturned(db.sql, { since, now })
    swept = until
    return dropped
  }

  return {
    sweep,
    start(): void {
      const quietly = () => {
        running ??= sweep()
          .catch((error: unknown) =>
            log.error({ type: Object(error).name }, 'disclosed claims could not be dropped'),
          )
          .finally(() => {
            running = undefined
          })
      }
      timer ??= setInterval(quietly, EVERY_MS)
      timer.unref()
      quietly()
    },
    async stop(): Promise<void> {
      clearInterval(timer)
      timer = undefined
      await running
    },
  }
}
