import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client'
import { SignInError } from './types.ts'

/** RFC 6749 sections 4.1.2.1 and 5.2: the provider itself says that it cannot now. */
const TEMPORARY = new Set(['server_error', 'temporarily_unavailable'])
/** What a person who turns back at the provider's page is reported as. */
const TURNED_BACK = new Set(['access_denied'])

/** What a failure at the provider means for the citizen. The message names codes alone: no claim, code or token. */
export function failureOf(error: unknown): SignInError {
  if (error instanceof SignInError) return error
  if (error instanceof AuthorizationResponseError) {
    const said = `The provider answered ${wordOf(error.error)}.`
    if (TURNED_BACK.has(error.error)) return new SignInError('sign_in_cancelled', said)
    return new SignInError(TEMPORARY.has(error.error) ? 'sign_in_unavailable' : 'sign_in_failed', said)
  }
  if (error instanceof ResponseBodyError) {
    const down = error.status >= 500 || TEMPORARY.has(error.error)
    return new SignInError(
      down ? 'sign_in_unavailable' : 'sign_in_failed',
      `The provider's token endpoint answered ${error.status} ${wordOf(error.error)}.`,
    )
  }
  if (isOutage(error)) return new SignInError('sign_in_unavailable', 'The provider does not answer.')
  const code = error instanceof ClientError ? error.code : undefined
  return new SignInError(
    'sign_in_failed',
    `What the provider answered does not stand (${code ?? 'no code'}).`,
  )
}

/** No connection, no answer in time, or an answer with a status of 500 and above. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // undici's own errors of a connection that failed; their cause has the system's code.
  if (error instanceof TypeError && /^(fetch failed|terminated)$/.test(error.message)) return true
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT') return true
  if (cause instanceof Response) return cause.status >= 500
  return cause !== undefined && cause !== error && isOutage(cause)
}

/** Error codes are ASCII words; whatever else a provider sends stays out of the log. */
function wordOf(code: unknown): string {
  return typeof code === 'string' && /^[a-z_]{1,50}$/.test(code) ? code : 'an unknown error'
}
