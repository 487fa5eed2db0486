import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

/** What it does wrong; each is a lie of its own. */
export type Lies = {
  /** Claims of the ID token; undefined leaves one out. */
  claims?: Record<string, unknown>
  /** Signs with a key that it does not publish. */
  otherKey?: boolean
  /** Header and payload without a signature (`alg` none). */
  unsigned?: boolean
  /** Signs with HS256, the client secret as the key. */
  symmetric?: string
  /** Members of the token response; undefined leaves one out. */
  response?: Record<string, unknown>
  /** Status of the token endpoint. */
  tokenStatus?: number
  /** Members of the discovery document. */
  metadata?: Record<string, unknown>
  userinfo?: Record<string, unknown>
}

/** An OpenID provider of the test's own making: answers any code, and lies as told. */
export async function startHostileProvider(clientId: string) {
  const keys = await generateKeyPair('ES256', { extractable: true })
  const others = await generateKeyPair('ES256')
  let lies: Lies = {}
  let nonce = ''
  const asked: { path: string; form: URLSearchParams; authorization: string | undefined }[] = []

  async function idToken(): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: issuer,
      aud: clientId,
      sub: 'person-1',
      iat: now,
      exp: now + 300,
      auth_time: now,
      nonce,
      ...lies.claims,
    } as JWTPayload
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    if (lies.unsigned) return `${encode({ alg: 'none' })}.${encode(claims)}.`
    const token = new SignJWT(claims)
    if (lies.symmetric) return token.setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(lies.symmetric))
    return token
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .sign((lies.otherKey ? others : keys).privateKey)
  }
  const answers: Record<string, () => Promise<unknown>> = {
    '/.well-known/openid-configuration': async () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      userinfo_endpoint: `${issuer}/userinfo`,
      id_token_signing_alg_values_supported: ['ES256'],
      response_types_supported: ['code'],
      subject_types_supported: ['pairwise'],
      authorization_response_iss_parameter_supported: true,
      ...lies.metadata,
    }),
    '/jwks': async () => ({
      keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
    }),
    '/token': async () => ({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await idToken(),
      ...lies.response,
    }),
    '/userinfo': async () => ({ sub: 'person-1', ...lies.userinfo }),
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://here').pathname
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push({ path, form: new URLSearchParams(body), authorization: request.headers.authorization })
    const answer = answers[path]
    const status = path === '/token' ? (lies.tokenStatus ?? 200) : answer ? 200 : 404
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status >= 400 ? { error: 'server_error' } : await answer?.()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    asked,
    lie: (told: Lies) => {
      lies = told
    },
    /** What a browser brings back from it, for an authorization request. */
    returned: (redirectTo: string, changes: Record<string, string | undefined> = {}): URL => {
      const request = new URL(redirectTo).searchParams
      nonce = request.get('nonce') ?? ''
      const back = new URL(request.get('redirect_uri') ?? '')
      const parameters = { code: 'c0de', state: request.get('state') ?? '', iss: issuer, ...changes }
      for (const [name, value] of Object.entries(parameters))
        if (value !== undefined) back.searchParams.append(name, value)
      return back
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
