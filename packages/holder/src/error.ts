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
  // Receiving after a sign-in with the issuer
  /** The person, or the sign-in provider on their behalf, said no. */
  | 'sign_in_cancelled'
  | 'sign_in_failed'
  /** The provider could not be reached. */
  | 'sign_in_unavailable'
  /** Signed in, but the city's register has no such resident. */
  | 'not_in_register'
  /** Signed in, but the register does not show what the credential requires. */
  | 'not_entitled'
  /** The office may not issue at the moment. */
  | 'issuer_suspended'
  /** Signed in as somebody else than the offer is for. */
  | 'other_person'
  /** Nobody here began what the return answers. */
  | 'sign_in_unknown'
  /** The return is not from where the person was sent (RFC 9207). */
  | 'sign_in_mixed_up'
  /** The sign-in was broken off or is too long ago: begin it anew. */
  | 'sign_in_required'
  /** The issuer takes only wallets that a provider vouches for, and none vouches for this one. */
  | 'wallet_unattested'
  /** The provider does not vouch for this wallet any more, or the issuer does not believe it. */
  | 'wallet_revoked'
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
  /** A document larger than any of its kind. */
  | 'too_large'
  | 'busy'
  | 'server_error'
  | 'not_found'
  | 'storage'

export type HolderErrorDetails = {
  /** Whether anything of the holder's left the device before it failed. */
  shared?: boolean
  /** The server's own error code. */
  serverCode?: string
  /** Why, in the words of the one who refused, for the person. */
  reason?: string
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
  readonly reason?: string
  readonly attemptsLeft?: number
  readonly retryAfter?: number

  constructor(code: HolderErrorCode, message: string, details: HolderErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.shared = details.shared ?? false
    if (details.serverCode !== undefined) this.serverCode = details.serverCode
    if (details.reason !== undefined) this.reason = details.reason
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
