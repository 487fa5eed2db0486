import { Oauth2ClientErrorResponseError } from '@openid4vc/oauth2'
import { asHolderError, HolderError } from '../error.ts'
import type { HolderPorts } from '../holder.ts'
import type { Issuer } from '../issuer.ts'
import { addressOf } from '../reach.ts'
import type { HeldKey, SignInUnderWay } from '../types.ts'
import { clientRefusal, type Server, withSecondTry } from './server.ts'
import { resourceOf } from './token.ts'

/**
 * Asks for authorization (OpenID4VCI 1.0 section 5): pushed where the server takes it so (RFC 9126), with PKCE S256,
 * state, and the key that the code and its tokens are bound to.
 *
 * @returns the address to send the browser to; of a pushed request it holds nothing but a reference
 * @throws HolderError `offer_unsupported` (no such flow at this server), `issuer_refused`, `wallet_revoked`, network
 */
export async function requestAuthorization(
  issuer: Issuer,
  server: Server,
  { signIn, dpopKey, uiLocales }: { signIn: SignInUnderWay; dpopKey: HeldKey; uiLocales: string | undefined },
  ports: HolderPorts,
): Promise<string> {
  const { metadata } = server
  const challenges = metadata.code_challenge_methods_supported
  if (metadata.authorization_endpoint === undefined || (challenges && !challenges.includes('S256'))) {
    throw new HolderError('offer_unsupported', `${metadata.issuer} has no sign-in that this wallet can use`)
  }
  const { redirectUri, state, codeVerifier: pkceCodeVerifier, clientId, offer } = signIn
  try {
    const { authorizationRequestUrl } = await withSecondTry(() =>
      server.client.createAuthorizationRequestUrl({
        // The library leaves PKCE out where the server does not speak of it, and takes `plain` where it may.
        authorizationServerMetadata: { ...metadata, code_challenge_methods_supported: ['S256'] },
        clientId,
        redirectUri,
        state,
        pkceCodeVerifier,
        ...server.dpop(dpopKey),
        ...wanted(
          issuer,
          offer.types.map(({ configurationId }) => configurationId),
        ),
        additionalRequestPayload: {
          ...(uiLocales === undefined ? {} : { ui_locales: uiLocales }),
          ...(offer.issuerState === undefined ? {} : { issuer_state: offer.issuerState }),
          ...details(
            issuer,
            offer.types.map(({ configurationId }) => configurationId),
          ),
        },
      }),
    )
    return addressOf(authorizationRequestUrl, ports.allowInsecure ?? false).href
  } catch (error) {
    if (error instanceof Oauth2ClientErrorResponseError) {
      const { error: serverCode, error_description: words = serverCode } = error.errorResponse
      throw (
        clientRefusal(error, server.identity) ??
        new HolderError('issuer_refused', words, { serverCode, cause: error })
      )
    }
    throw asHolderError(error, 'issuer_malformed')
  }
}

/** By scope where each type has one (HAIP 1.0 section 4.2: MUST). */
function scopesOf(issuer: Issuer, types: string[]): string[] | undefined {
  const known = issuer.metadata.credentialIssuer.credential_configurations_supported
  const scopes = types.flatMap((id) => known[id]?.scope ?? [])
  return scopes.length === types.length ? scopes : undefined
}

function wanted(issuer: Issuer, types: string[]): { scope?: string; resource?: string } {
  const scopes = scopesOf(issuer, types)
  return scopes ? { scope: scopes.join(' '), ...resourceOf(issuer) } : {}
}

/** By authorization details where not. */
function details(issuer: Issuer, types: string[]): { authorization_details?: object[] } {
  if (scopesOf(issuer, types)) return {}
  const { resource } = resourceOf(issuer)
  return {
    authorization_details: types.map((credential_configuration_id) => ({
      type: 'openid_credential',
      credential_configuration_id,
      ...(resource === undefined ? {} : { locations: [resource] }),
    })),
  }
}
