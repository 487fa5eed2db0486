import { type Answer, type Sent, send } from './http.ts'
import { type Json, jti, jws, type Key, newKey, now, sha256 } from './jose.ts'
import { CLIENT_ID, type Overrides, type TestProvider } from './wallet-provider.ts'

/**
 * A wallet for OpenID4VCI 1.0 in the profile of HAIP 1.0, written by hand on jose and node:crypto: each message can be
 * bent where a test wants it wrong.
 */
export type WalletClient = {
  clientId: string
  redirectUri: string
  /** Register number of whose wallet it is; who signs in. */
  person?: string
  /** The key in its attestation; another one after `renew`. */
  instanceKey: Key
  dpopKey: Key
  issuer: Json
  server: Json
  /** Headers that authenticate it at the authorization server. */
  authenticate(bend?: Authentication): Promise<Record<string, string>>
  par(parameters: Parameters, options?: RequestOptions): Promise<Answer>
  token(parameters: Parameters, options?: RequestOptions): Promise<Answer>
  nonce(): Promise<string>
  credential(body: unknown, options: ResourceOptions): Promise<Answer>
  deferred(body: unknown, options: ResourceOptions): Promise<Answer>
  notify(body: unknown, options: ResourceOptions): Promise<Answer>
  /** Key proofs of type `jwt`. */
  proofs(keys: Key[], nonce: string | undefined, bend?: Overrides): string[]
}

export type Parameters = Record<string, string | undefined>

export type Authentication = {
  attestation?: Overrides
  pop?: Overrides
  /** Signs the proof of possession instead of the attested key. */
  popKey?: Key
  /** Replaces the finished attestation. */
  attestationJwt?: (made: string) => string
  popJwt?: (made: string) => string
}

export type RequestOptions = {
  /** `none`: without client authentication. */
  auth?: Authentication | 'none'
  /** `none`: without a proof. PAR sends none unless told. */
  dpop?: Proof | 'none'
  sent?: Sent
}

export type Proof = Overrides & {
  key?: Key
  /** Replaces the finished proof. */
  jwt?: (made: string) => string
}

export type ResourceOptions = {
  accessToken: string
  dpop?: Proof | 'none'
  /** Of the Authorization header. */
  scheme?: string
  sent?: Sent
  /** Instead of the endpoint in the metadata. */
  url?: string
}

export type ClientOptions = {
  clientId?: string
  redirectUri?: string
  person?: string
  instanceKey?: Key
  dpopKey?: Key
}

const wellKnown = (identifier: string, name: string) => {
  const { origin, pathname } = new URL(identifier)
  return `${origin}/.well-known/${name}${pathname === '/' ? '' : pathname}`
}

/** Fetches the metadata of a credential issuer and of its authorization server. */
export async function discover(issuerId: string): Promise<{ issuer: Json; server: Json }> {
  const { body: issuer } = await send(wellKnown(issuerId, 'openid-credential-issuer'))
  const [serverId = issuerId] = issuer.authorization_servers ?? []
  const { body: server } = await send(wellKnown(serverId, 'oauth-authorization-server'))
  return { issuer, server }
}

export async function createWalletClient(
  issuerId: string,
  provider: TestProvider,
  options: ClientOptions = {},
): Promise<WalletClient> {
  const { issuer, server } = await discover(issuerId)
  const { clientId = CLIENT_ID, redirectUri = 'https://wallet.example/callback' } = options
  const instanceKey = options.instanceKey ?? (await newKey())
  const dpopKey = options.dpopKey ?? (await newKey())
  const nonces: { server?: string | undefined; resource?: string | undefined } = {}
  let challenge: string | undefined

  async function authenticate(bend: Authentication = {}) {
    challenge ??= (await send(server.challenge_endpoint, { method: 'POST' })).body.attestation_challenge
    const { attestation, pop, popKey, attestationJwt = same, popJwt = same } = bend
    const { header, claims } = attestation ?? {}
    return {
      'oauth-client-attestation': attestationJwt(
        provider.attest(client.instanceKey, { header, claims: { sub: clientId, ...claims } }),
      ),
      'oauth-client-attestation-pop': popJwt(
        jws(
          { typ: 'oauth-client-attestation-pop+jwt', ...pop?.header },
          {
            iss: clientId,
            aud: server.issuer,
            jti: jti(),
            iat: now(),
            nbf: now(),
            exp: now() + 300,
            challenge,
            ...pop?.claims,
          },
          popKey ?? client.instanceKey,
        ),
      ),
    }
  }

  function prove(
    method: string,
    url: string,
    { key = client.dpopKey, header, claims, jwt = same }: Proof,
    own: object,
  ) {
    return jwt(
      jws(
        { typ: 'dpop+jwt', jwk: key.jwk, ...header },
        { jti: jti(), htm: method, htu: url, iat: now(), ...own, ...claims },
        key,
      ),
    )
  }

  /** Asks, and once more when the answer is that a nonce is missing or old (RFC 9449 section 8). */
  async function withNonce(at: 'server' | 'resource', ask: (nonce: string | undefined) => Promise<Answer>) {
    const first = await ask(nonces[at])
    nonces[at] = first.headers.get('dpop-nonce') ?? nonces[at]
    if (first.body?.error !== 'use_dpop_nonce') return first
    const second = await ask(nonces[at])
    nonces[at] = second.headers.get('dpop-nonce') ?? nonces[at]
    return second
  }

  async function atServer(url: string, form: Parameters, options: RequestOptions, proof: Proof | 'none') {
    const { auth = {}, sent = {} } = options
    return withNonce('server', async (nonce) => {
      const answer = await send(url, {
        form,
        ...sent,
        headers: {
          ...(auth === 'none' ? {} : await authenticate(auth)),
          ...(proof === 'none' ? {} : { dpop: prove('POST', url, proof, { nonce }) }),
          ...sent.headers,
        },
      })
      challenge = answer.headers.get('oauth-client-attestation-challenge') ?? challenge
      return answer
    })
  }

  const atResource = (endpoint: string, body: unknown, options: ResourceOptions) => {
    const { accessToken, dpop = {}, scheme = 'DPoP', sent = {}, url = endpoint } = options
    return withNonce('resource', (nonce) =>
      send(url, {
        ...(typeof body === 'string' ? { text: body } : { json: body }),
        ...sent,
        headers: {
          ...(scheme === '' ? {} : { authorization: `${scheme} ${accessToken}` }),
          ...(dpop === 'none'
            ? {}
            : { dpop: prove('POST', endpoint, dpop, { nonce, ath: sha256(accessToken) }) }),
          ...(typeof body === 'string' ? { 'content-type': 'application/jwt' } : {}),
          ...sent.headers,
        },
      }),
    )
  }

  const client: WalletClient = {
    clientId,
    redirectUri,
    ...(options.person === undefined ? {} : { person: options.person }),
    instanceKey,
    dpopKey,
    issuer,
    server,
    authenticate,
    par: (parameters, options = {}) =>
      atServer(
        server.pushed_authorization_request_endpoint,
        { client_id: clientId, ...parameters },
        options,
        options.dpop ?? 'none',
      ),
    token: (parameters, options = {}) =>
      atServer(server.token_endpoint, { client_id: clientId, ...parameters }, options, options.dpop ?? {}),
    nonce: async () => (await send(issuer.nonce_endpoint, { method: 'POST' })).body.c_nonce,
    credential: (body, options) => atResource(issuer.credential_endpoint, body, options),
    deferred: (body, options) => atResource(issuer.deferred_credential_endpoint, body, options),
    notify: (body, options) => atResource(issuer.notification_endpoint, body, options),
    proofs: (keys, nonce, { header, claims } = {}) =>
      keys.map((key) =>
        jws(
          { typ: 'openid4vci-proof+jwt', jwk: key.jwk, ...header },
          { iss: clientId, aud: issuer.credential_issuer, iat: now(), nonce, ...claims },
          key,
        ),
      ),
  }
  return client
}

const same = (made: string): string => made
