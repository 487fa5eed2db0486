import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  type IDToken,
} from 'openid-client'
import { z } from 'zod'
import { newSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { failureOf } from './failure.ts'
import type { Identities } from './identities.ts'
import { createProvider } from './provider.ts'
import { type SignIn, SignInError } from './types.ts'

/** Longer than anybody signs in. */
const KEPT_MS = 15 * 60 * 1000
/** How far two machines' clocks may differ. */
const TOLERANCE_SECONDS = 30

/** What `begin` hands to the interaction: what came back is held against it. */
const keptSchema = z.object({
  issuer: z.string(),
  callbackUrl: z.url(),
  state: z.string().min(40),
  nonce: z.string().min(40),
  verifier: z.string().min(43),
  begunAt: z.number(),
})
type Kept = z.output<typeof keptSchema>

/** Signs citizens in at the OpenID provider of the settings: code flow, PKCE, state, nonce, and anew each time. */
export function createSignIn(
  context: Pick<Context, 'config' | 'clock' | 'random' | 'fetch' | 'log'>,
  { identities }: { identities: Pick<Identities, 'residentOf'> },
): SignIn {
  const { clock, random, log } = context
  const settings = context.config.signIn
  const provider = settings && createProvider(settings, context)
  const ready = () => {
    if (!settings || !provider)
      throw new SignInError('sign_in_unavailable', 'No sign-in provider is set up: see SIGN_IN_ISSUER.')
    return { settings, provider }
  }
  /** Says what happened without what the provider said of anybody. */
  const refused = (step: string, error: unknown): SignInError => {
    const failure = failureOf(error)
    if (failure.code !== 'sign_in_cancelled') {
      provider?.forget()
      log.warn({ step, code: failure.code, reason: failure.message }, 'sign-in did not succeed')
    }
    return failure
  }

  return {
    begin: async ({ callbackUrl, locale }) => {
      const { settings, provider } = ready()
      const kept: Kept = {
        issuer: settings.issuer,
        callbackUrl,
        state: newSecret(random),
        nonce: newSecret(random),
        verifier: newSecret(random),
        begunAt: clock().getTime(),
      }
      const codeChallenge = await calculatePKCECodeChallenge(kept.verifier)
      const redirectTo = await provider
        .with(async (configuration) =>
          buildAuthorizationUrl(configuration, {
            response_type: 'code',
            scope: settings.scope,
            redirect_uri: callbackUrl,
            state: kept.state,
            nonce: kept.nonce,
            code_challenge: codeChallenge,
            code_challenge_method: 'S256',
            // Whoever holds the phone now, not whoever signed in on it last: OpenID Connect Core section 3.1.2.1.
            prompt: 'login',
            max_age: '0',
            ui_locales: locale,
          }),
        )
        .catch((error) => {
          // Whatever is wrong with its document, it is nothing that the citizen did.
          throw new SignInError('sign_in_unavailable', refused('discovery', error).message, { cause: error })
        })
      return { redirectTo: redirectTo.href, kept: JSON.stringify(kept) }
    },

    finish: async (currentUrl, keptText) => {
      const { settings, provider } = ready()
      const kept = readKept(keptText)
      const age = clock().getTime() - kept.begunAt
      if (kept.issuer !== settings.issuer || age > KEPT_MS)
        throw refused(
          'return',
          new SignInError('sign_in_failed', 'This sign-in began too long ago or elsewhere.'),
        )
      const returned = new URL(kept.callbackUrl)
      returned.search = currentUrl.search
      const identifier = await provider
        .with((configuration) => identifierFrom(configuration, returned, kept, settings.subjectClaim))
        .catch((error) => {
          throw refused('return', error)
        })
      const residentId = await identities.residentOf(identifier)
      if (residentId === undefined)
        throw new SignInError('not_in_register', 'Nobody in the register has the identifier that signed in.')
      return { residentId }
    },
  }
}

function readKept(text: string): Kept {
  try {
    return keptSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new SignInError('sign_in_failed', 'What was kept of this sign-in cannot be read.', { cause })
  }
}

/**
 * Takes the code to the provider. The library checks `iss` (RFC 9207), `state`, the ID token's issuer, audience, times,
 * nonce and signature.
 */
async function identifierFrom(
  configuration: Configuration,
  returned: URL,
  kept: Kept,
  claim: string,
): Promise<string> {
  const tokens = await authorizationCodeGrant(configuration, returned, {
    expectedState: kept.state,
    expectedNonce: kept.nonce,
    pkceCodeVerifier: kept.verifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (!claims) throw new SignInError('sign_in_failed', 'The provider gave no ID token.')
  checkSignedInAnew(claims, kept)
  const asserted =
    claims[claim] ?? (await fetchUserInfo(configuration, tokens.access_token, claims.sub))[claim]
  if (typeof asserted !== 'string' || asserted === '' || asserted.length > 255)
    throw new SignInError('sign_in_failed', `The provider gave no usable "${claim}".`)
  return asserted
}

/** A provider that was asked with `max_age` says when the person signed in (OpenID Connect Core section 2). */
function checkSignedInAnew({ auth_time }: IDToken, { begunAt }: Kept): void {
  if (typeof auth_time !== 'number' || auth_time < Math.floor(begunAt / 1000) - TOLERANCE_SECONDS)
    throw new SignInError('sign_in_failed', 'The provider did not ask the person to sign in anew.')
}
