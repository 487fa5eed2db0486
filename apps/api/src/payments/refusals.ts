import { Problem, type ProblemCode } from '../http/problem.ts'

/** What `hold_payment` answers when it does not hold, with the code that the caller gets, and the sentence. */
const REFUSALS = {
  wallet_unknown: ['wallet_unknown', 'No wallet of that address is connected with a citizen.'],
  account_frozen: [
    'account_frozen',
    'This wallet cannot pay: its points are with another key, or on the way.',
  ],
  points_paused: ['points_paused', 'The city has stopped all points for the moment. Nothing was taken.'],
  code_used: ['code_used', 'This payment was made already, or a later one was: nothing was taken again.'],
  payee_unknown: ['payee_unknown', 'There is no such payee.'],
  payee_frozen: ['payee_frozen', 'This payee may not take points at the moment. Nothing was taken.'],
  request_needed: ['bad_request', 'A merchant is paid on its request: the request is missing.'],
  request_unknown: ['not_found', 'There is no such request of this payee.'],
  request_of_another: ['request_of_another', 'This request is for another citizen.'],
  request_paid: ['request_paid', 'This request has been paid already. Nothing was taken.'],
  request_cancelled: ['request_cancelled', 'This request was withdrawn. Nothing was taken.'],
  request_expired: ['request_expired', 'This request has run out. Ask for a new one. Nothing was taken.'],
  amount_differs: [
    'amount_differs',
    'The amount is not the one that the merchant asked for. Nothing was taken.',
  ],
  offline_limit: ['offline_limit', 'No more payments without a network today. Nothing was taken.'],
  points_too_few: ['points_too_few', 'There are not enough points. Nothing was taken.'],
  year_end: ['year_end', 'Points that end with this year cannot be spent in its last ten minutes.'],
} as const satisfies Record<string, readonly [ProblemCode, string]>

/** The refusal as the caller gets it. @throws Error for an outcome that is none */
export function refusalOf(outcome: string, extra: Record<string, unknown> = {}): Problem {
  if (!Object.hasOwn(REFUSALS, outcome)) throw new Error(`The database answered ${outcome} to a payment.`)
  const [code, sentence] = REFUSALS[outcome as keyof typeof REFUSALS]
  return new Problem(code, sentence, extra)
}
