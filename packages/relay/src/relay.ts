import { ChainError, type CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { Signer } from 'ethers'
import type { RelayLog } from './log.ts'
import { createReader, type Reader } from './reader.ts'
import { createSender } from './sender.ts'
import type { Lane, Projection, SignerName } from './types.ts'

export type RelayOptions = {
  db: Database
  chain: CityChain
  /** The accounts' keys. Nothing else may send from them. */
  signerOf: (name: SignerName) => Promise<Signer>
  /** In the order in which one account sends them. */
  lanes: readonly Lane[]
  /** In the order in which an event is applied. */
  projections: readonly Projection[]
  clock: () => Date
  log: RelayLog
  /** From how many blocks on, its own counted, something counts as final. */
  confirmations?: number
  /** Pause between two rounds, unless somebody wakes it. */
  pollMs?: number
  /** How long a transaction may wait while blocks go by, before it is replaced. */
  stuckAfterMs?: number
  /** Blocks that the reader asks for at once. */
  pageBlocks?: number
}

export type Relay = {
  /** Works until `stop`. */
  start(): void
  /** Ends after what it is doing now. */
  stop(): Promise<void>
  /** One round: read, gather, send, read. A chain that is down is logged, not thrown. */
  tick(): Promise<void>
  /** Something waits: the next round begins at once, or as soon as this one ends. */
  wake(): void
  reader: Pick<Reader, 'catchUp' | 'rebuild'>
}

/** How often one round looks again while something moves. */
const LOOKS = 20
/** A node that mines on demand has taken it after that long. */
const MINING_MS = 15
const QUIET_LOOKS = 3

/**
 * The way to the chain and back: one sender for everything that must happen there, one reader of all that has. Any
 * number of processes may run one on the same Postgres: nonces are unique in the database, the cursor moves in the
 * transaction of what follows from an event, and the contracts refuse a second time whatever slips through.
 */
export function createRelay(options: RelayOptions): Relay {
  const { clock, lanes, log } = options
  const { confirmations = 1, pollMs = 500, stuckAfterMs = 30_000, pageBlocks = 1000 } = options
  const reader = createReader({ ...options, confirmations, pageBlocks })
  const sender = createSender({ ...options, reader, stuckAfterMs })
  let up = true
  let round: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let running = false
  let woken = false

  const gather = async () => {
    for (const lane of lanes) {
      await lane.gather?.(clock()).catch((err: unknown) => {
        log.error({ err, lane: lane.name }, 'relay: a lane cannot gather, the others go on')
      })
    }
  }

  const once = async () => {
    await reader.catchUp()
    let leftAny = false
    let news = true
    for (let look = 0, quiet = 0; look < LOOKS && quiet < QUIET_LOOKS; look++) {
      // What was just confirmed may be what the next batch waited for.
      if (news) await gather()
      const { sent, inFlight } = await sender.send()
      const { applied, undone } = await reader.catchUp()
      leftAny ||= sent > 0
      news = applied + undone > 0
      if (sent > 0 || news) {
        quiet = 0
        continue
      }
      if (!leftAny || inFlight === 0) break
      quiet++
      await new Promise((done) => setTimeout(done, MINING_MS))
    }
  }

  const guarded = async () => {
    try {
      await once()
      if (!up) log.info({}, 'relay: the chain answers again')
      up = true
    } catch (error) {
      const down = error instanceof ChainError && error.code === 'chain_unavailable'
      if (!down) log.error({ err: error }, 'relay: a round failed, the next one tries again')
      else if (up) log.warn({ err: error }, 'relay: the chain does not answer; what is to be sent waits')
      if (down) up = false
    }
  }

  /** Two rounds at once in one process would only get in each other's way. */
  const tick = (): Promise<void> => {
    round ??= guarded().finally(() => {
      round = undefined
    })
    return round
  }

  const loop = async () => {
    woken = false
    await tick()
    clearTimeout(timer)
    if (running) timer = setTimeout(loop, woken && up ? 0 : pollMs)
  }

  return {
    tick,
    reader: { catchUp: reader.catchUp, rebuild: reader.rebuild },
    start: () => {
      if (running) return
      running = true
      void loop()
    },
    wake: () => {
      woken = true
      // Under way, or not running: the loop looks at `woken` when its round ends.
      if (!running || round) return
      clearTimeout(timer)
      timer = setTimeout(loop, 0)
    },
    stop: async () => {
      running = false
      clearTimeout(timer)
      await round
    },
  }
}
