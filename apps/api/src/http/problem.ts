/**
 * Every refusal of our own endpoints, with its HTTP status. The code is stable and is what clients act on;
 * the sentence is for people. OAuth and OpenID endpoints answer with `oauthError` instead.
 */
export const STATUS_OF = {
  bad_request: 400,
  invalid_file: 400,
  unauthenticated: 401,
  enrolment_link_spent: 401,
  device_clock_wrong: 401,
  wallet_unknown: 403,
  wallet_instance_revoked: 403,
  forbidden: 403,
  not_found: 404,
  unknown_agency: 404,
  unknown_type: 404,
  unknown_template: 404,
  unknown_subject: 404,
  conflict: 409,
  not_entitled: 409,
  type_not_accredited: 409,
  issuer_suspended: 409,
  already_revoked: 409,
  not_suspended: 409,
  not_valid: 409,
  already_applied: 409,
  already_decided: 409,
  not_anchored_yet: 404,
  account_number_wrong: 400,
  account_unknown: 404,
  account_elsewhere: 409,
  wallet_of_another: 409,
  move_running: 409,
  move_done: 409,
  verification_pending: 409,
  verification_refused: 409,
  verification_spent: 410,
  returned_elsewhere: 409,
  expired: 410,
  offer_expired: 410,
  offer_already_used: 410,
  offer_locked: 410,
  idempotency_conflict: 409,
  unknown_programme: 404,
  unknown_rule: 404,
  budget_below_spent: 409,
  budget_spent: 409,
  day_limit_reached: 409,
  programme_ended: 409,
  programme_stopped: 409,
  quantity_too_large: 409,
  same_person: 409,
  bad_signature: 400,
  payee_unknown: 404,
  account_frozen: 409,
  amount_differs: 409,
  code_of_another: 409,
  code_used: 409,
  offline_limit: 409,
  payee_frozen: 409,
  payment_failed: 409,
  payments_open: 409,
  points_paused: 409,
  points_too_few: 409,
  refund_too_much: 409,
  request_of_another: 409,
  request_paid: 409,
  statement_differs: 409,
  year_end: 409,
  code_expired: 410,
  refund_window_closed: 410,
  request_cancelled: 410,
  request_expired: 410,
  activity_closed: 409,
  attendance_overlaps: 409,
  check_in_closed: 409,
  hours_too_many: 409,
  not_checked_out: 409,
  not_signed_up: 409,
  note_needed: 409,
  own_consent: 409,
  proof_each: 409,
  signup_overlaps: 409,
  too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal: 500,
  chain_unavailable: 503,
  database_unavailable: 503,
} as const

export type ProblemCode = keyof typeof STATUS_OF

/** A refusal that the caller may read, as RFC 9457. Whatever else is thrown becomes `internal`. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ProblemCode
  /** Further members of the problem document, such as `errors` with one entry per faulty field. */
  readonly extra: Record<string, unknown>

  constructor(code: ProblemCode, detail: string, extra: Record<string, unknown> = {}) {
    super(detail)
    this.code = code
    this.extra = extra
  }
}

/** A refusal in the protocol's own words: `{"error", "error_description"}` (RFC 6749 section 5.2). */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: string
  readonly status: number
  readonly headers: Record<string, string>
  /** Further members of the body, such as the code of the failed check. */
  readonly extra: Record<string, unknown>

  constructor(
    error: string,
    description: string,
    options: { status?: number; headers?: Record<string, string>; extra?: Record<string, unknown> } = {},
  ) {
    super(description)
    this.error = error
    this.status = options.status ?? 400
    this.headers = options.headers ?? {}
    this.extra = options.extra ?? {}
  }
}
