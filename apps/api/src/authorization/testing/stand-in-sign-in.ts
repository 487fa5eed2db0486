import { randomUUID } from 'node:crypto'
import { type SignIn, SignInError, type SignInErrorCode } from '../../sign-in/types.ts'

/**
 * In place of a sign-in provider's pages, for tests of what is before and after them: the address that the browser comes back
 * to says who is signed in (`resident`), or what went wrong (`problem`).
 */
export function createStandInSignIn(): SignIn {
  return {
    begin: async ({ callbackUrl, locale }) => {
      const state = randomUUID()
      const redirectTo = new URL('https://sign-in.test/authorize')
      redirectTo.search = new URLSearchParams({
        state,
        redirect_uri: callbackUrl,
        ui_locales: locale,
      }).toString()
      return { redirectTo: redirectTo.href, kept: state }
    },
    finish: async ({ searchParams }, kept) => {
      const problem = searchParams.get('problem') as SignInErrorCode | null
      if (problem) throw new SignInError(problem, 'As the test wants it.')
      if (searchParams.get('state') !== kept) throw new SignInError('sign_in_failed', 'Another state.')
      return { residentId: searchParams.get('resident') ?? '' }
    },
  }
}
