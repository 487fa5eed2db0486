import { createBrowser, type End, type Visit } from './browser.ts'
import type { Answer } from './http.ts'
import { encode, type Json, jti, sha256 } from './jose.ts'
import type { Parameters, RequestOptions, WalletClient } from './wallet-client.ts'

/** One authorization as a wallet keeps it: what it asked, and what came back. */
export type Authorization = { codeVerifier: string; state: string; end: End; query: URLSearchParams }

/** Parameters of an authorization request with PKCE (RFC 7636). */
export function authorizationRequest(client: WalletClient, more: Parameters = {}) {
  const codeVerifier = encode(`${jti()}${jti()}`)
  const parameters: Parameters = {
    response_type: 'code',
    redirect_uri: client.redirectUri,
    state: jti(),
    code_challenge: sha256(codeVerifier),
    code_challenge_method: 'S256',
    ...more,
  }
  return { codeVerifier, parameters }
}

/** The scope of a credential configuration, from the metadata. */
export const scopeOf = (client: WalletClient, configuration: string): string =>
  client.issuer.credential_configurations_supported[configuration].scope

export const authorizeUrl = (client: WalletClient, parameters: Record<string, string>): string =>
  `${client.server.authorization_endpoint}?${new URLSearchParams(parameters)}`

/** Pushes the request; gives the request_uri. */
export async function push(
  client: WalletClient,
  parameters: Parameters,
  options?: RequestOptions,
): Promise<string> {
  const answer = await client.par(parameters, options)
  if (answer.status !== 201) throw new Error(`PAR: ${answer.status} ${answer.text}`)
  return answer.body.request_uri
}

/** The whole way to a code: PAR, the browser, the sign-in, the consent, and back. */
export async function authorize(
  client: WalletClient,
  more: Parameters,
  { visit = {}, par, url = {} }: { visit?: Visit; par?: RequestOptions; url?: Record<string, string> } = {},
): Promise<Authorization> {
  const { codeVerifier, parameters } = authorizationRequest(client, more)
  const requestUri = await push(client, parameters, par)
  const start = authorizeUrl(client, { client_id: client.clientId, request_uri: requestUri, ...url })
  const end = await createBrowser().visit(start, parameters['redirect_uri'] ?? '', {
    ...(client.person === undefined ? {} : { person: client.person }),
    ...visit,
  })
  return {
    codeVerifier,
    state: parameters['state'] ?? '',
    end,
    query: end.returned?.searchParams ?? new URLSearchParams(),
  }
}

/** Redeems the code. */
export function redeem(
  client: WalletClient,
  { query, codeVerifier }: Pick<Authorization, 'query' | 'codeVerifier'>,
  more: Parameters = {},
  options?: RequestOptions,
): Promise<Answer> {
  return client.token(
    {
      grant_type: 'authorization_code',
      code: query.get('code') ?? '',
      redirect_uri: client.redirectUri,
      code_verifier: codeVerifier,
      ...more,
    },
    options,
  )
}

/** From nothing to a token. */
export async function tokenBySignIn(client: WalletClient, more: Parameters, visit?: Visit): Promise<Json> {
  const authorization = await authorize(client, more, visit ? { visit } : {})
  const { status, body } = await redeem(client, authorization)
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
  return body
}
