import { ChainError, type CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { Signer } from 'ethers'
import { pendingEffects } from './effect.ts'
import { gather } from './gather.ts'
import type { RelayLog } from './log.ts'
import { reconcileWithChain } from './reconcile.ts'
import { rebroadcast, submit } from './submit.ts'

export type RelayOptions = {
  db: Database
  chain: CityChain
  /** The anchorer's account. Nothing else may send from it. */
  signer: Signer
  clock: () => Date
  log: RelayLog
  /** Most credentials under one root. */
  batchSize?: number
  /** How long a credential waits at most for others to share its root. */
  batchAgeMs?: number
  /** From how many blocks on, its own counted, something counts as final. */
  confirmations?: number
  /** Pause between two looks at the outbox. */
  pollMs?: number
}

export type Relay = {
  /** Works through the outbox until `stop`. */
  start(): void
  /** Ends after what it is doing now. */
  stop(): Promise<void>
  /** One round: take back what the chain lost, gather, send, confirm. A chain that is down is logged, not thrown. */
  tick(): Promise<void>
  /** Compares with the chain and answers how many batches have to be anchored again. @throws ChainError */
  reconcile(): Promise<{ reanchored: number }>
}

/** How often one round looks again after it has sent something. */
const LOOKS = 5

/** The newest block seen, by which a chain that lost or replaced it is noticed. */
type SeenBlock = { number: number; hash: string }

/**
 * The one way to the chain: outbox rows become batches, each sent as one transaction from one account. Any number of
 * processes may run one on the same Postgres: rows are taken under locks, nonces are unique in the database, and the
 * contract refuses a second time whatever slips through.
 */
export function createRelay(options: RelayOptions): Relay {
  const { db, chain, signer, clock, log } = options
  const { batchSize = 1000, batchAgeMs = 5000, confirmations = 1, pollMs = 500 } = options
  const submitting = { sql: db.sql, chain, signer, log, confirmations, clock }
  let seen: SeenBlock | undefined
  let up = true
  let round: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let running = false

  const reconcile = async () => {
    const newest = await newestBlock(chain)
    const { reanchored, recommitted } = await reconcileWithChain(db, chain)
    seen = newest
    if (reanchored + recommitted > 0) {
      log.warn({ reanchored, recommitted }, 'relay: the chain came back older; what it lost is sent again')
    }
    return { reanchored }
  }

  const once = async () => {
    await watchChain()
    await gather(db, { batchSize, batchAgeMs, now: clock() })
    // A node that mines on demand has taken it by now, so the next look confirms what this one sent.
    for (let look = 0; look < LOOKS; look++) {
      const newest = await watchChain()
      const nonce = await rebroadcast(submitting)
      const effects = await pendingEffects(db.sql, chain)
      if ((await submit(submitting, effects, nonce, newest.number)) === 0) break
    }
  }

  /**
   * Answers the newest block, after making sure that it follows on the one seen before. In this order nothing slips
   * through: only what lies up to `newest` is confirmed next, and should `newest` itself be replaced, the next look
   * finds it gone.
   */
  const watchChain = async (): Promise<SeenBlock> => {
    const newest = await newestBlock(chain)
    if (!seen || (await chain.blockAt(seen.number))?.hash !== seen.hash) await reconcile()
    seen = newest
    return newest
  }

  const guarded = async () => {
    try {
      await once()
      if (!up) log.info({}, 'relay: the chain answers again')
      up = true
    } catch (error) {
      const down = error instanceof ChainError && error.code === 'chain_unavailable'
      if (!down) log.error({ err: error }, 'relay: a round failed, the next one tries again')
      else if (up) log.warn({ err: error }, 'relay: the chain does not answer; what is issued waits')
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
    await tick()
    if (running) timer = setTimeout(loop, pollMs)
  }

  return {
    tick,
    reconcile,
    start: () => {
      if (running) return
      running = true
      void loop()
    },
    stop: async () => {
      running = false
      clearTimeout(timer)
      await round
    },
  }
}

async function newestBlock(chain: CityChain): Promise<SeenBlock> {
  const newest = await chain.blockAt('latest')
  if (!newest) throw new ChainError('chain_unavailable', 'The chain has no newest block.')
  return newest
}
