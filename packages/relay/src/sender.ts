import { ChainError, type CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import type { Signer } from 'ethers'
import type { RelayLog } from './log.ts'
import { type Account, noteLanded, sendNew, type TransactionRow, tendNonces } from './nonces.ts'
import type { Reader } from './reader.ts'
import { createRefusals } from './refusals.ts'
import type { Effect, Lane, SignerName } from './types.ts'

export type SenderOptions = {
  db: Database
  chain: CityChain
  signerOf: (name: SignerName) => Promise<Signer>
  lanes: readonly Lane[]
  reader: Pick<Reader, 'position'>
  clock: () => Date
  log: RelayLog
  /** How long a transaction may wait while blocks go by, before it is replaced. */
  stuckAfterMs: number
}

export type Sender = {
  /**
   * Sends what has no transaction, or one that was mined without its effect (reverted, or its nonce used by another).
   * Each is written down before it leaves. Answers how many left, and how many are on their way. @throws ChainError
   * `chain_unavailable`
   */
  send(): Promise<{ sent: number; inFlight: number }>
}

/** Of each lane in one round. */
const MOST_EFFECTS = 100
/** Of one account at once: nodes keep only so many that wait for the one before. */
const MOST_IN_FLIGHT = 64

type Waiting = { lane: Lane; effect: Effect }

/**
 * The one that sends: lanes in their order, each account's transactions in the order of its nonces, which the
 * database owns. Accounts do not wait for each other. Whether something has happened, only the reader says.
 */
export function createSender(options: SenderOptions): Sender {
  const { db, chain, signerOf, lanes, reader, log, stuckAfterMs } = options
  const nonces = { sql: db.sql, chain, log, stuckAfterMs, refusedOnce: new Set<string>() }
  const refusals = createRefusals(options)

  const pendingOf = async (lane: Lane): Promise<Waiting[]> => {
    try {
      return (await lane.pending(MOST_EFFECTS)).map((effect) => ({ lane, effect }))
    } catch (error) {
      log.error({ err: error, lane: lane.name }, 'relay: a lane does not say what is to be sent')
      return []
    }
  }

  /** An older chain may lack the contracts for a moment, and what is sent to an empty address is lost. */
  const checkContracts = async (waiting: readonly Waiting[]) => {
    const addresses = [...new Set(waiting.map(({ effect }) => effect.request.to))]
    const there = await Promise.all(addresses.map(chain.transactions.hasContract))
    if (there.every(Boolean)) return
    throw new ChainError('chain_unavailable', 'The chain does not hold the contract that is to be called.')
  }

  /**
   * Whether the effect needs a (new) transaction. One that was mined in a block that the reader has read, and is
   * still pending, has not had its effect.
   */
  const isDue = async (row: TransactionRow | undefined, { address, nonce }: Account, read: number) => {
    if (!row) return true
    if (row.signer === address && row.nonce >= nonce) return false
    const outcome = await chain.transactions.outcomeOf(row.hash)
    return !outcome?.ok || outcome.block <= read
  }

  const sendOf = async (name: SignerName, waiting: readonly Waiting[], read: number) => {
    const newest = await chain.blockNumber()
    const { account, inFlight } = await tendNonces(nonces, await signerOf(name), newest)
    const keys = waiting.map(({ effect }) => effect.key)
    const rows = await db.sql<TransactionRow>`
      SELECT "key", "signer", "nonce", "raw", "hash" FROM "ChainTransaction" WHERE "key" = ANY(${keys}::text[])`
    const byKey = new Map(rows.map((row) => [row.key, row]))
    const due = await Promise.all(waiting.map(({ effect }) => isDue(byKey.get(effect.key), account, read)))
    let sent = 0
    for (const { lane, effect } of waiting.filter((_, i) => due[i])) {
      if (inFlight + sent >= MOST_IN_FLIGHT) break
      if (refusals.rests(effect.key)) continue
      try {
        if (await sendNew(nonces, account, effect, byKey.get(effect.key), newest)) sent++
      } catch (error) {
        if (!(error instanceof ChainError) || error.code !== 'reverted') throw error
        await refusals.note(lane, effect, error.reason)
      }
    }
    return { sent, inFlight: inFlight + sent }
  }

  return {
    send: async () => {
      await noteLanded(nonces)
      // Read first: what is pending afterwards has no event up to here.
      const read = await reader.position(db.sql)
      const waiting = (await Promise.all(lanes.map(pendingOf))).flat()
      refusals.keep(waiting.map(({ effect }) => effect.key))
      if (waiting.length === 0) return { sent: 0, inFlight: 0 }
      await checkContracts(waiting)
      const total = { sent: 0, inFlight: 0 }
      for (const [name, own] of bySigner(waiting)) {
        try {
          const { sent, inFlight } = await sendOf(name, own, read)
          total.sent += sent
          total.inFlight += inFlight
        } catch (error) {
          if (error instanceof ChainError && error.code === 'chain_unavailable') throw error
          log.error({ err: error, signer: name }, 'relay: an account cannot send, the others go on')
        }
      }
      return total
    },
  }
}

function bySigner(waiting: readonly Waiting[]): Map<SignerName, Waiting[]> {
  const accounts = new Map<SignerName, Waiting[]>()
  for (const each of waiting) {
    const own = accounts.get(each.effect.signer)
    if (own) own.push(each)
    else accounts.set(each.effect.signer, [each])
  }
  return accounts
}
