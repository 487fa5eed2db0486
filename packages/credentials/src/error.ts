/**
 * Every reason this package refuses something. The first group are the codes a verifier reports for a
 * presentation; the others concern issuing, the catalogue, status lists and registrations.
 */
export type RefusalCode =
  | 'invalid_signature'
  | 'untrusted_certificate'
  | 'nonce_mismatch'
  | 'audience_mismatch'
  | 'holder_binding_invalid'
  | 'credential_expired'
  | 'credential_not_yet_valid'
  | 'missing_disclosure'
  | 'claim_mismatch'
  | 'tampered_disclosure'
  | 'wrong_type'
  | 'authority_mismatch'
  | 'transaction_data_mismatch'
  | 'malformed_response'

export type CredentialErrorCode =
  | RefusalCode
  | 'malformed_credential'
  | 'not_entitled'
  | 'invalid_type'
  | 'invalid_template'
  | 'invalid_parameter'
  | 'invalid_query'
  | 'invalid_transaction_data'
  | 'invalid_status_list'
  | 'invalid_registration'
  | 'unknown_claim'

/** A refusal. `code` is stable and is what callers act on; the sentence is for people and logs. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
  readonly code: CredentialErrorCode

  constructor(code: CredentialErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
