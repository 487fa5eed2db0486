/** Refusals of the city's own endpoints that a screen has words for. */
export const API_CODES = [
  'device_clock_wrong',
  'wallet_unknown',
  'account_elsewhere',
  'account_frozen',
  'wallet_of_another',
  'move_running',
  'move_done',
  'unknown_subject',
  'verification_pending',
  'verification_spent',
  'verification_refused',
  'points_too_few',
  'request_expired',
  'request_paid',
  'request_cancelled',
  'request_of_another',
  'amount_differs',
  'payee_frozen',
  'payee_unknown',
  'code_expired',
  'code_used',
  'bad_signature',
  'offline_limit',
  'year_end',
  'request_unverified',
] as const

export type ApiCode = (typeof API_CODES)[number]

/**
 * A request to the city that came to nothing. `code` is the city's own for a refusal, or `network`, `busy` or
 * `server_error` when there is no answer that counts: then what was asked for may have happened.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  /** Further members of the problem document (RFC 9457). */
  readonly extra: Record<string, unknown>

  constructor(code: string, message: string, extra: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.extra = extra
  }
}

/** Whether the city gave an answer, and the answer was no. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !['network', 'busy', 'server_error'].includes(error.code)
}
