/** Stable codes of what can go wrong; a screen turns each into a sentence. */
export type HolderErrorCode =
  // Receiving
  | 'offer_malformed'
  | 'offer_unsupported'
  | 'offer_expired'
  | 'offer_already_used'
  | 'offer_locked'
  | 'tx_code_required'
  | 'tx_code_wrong'
  | 'issuer_malformed'
  | 'issuer_untrusted'
  | 'issuer_refused'
  | 'credential_invalid'
  // Presenting
  | 'request_malformed'
  | 'request_unsupported'
  | 'request_expired'
  | 'verifier_untrusted'
  | 'nothing_matches'
  | 'choice_invalid'
  | 'asked_elsewhere'
  // Either
  | 'network'
  | 'insecure_address'
  | 'busy'
  | 'server_error'
  | 'not_found'
  | 'storage'

export type HolderErrorDetails = {
  /** Whether anything of the holder's left the device before it failed. */
  shared?: boolean
  /** The server's own error code. */
  serverCode?: string
  /** Tries left for the transaction code, when the server says. */
  attemptsLeft?: number
  /** Seconds to wait, when the server says (429, 503). */
  retryAfter?: number
  cause?: unknown
}

/** The only error that the holder throws. `message` is for the log; screens go by `code` and `shared`. */
export class HolderError extends Error {
  override readonly name = 'HolderError'
  readonly code: HolderErrorCode
  readonly shared: boolean
  readonly serverCode?: string
  readonly attemptsLeft?: number
  readonly retryAfter?: number

  constructor(code: HolderErrorCode, message: string, details: HolderErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.shared = details.shared ?? false
    if (details.serverCode !== undefined) this.serverCode = details.serverCode
    if (details.attemptsLeft !== undefined) this.attemptsLeft = details.attemptsLeft
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter
  }
}

/** The holder's own error inside an error that a library wrapped around it. */
export function holderErrorWithin(error: unknown): HolderError | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 8; inner = inner.cause, depth++) {
    if (inner instanceof HolderError) return inner
  }
  return undefined
}

/** Gives back a `HolderError`: the one inside, or a new one with this code. */
export function asHolderError(
  error: unknown,
  code: HolderErrorCode,
  details: HolderErrorDetails = {},
): HolderError {
  const within = holderErrorWithin(error)
  if (within) return within
  const message = error instanceof Error ? error.message : String(error)
  return new HolderError(code, message, { ...details, cause: error })
}
