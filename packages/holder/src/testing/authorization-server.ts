import { randomBytes } from 'node:crypto'
import {
  type AuthorizationServerMetadata,
  authorizationCodeGrantIdentifier,
  Oauth2AuthorizationServer,
  Oauth2ServerErrorResponseError,
  preAuthorizedCodeGrantIdentifier,
} from '@openid4vc/oauth2'
import type { Certified } from './authority.ts'
import type { TestIssuer } from './issuer.ts'
import { createNonces, payloadOf } from './nonces.ts'
import { peerCallbacks } from './peer-callbacks.ts'
import type { Answer, Handler, Served } from './serve.ts'
import { WALLET } from './wallet-provider.ts'

export const TX_CODE = '493021'

/** A right to credentials: what an offer or a sign-in stands for. */
type Right = { id: string; jkt?: string; expiresAt: Date; locked: boolean; types: string[] }
type Pushed = { params: Record<string, string>; jkt?: string; at: number }

/** The authorization server of a test issuer, by the peer's library. */
export function createAuthorizationServer(served: Served, certified: Certified, made: TestIssuer) {
  const { server: at } = made
  const id = `${served.url}${at}`
  const callbacks = peerCallbacks(certified)
  const peer = new Oauth2AuthorizationServer({ callbacks })
  const nonces = createNonces()
  const challenges = createNonces()
  const rights = new Map<string, Right>()
  const pushed = new Map<string, Pushed>()
  const codes = new Map<string, { pushed: Pushed; right: Right }>()
  const refreshTokens = new Map<string, Right>()

  const metadata = (): AuthorizationServerMetadata => ({
    issuer: id,
    token_endpoint: `${id}/token`,
    jwks_uri: `${id}/jwks`,
    dpop_signing_alg_values_supported: ['ES256'],
    ...(made.terms.attested
      ? {
          token_endpoint_auth_methods_supported: ['attest_jwt_client_auth'],
          ...(made.terms.challengeEndpoint ? { challenge_endpoint: `${id}/challenge` } : {}),
        }
      : { 'pre-authorized_grant_anonymous_access_supported': true }),
    ...(made.terms.signIn
      ? {
          authorization_endpoint: `${id}/authorize`,
          pushed_authorization_request_endpoint: `${id}/par`,
          require_pushed_authorization_requests: true,
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
          ...made.faults.serverMetadata,
        }
      : {}),
  })
  const route = (path: string, handler: Handler) =>
    served.routes.set(path, (request) => protocol(() => handler(request)))

  /** Section by section what a request to this server has to carry; the key it is bound to. */
  const authenticated = async (headers: Headers, expected: { clientId?: string | undefined } = {}) => {
    const attestation = headers.get('oauth-client-attestation')
    if (!made.terms.attested) return
    if (made.faults.unknownClient) throw refused('invalid_client_attestation')
    const pop = headers.get('oauth-client-attestation-pop')
    if (!challenges.take(payloadOf(pop)['challenge'])) throw refused('use_attestation_challenge')
    await peer.verifyClientAttestation({
      authorizationServer: id,
      clientAttestationJwt: attestation ?? '',
      clientAttestationPopJwt: pop ?? '',
    })
    if (expected.clientId !== undefined && expected.clientId !== WALLET) throw refused('invalid_client')
  }
  const withNonce = async (headers: Headers, handle: () => Promise<Answer>): Promise<Answer> => {
    const fresh: Record<string, string> = made.terms.attested
      ? { 'oauth-client-attestation-challenge': challenges.fresh() }
      : {}
    const { nonce } = payloadOf(headers.get('dpop'))
    if (!nonces.take(nonce)) {
      made.dpopNoncesAsked++
      return {
        status: 400,
        headers: { ...fresh, 'dpop-nonce': nonces.fresh() },
        body: { error: 'use_dpop_nonce' },
      }
    }
    const answer = await protocol(handle)
    return answer === 'cut' ? answer : { ...answer, headers: { ...fresh, ...answer.headers } }
  }
  const tokensFor = async (
    right: Right,
    jwk: Parameters<typeof peer.createAccessTokenResponse>[0]['dpop'],
  ) => {
    const refreshToken = made.terms.refresh ? randomBytes(16).toString('base64url') : undefined
    if (refreshToken) refreshTokens.set(refreshToken, right)
    return peer.createAccessTokenResponse({
      audience: made.id,
      authorizationServer: id,
      expiresInSeconds: made.faults.tokenLifetime ?? 300,
      signer: { method: 'jwk', alg: 'ES256', publicJwk: { ...certified.publicJwk, kid: 'token' } },
      subject: right.id,
      ...(jwk ? { dpop: jwk } : {}),
      ...(refreshToken ? { refreshToken } : {}),
      additionalAccessTokenResponsePayload: made.terms.identifiers
        ? {
            authorization_details: right.types.map((type) => ({
              type: 'openid_credential',
              credential_configuration_id: type,
              credential_identifiers: made.terms.identifiers?.map((name) => `${type}-${name}`),
            })),
          }
        : {},
    })
  }

  route(`/.well-known/oauth-authorization-server${at}`, () => ({ body: metadata() }))
  route(`${at}/jwks`, () => ({
    body: { keys: [{ ...certified.publicJwk, kid: 'token', alg: 'ES256', use: 'sig' }] },
  }))
  route(`${at}/challenge`, () => ({ body: { attestation_challenge: challenges.fresh() } }))

  route(`${at}/par`, ({ url, method, headers, text }) =>
    withNonce(headers, async () => {
      const params = Object.fromEntries(new URLSearchParams(text))
      made.pushed.push(params)
      await authenticated(headers, { clientId: params['client_id'] })
      const parsed = await peer.parsePushedAuthorizationRequest({
        authorizationRequest: params,
        request: { url, method, headers },
      })
      const { dpop } = await peer.verifyPushedAuthorizationRequest({
        authorizationServerMetadata: metadata(),
        authorizationRequest: parsed.authorizationRequest,
        request: { url, method, headers },
        dpop: { required: true, ...parsed.dpop, allowedSigningAlgs: ['ES256'] },
      })
      const reference = `urn:ietf:params:oauth:request_uri:${randomBytes(8).toString('hex')}`
      pushed.set(reference, { params, at: Date.now(), ...(dpop ? { jkt: dpop.jwkThumbprint } : {}) })
      return { status: 201, body: { request_uri: reference, expires_in: 60 } }
    }),
  )

  // The person signs in at once; what comes back may be spoilt.
  route(`${at}/authorize`, ({ url }) => {
    const query = new URL(url).searchParams
    made.authorizations.push(Object.fromEntries(query))
    const request = pushed.get(query.get('request_uri') ?? '')
    pushed.delete(query.get('request_uri') ?? '')
    if (!request) return { status: 400, body: { error: 'invalid_request' } }
    const {
      redirect_uri: redirectUri = '',
      state = '',
      scope,
      authorization_details: details,
    } = request.params
    const types = details
      ? JSON.parse(details).map(
          (entry: { credential_configuration_id: string }) => entry.credential_configuration_id,
        )
      : (scope ?? '').split(' ').map((name) => name.replace('scope:', ''))
    const right: Right = {
      id: randomBytes(8).toString('hex'),
      expiresAt: new Date(Date.now() + 60_000),
      locked: false,
      types,
    }
    const code = randomBytes(12).toString('base64url')
    codes.set(code, { pushed: request, right })
    const answer = { state, iss: id, ...(made.faults.denied ?? { code }), ...made.faults.returned }
    return { status: 302, headers: { location: `${redirectUri}?${new URLSearchParams(answer)}` } }
  })

  route(`${at}/token`, ({ url, method, headers, text }) =>
    withNonce(headers, async () => {
      const form = Object.fromEntries(new URLSearchParams(text))
      made.tokenRequests.push(form)
      await authenticated(headers, { clientId: form['client_id'] })
      const request = { url, method, headers }
      const parsed = peer.parseAccessTokenRequest({ request, accessTokenRequest: form })
      const dpop = { required: true, ...parsed.dpop, allowedSigningAlgs: ['ES256'] }
      const common = {
        authorizationServerMetadata: metadata(),
        accessTokenRequest: parsed.accessTokenRequest,
        request,
      }
      if (parsed.grant.grantType === preAuthorizedCodeGrantIdentifier) {
        const code = parsed.grant.preAuthorizedCode
        const right = rights.get(code)
        if (!right) return { status: 400, body: { error: 'invalid_grant', code: 'offer_expired' } }
        if (right.locked)
          return { status: 400, body: { error: 'invalid_grant', error_description: 'Too many attempts' } }
        if (parsed.accessTokenRequest.tx_code !== TX_CODE) {
          return { status: 400, body: { error: 'invalid_grant', code: 'tx_code_wrong', attempts_left: 4 } }
        }
        const verified = await peer.verifyPreAuthorizedCodeAccessTokenRequest({
          ...common,
          grant: parsed.grant,
          expectedPreAuthorizedCode: code,
          expectedTxCode: TX_CODE,
          preAuthorizedCodeExpiresAt: right.expiresAt,
          dpop,
        })
        // Redeemed once, but the same key may ask again: its answer may have been lost.
        if (right.jkt !== undefined && right.jkt !== verified.dpop?.jwkThumbprint) {
          return { status: 400, body: { error: 'invalid_grant', code: 'offer_already_used' } }
        }
        if (verified.dpop) right.jkt = verified.dpop.jwkThumbprint
        const body = await tokensFor(right, verified.dpop)
        return made.spent('token') ? 'cut' : { body }
      }
      if (parsed.grant.grantType === authorizationCodeGrantIdentifier) {
        const known = codes.get(parsed.grant.code)
        codes.delete(parsed.grant.code)
        if (!known || form['redirect_uri'] !== known.pushed.params['redirect_uri'])
          throw refused('invalid_grant')
        const verified = await peer.verifyAuthorizationCodeAccessTokenRequest({
          ...common,
          grant: parsed.grant,
          expectedCode: parsed.grant.code,
          dpop: { ...dpop, ...(known.pushed.jkt ? { expectedJwkThumbprint: known.pushed.jkt } : {}) },
          pkce: {
            codeChallenge: known.pushed.params['code_challenge'] ?? '',
            codeChallengeMethod: 'S256' as never,
            codeVerifier: parsed.pkceCodeVerifier ?? '',
          },
        })
        if (verified.dpop) known.right.jkt = verified.dpop.jwkThumbprint
        const body = await tokensFor(known.right, verified.dpop)
        return made.spent('token') ? 'cut' : { body }
      }
      const refreshToken = parsed.grant.grantType === 'refresh_token' ? parsed.grant.refreshToken : ''
      const right = refreshTokens.get(refreshToken)
      if (!right || made.faults.refreshOver) throw refused('invalid_grant')
      const verified = await peer.verifyRefreshTokenAccessTokenRequest({
        ...common,
        grant: parsed.grant as never,
        expectedRefreshToken: refreshToken,
        dpop: { ...dpop, ...(right.jkt ? { expectedJwkThumbprint: right.jkt } : {}) },
      })
      made.refreshes++
      refreshTokens.delete(refreshToken)
      return { body: await tokensFor(right, verified.dpop) }
    }),
  )
  return { id, metadata, rights }
}

const refused = (error: string) => new Oauth2ServerErrorResponseError({ error, error_description: error })

/** The library's refusals as answers. */
export async function protocol(handle: () => Promise<Answer> | Answer): Promise<Answer> {
  try {
    return await handle()
  } catch (error) {
    if (error instanceof Oauth2ServerErrorResponseError) {
      return { status: error.status === 401 ? 401 : 400, body: error.errorResponse }
    }
    throw error
  }
}
