import { Oauth2ClientErrorResponseError } from '@openid4vc/oauth2'
import { z } from 'zod'
import { asHolderError, HolderError, type HolderErrorCode } from '../error.ts'
import type { HolderPorts } from '../holder.ts'
import type { Issuer } from '../issuer.ts'
import type { Reach } from '../reach.ts'
import type { HeldKey, TokenSet } from '../types.ts'
import { clientIdAt } from './client-attestation.ts'
import { clientRefusal, type Server, serverOf, withSecondTry } from './server.ts'

/** What is exchanged for tokens. */
export type Grant =
  | { preAuthorizedCode: string; txCode?: string }
  | { code: string; codeVerifier: string; redirectUri: string }
  | { refreshToken: string }

export type Granted = TokenSet & {
  /** Datasets to be asked for by name, per configuration (OpenID4VCI 1.0 section 6.2). */
  identifiers: { configurationId: string; credentialIdentifiers: string[] }[]
}

const detailsSchema = z.object({
  type: z.literal('openid_credential'),
  credential_configuration_id: z.string(),
  credential_identifiers: z.array(z.string()).min(1),
})

/**
 * Asks the token endpoint (section 6), with this wallet's attestation where the server knows it, for tokens bound to
 * `dpopKey` where the server knows DPoP (RFC 9449).
 *
 * @throws HolderError an offer or transaction code error, `sign_in_required` (the code is over), `issuer_refused`
 *   (`serverCode` `invalid_grant` for a refresh token that is over), `wallet_unattested`, `wallet_revoked`
 */
export async function fetchTokens(
  issuer: Issuer,
  { authorizationServer, dpopKey }: { authorizationServer?: string | undefined; dpopKey: HeldKey },
  grant: Grant,
  ports: HolderPorts,
  reach: Reach,
): Promise<Granted> {
  const server = await serverOf(issuer, authorizationServer, ports, reach)
  try {
    const { accessTokenResponse: tokens } = await withSecondTry(() => send(server, issuer, dpopKey, grant))
    const clientId = clientIdAt(server.metadata, server.identity)
    return {
      authorizationServer: server.metadata.issuer,
      ...(clientId === undefined ? {} : { clientId }),
      accessToken: tokens.access_token,
      ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
      dpopKey,
      dpopBound: tokens.token_type.toLowerCase() === 'dpop',
      identifiers: (tokens.authorization_details ?? []).flatMap((details) => {
        const { data } = detailsSchema.safeParse(details)
        if (!data) return []
        const {
          credential_configuration_id: configurationId,
          credential_identifiers: credentialIdentifiers,
        } = data
        return [{ configurationId, credentialIdentifiers: [...new Set(credentialIdentifiers)] }]
      }),
    }
  } catch (error) {
    if (error instanceof Oauth2ClientErrorResponseError) {
      throw clientRefusal(error, server.identity) ?? refusal(error, grant)
    }
    throw asHolderError(error, 'issuer_malformed')
  }
}

function send(server: Server, issuer: Issuer, dpopKey: HeldKey, grant: Grant) {
  const authorizationServerMetadata = server.metadata
  const request = { authorizationServerMetadata, ...server.dpop(dpopKey), ...resourceOf(issuer) }
  if ('refreshToken' in grant) {
    return server.client.retrieveRefreshTokenAccessToken({ ...request, refreshToken: grant.refreshToken })
  }
  if ('code' in grant) {
    const { code: authorizationCode, codeVerifier: pkceCodeVerifier, redirectUri } = grant
    return server.client.retrieveAuthorizationCodeAccessToken({
      ...request,
      authorizationCode,
      pkceCodeVerifier,
      redirectUri,
    })
  }
  return server.client.retrievePreAuthorizedCodeAccessToken({
    ...request,
    preAuthorizedCode: grant.preAuthorizedCode,
    ...(grant.txCode === undefined ? {} : { txCode: grant.txCode }),
  })
}

/** Tells a server of several issuers which is meant (section 5.1.2). */
export function resourceOf({ metadata }: Issuer): { resource?: string } {
  const { authorization_servers: servers, credential_issuer: resource } = metadata.credentialIssuer
  return servers === undefined ? {} : { resource }
}

/** Our own issuers name the reason in `code`. */
const CODES: ReadonlySet<string> = new Set<HolderErrorCode>([
  'offer_expired',
  'offer_already_used',
  'offer_locked',
  'tx_code_required',
  'tx_code_wrong',
])

/** Others have only `invalid_grant` and their own words for the reasons that section 6.3 lumps together. */
const WORDS: [RegExp, HolderErrorCode][] = [
  [/lock|too many|attempts/i, 'offer_locked'],
  [/expired/i, 'offer_expired'],
  [/already|redeemed|used/i, 'offer_already_used'],
  [/pre-?authorized[ _]code/i, 'offer_expired'],
  [/tx_?code|transaction code|\bpin\b/i, 'tx_code_wrong'],
]

function refusal(error: Oauth2ClientErrorResponseError, grant: Grant): HolderError {
  const body: Record<string, unknown> = error.errorResponse
  const code = body['code']
  const left = body['attempts_left']
  const details = {
    serverCode: typeof code === 'string' ? code : error.errorResponse.error,
    ...(typeof left === 'number' ? { attemptsLeft: left } : {}),
    cause: error,
  }
  const words = error.errorResponse.error_description ?? error.errorResponse.error
  const over = error.errorResponse.error === 'invalid_grant'
  if ('refreshToken' in grant) return new HolderError('issuer_refused', words, details)
  if ('code' in grant) return new HolderError(over ? 'sign_in_required' : 'issuer_refused', words, details)

  const gaveTxCode = grant.txCode !== undefined
  if (typeof code === 'string') {
    return new HolderError(CODES.has(code) ? (code as HolderErrorCode) : 'issuer_refused', words, details)
  }
  if (!over) {
    const missing = !gaveTxCode && /tx_?code/i.test(words)
    return new HolderError(missing ? 'tx_code_required' : 'issuer_refused', words, details)
  }
  const meant = WORDS.find(([pattern]) => pattern.test(words))?.[1]
  return new HolderError(meant ?? (gaveTxCode ? 'tx_code_wrong' : 'offer_expired'), words, details)
}
