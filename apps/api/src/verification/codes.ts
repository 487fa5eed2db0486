import { z } from 'zod'

/**
 * What is examined of each presented credential, in the order in which screens list it. `transaction_data` is there only
 * when a transaction was asked to be confirmed.
 */
export const CHECKS = [
  'signature',
  'certificate',
  'issuer_accredited',
  'holder_binding',
  'validity',
  'status',
  'anchor',
  'disclosures',
  'transaction_data',
] as const

export type Check = (typeof CHECKS)[number]

/** Why a presentation was refused. Stable: clients act on it, the wallet turns it into a sentence. */
export const REFUSALS = [
  'malformed_response',
  'request_expired',
  'already_answered',
  'asked_elsewhere',
  'declined',
  'not_returned',
  'returned_elsewhere',
  'untrusted_certificate',
  'invalid_signature',
  'wrong_type',
  'authority_mismatch',
  'tampered_disclosure',
  'issuer_suspended',
  'issuer_not_accredited',
  'nonce_mismatch',
  'audience_mismatch',
  'holder_binding_invalid',
  'transaction_data_mismatch',
  'credential_expired',
  'credential_not_yet_valid',
  'credential_revoked',
  'credential_suspended',
  'status_unavailable',
  'anchor_missing',
  'anchor_invalid',
  'anchor_unknown_root',
  'missing_disclosure',
  'claim_mismatch',
] as const

export type Refusal = (typeof REFUSALS)[number]

/** One check of one credential. `absent`: there was nothing to check, and the policy allows that. */
export type CheckResult = {
  /** Id of the DCQL credential query that the presentation answers. */
  credential: string
  check: Check
  result: 'passed' | 'failed' | 'absent'
  code?: Refusal
}

export const checkResultSchema = z.object({
  credential: z.string(),
  check: z.enum(CHECKS),
  result: z.enum(['passed', 'failed', 'absent']),
  code: z.enum(REFUSALS).optional(),
})

/**
 * The code that a refused presentation is reported under. When several checks fail, the one nearest to the root of
 * the trouble is named: a forged credential also fails its holder binding, and saying so would mislead.
 */
export function refusalOf(checks: readonly CheckResult[]): Refusal | undefined {
  const failed = new Set(checks.flatMap(({ result, code }) => (result === 'failed' && code ? [code] : [])))
  return REFUSALS.find((code) => failed.has(code))
}
