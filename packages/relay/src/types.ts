import type { ChainEvent, Hex, TxRequest } from '@pass/chain'
import type { Sql } from '@pass/database'

/** The city's accounts that send through the relay. Nothing else may send from them. */
export type SignerName = 'anchorer' | 'settler' | 'treasurer' | 'approver'

/** Something that must happen on the chain exactly once. The contract refuses it a second time. */
export type Effect = {
  /** Idempotency key, and the key of its transaction: `<what>:<id>`, unique over all lanes. */
  key: string
  signer: SignerName
  request: TxRequest
  /** Gas limit of a call whose cost is known, as an estimate runs it many times over. Absent: estimated. */
  gas?: bigint
}

/** A capability's way to the sender. What it answers is read from tables, so a restart loses nothing. */
export type Lane = {
  name: string
  /** Makes batches of what waits, in transactions of its own. Called in each round, by several processes at once. */
  gather?(now: Date): Promise<void>
  /** What no event has confirmed yet, on its way or not, in the order to be sent. At most `limit`. */
  pending(limit: number): Promise<Effect[]>
  /**
   * The contract refuses it, and nothing that is on its way can change that any more. `reason` is the name of the
   * contract's error. Must change only what is pending at that moment: its event may have come in between. Called
   * again as long as the effect is pending, so what passes (a pause) can be left alone.
   */
  refused?(sql: Sql, key: string, reason: string | undefined): Promise<void>
}

/** What an event changes in the tables, and the exact reverse. Both run in the transaction that moves the cursor. */
export type EventHandler = {
  /** Called once for each event, in the chain's order. What it throws stops the reader at this event. */
  apply(sql: Sql, event: ChainEvent): Promise<void>
  /** Puts everything back to as it was before `apply`: the fact is pending again. Called newest first. */
  undo(sql: Sql, event: ChainEvent): Promise<void>
}

/**
 * Tables that follow from the events of one contract. Several may stand on the same contract and the same event; they
 * are applied in the order given. Whatever they write comes from the event and the tables, never from a clock or the
 * chain, so that reading everything again ends in the same tables.
 */
export type Projection = {
  name: string
  contract: Hex
  /** Human-readable ABI with the events named in `on`; see `cityEvents` in @pass/chain. */
  abi: readonly string[]
  on: Record<string, EventHandler>
}
