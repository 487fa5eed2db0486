import { CredentialError } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import { ResponseEncryptionError } from '../jose/jwe.ts'
import { RegistryUnavailable } from './accreditation.ts'
import type { Refusal } from './codes.ts'

/** What the wallet is told, by code. The code is for the wallet's own words; the sentence is for its maker. */
const SENTENCES: Record<Refusal, string> = {
  malformed_response: 'The answer cannot be read.',
  request_expired: 'The request has expired.',
  already_answered: 'The request was answered before.',
  asked_elsewhere: 'Only the wallet that asked can answer, with a DPoP proof of its key.',
  declined: 'The request was declined.',
  not_returned: 'The browser did not come back to the verifier in time.',
  returned_elsewhere: 'The browser came back to another session than the one that asked.',
  invalid_signature: "The issuer's signature does not match.",
  untrusted_certificate: 'The issuer has no certificate of a trusted authority.',
  wrong_type: 'A credential of another type was asked for.',
  authority_mismatch: 'A credential of another authority was asked for.',
  tampered_disclosure: 'A disclosed claim does not belong to the credential.',
  issuer_suspended: 'The issuer was suspended when this was issued.',
  issuer_not_accredited: 'The issuer was not accredited for this type when this was issued.',
  nonce_mismatch: 'The presentation was made for another request.',
  audience_mismatch: 'The presentation was made for another verifier.',
  holder_binding_invalid: 'The holder did not prove possession of the credential.',
  transaction_data_mismatch: 'The transaction that was asked for was not confirmed.',
  credential_expired: 'The credential has expired.',
  credential_not_yet_valid: 'The credential is not valid yet.',
  credential_revoked: 'The credential was revoked.',
  credential_suspended: 'The credential is suspended.',
  status_unavailable: "The credential's state could not be learnt.",
  anchor_missing: 'A receipt of the anchor is required and was not presented.',
  anchor_invalid: 'The receipt is not for this credential.',
  anchor_unknown_root: 'The receipt names a root that the chain does not know.',
  missing_disclosure: 'Something that was asked for is missing.',
  claim_mismatch: 'A claim is not what was asked for.',
}

/** The presentation was read and does not count. The request is closed; the browser may be sent back all the same. */
export const refused = (code: Refusal, redirectUri?: string): OAuthError =>
  new OAuthError('invalid_presentation', SENTENCES[code], {
    extra: { code, ...(redirectUri === undefined ? {} : { redirect_uri: redirectUri }) },
  })

/** The answer cannot be read. The request stays open. */
export const malformed = (description = SENTENCES.malformed_response): OAuthError =>
  new OAuthError('invalid_request', description, { extra: { code: 'malformed_response' satisfies Refusal } })

/** The request takes no answer any more. */
export const closed = (code: 'request_expired' | 'already_answered'): OAuthError =>
  new OAuthError('invalid_request', SENTENCES[code], { extra: { code } })

/** The answer is not of the wallet that asked. The request stays open. */
export const askedElsewhere = (): OAuthError =>
  new OAuthError('invalid_dpop_proof', SENTENCES.asked_elsewhere, {
    extra: { code: 'asked_elsewhere' satisfies Refusal },
  })

export const unknownRequest = (): OAuthError =>
  new OAuthError('invalid_request', 'There is no such request.', { status: 404 })

/** What keeps a presentation from being decided at all. Anything else is thrown on as it is. */
export function undecided(error: unknown): unknown {
  if (error instanceof ResponseEncryptionError) return malformed(error.message)
  if (error instanceof CredentialError && error.code === 'malformed_response') return malformed(error.message)
  if (error instanceof RegistryUnavailable)
    return new OAuthError('temporarily_unavailable', 'The issuer cannot be checked right now. Try again.', {
      status: 503,
    })
  return error
}
