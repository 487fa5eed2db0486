export type ChainErrorCode =
  /** No answer from the node. Nothing is known of what was asked; ask again later. */
  | 'chain_unavailable'
  /** The contract refused; `reason` names its error. */
  | 'reverted'
  /** The node would not take the transaction (nonce used, not well formed). */
  | 'transaction_refused'
  /** The transaction was taken but not mined in time. It may still be. */
  | 'not_mined'
  /** The node is of another network than the manifest or the configuration says. */
  | 'wrong_chain'
  /** At the manifest's address stands other code than this version's: deploying over it would lose its history. */
  | 'different_contract'

/** What went wrong between us and the chain. `code` is stable; the sentence is for the log. */
export class ChainError extends Error {
  override readonly name = 'ChainError'
  readonly code: ChainErrorCode
  /** Name of the contract's custom error, for `reverted`; the node's own words for `transaction_refused`. */
  readonly reason: string | undefined

  constructor(
    code: ChainErrorCode,
    message: string,
    options?: { cause?: unknown; reason?: string | undefined },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.reason = options?.reason
  }
}
