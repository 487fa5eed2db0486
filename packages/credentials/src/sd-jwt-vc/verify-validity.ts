import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'

const CLOCK_SKEW_SECONDS = 60

/**
 * Checks `exp`, `nbf` and `iat` at `now` (seconds). A credential without `exp` does not expire.
 * Throws `credential_expired`, `credential_not_yet_valid`.
 */
export function verifyValidity({ exp, nbf, iat }: JsonObject, now: number): void {
  if (exp !== undefined && (typeof exp !== 'number' || now >= exp + CLOCK_SKEW_SECONDS)) {
    throw new CredentialError('credential_expired', 'The credential has expired.')
  }
  for (const from of [nbf, iat]) {
    if (from !== undefined && (typeof from !== 'number' || from > now + CLOCK_SKEW_SECONDS)) {
      throw new CredentialError('credential_not_yet_valid', 'The credential is not valid yet.')
    }
  }
}
