import { HolderError, type HolderErrorCode } from '../error.ts'
import type { PendingIssuance, SignInUnderWay } from '../types.ts'

/** What the browser brought back from a sign-in. */
export type AuthorizationResponse = {
  address: string
  state: string
  iss?: string
  code?: string
  error?: { code: string; description: string }
}

/**
 * Reads the address that the browser came back to.
 *
 * @throws HolderError `sign_in_unknown` when it answers nothing, `sign_in_mixed_up` when it says a thing twice
 */
export function readReturn(returnUrl: string): AuthorizationResponse {
  if (!URL.canParse(returnUrl)) throw new HolderError('sign_in_unknown', 'not an address')
  const { origin, pathname, searchParams } = new URL(returnUrl)
  const only = (name: string): string | undefined => {
    const values = searchParams.getAll(name)
    // RFC 6749 section 3.1: no parameter more than once.
    if (values.length > 1) throw new HolderError('sign_in_mixed_up', `${name} is there twice`)
    return values[0]
  }
  const [state, iss, code, error] = [only('state'), only('iss'), only('code'), only('error')]
  if (!state) throw new HolderError('sign_in_unknown', 'no sign-in is answered')
  return {
    address: `${origin}${pathname}`,
    state,
    ...(iss === undefined ? {} : { iss }),
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error: { code: error, description: only('error_description') ?? '' } }),
  }
}

/**
 * Checks that the answer came by the address and from the server that the person was sent with and to (RFC 9207): a
 * code of one server must never reach another.
 *
 * @returns the code
 * @throws HolderError `sign_in_mixed_up`, or why there is no code
 */
export function codeFrom(
  response: AuthorizationResponse,
  pending: PendingIssuance,
  signIn: SignInUnderWay,
): string {
  const { address, iss, code, error } = response
  const { origin, pathname } = new URL(signIn.redirectUri)
  const elsewhere = address !== `${origin}${pathname}`
  const another = iss === undefined ? signIn.namesItself : iss !== pending.authorizationServer
  if (elsewhere || another) throw new HolderError('sign_in_mixed_up', `the answer is from ${iss ?? address}`)
  if (error) throw refusal(error)
  if (!code) throw new HolderError('sign_in_failed', 'neither a code nor an error came back')
  return code
}

/** Our own server says more than OAuth has codes for, at the beginning of the description. */
const REASONS: readonly HolderErrorCode[] = [
  'sign_in_cancelled',
  'not_in_register',
  'not_entitled',
  'issuer_suspended',
  'other_person',
  'sign_in_unavailable',
  'sign_in_failed',
]

function refusal({ code: serverCode, description }: { code: string; description: string }): HolderError {
  if (description.startsWith('too_many_requests')) return new HolderError('busy', description, { serverCode })
  const said = REASONS.find((reason) => description.startsWith(reason))
  const code =
    said ??
    (serverCode === 'access_denied'
      ? 'sign_in_cancelled'
      : serverCode === 'temporarily_unavailable' || serverCode === 'server_error'
        ? 'sign_in_unavailable'
        : 'sign_in_failed')
  return new HolderError(code, description || serverCode, { serverCode })
}
