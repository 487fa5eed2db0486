/** A language that pages are written in. */
export type Locale = 'ko' | 'en'

/** What sign-in is told by settings; without it nobody can sign in. */
export type SignInSettings = {
  /** Issuer identifier of the OpenID provider; its discovery document lies below it. */
  issuer: string
  clientId: string
  /** Absent: a public client, which PKCE alone protects. */
  clientSecret?: string
  /** The claim that is the person's stable identifier. */
  subjectClaim: string
  /** Space-separated scopes, `openid` among them. */
  scope: string
  /** Whose identifiers these are in the register; the issuer unless told. */
  namespace?: string
}

/**
 * Where the provider sends the browser back to, below the public address: providers register it, so it is one and
 * the same for every sign-in. The interaction that waits is found by other means (a cookie), not by this address.
 */
export const SIGN_IN_CALLBACK = '/oauth/sign-in/callback'

export type SignInErrorCode =
  | 'sign_in_unavailable'
  | 'sign_in_failed'
  | 'sign_in_cancelled'
  | 'not_in_register'

/** Why nobody is signed in. The message is for the log and names no person. */
export class SignInError extends Error {
  override readonly name = 'SignInError'
  readonly code: SignInErrorCode

  constructor(code: SignInErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export type SignIn = {
  /**
   * Where to send the browser. `kept` goes into the interaction (sealed) and comes back to `finish`, once.
   * @throws SignInError `sign_in_unavailable`
   */
  begin(options: { callbackUrl: string; locale: Locale }): Promise<{ redirectTo: string; kept: string }>
  /**
   * Who came back. Of `currentUrl` only the query counts; the address is the one that `begin` was given.
   * @throws SignInError
   */
  finish(currentUrl: URL, kept: string): Promise<{ residentId: string }>
}
