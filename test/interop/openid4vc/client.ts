import { createHash, randomBytes } from 'node:crypto'
import {
  type CallbackContext,
  clientAuthenticationClientAttestationJwt,
  createClientAttestationJwt,
  type JwtSigner,
  Oauth2Client,
  setGlobalConfig,
} from '@openid4vc/oauth2'
import { createKeyAttestationJwt, Openid4vciClient } from '@openid4vc/openid4vci'
import { createBrowser, type Visit } from '../../conformance/browser.ts'
import { decryptWith, encryptionJwk, encryptTo } from '../../conformance/encryption.ts'
import { send } from '../../conformance/http.ts'
import { type Json, jws, type Key, newKey } from '../../conformance/jose.ts'
import { CLIENT_ID, type TestProvider } from '../../conformance/wallet-provider.ts'

const REDIRECT_URI = 'https://wallet.example/callback'

/** The clients under Credo, used directly: what Credo does not pass on to its users can be asked of them. */
export async function createOpenid4vcWallet(issuerId: string, provider: TestProvider) {
  setGlobalConfig({ allowInsecureUrls: true })
  const dpopKey = await newKey()
  const instanceKey = await newKey()
  const held = new Map<string, Key>([dpopKey, instanceKey].map((key) => [key.jwk.x, key]))
  held.set('x5c', provider.signer.key)
  const keyOf = (signer: JwtSigner): Key => {
    const key = held.get(signer.method === 'jwk' ? String(signer.publicJwk['x']) : signer.method)
    if (!key) throw new TypeError('no such key in this wallet')
    return key
  }
  const encryptionKey = await newKey()

  const signing: Pick<CallbackContext, 'signJwt'> = {
    signJwt: (signer, { header, payload }) => {
      const key = keyOf(signer)
      // The library still has a draft's name for it; appendix D.1 of OpenID4VCI 1.0 has another.
      const typ = header.typ === 'keyattestation+jwt' ? 'key-attestation+jwt' : header.typ
      return { jwt: jws({ ...header, typ }, payload, key), signerJwk: key.jwk }
    },
  }
  const x5c: JwtSigner = { method: 'x5c', alg: 'ES256', x5c: provider.signer.x5c, kid: 'provider' } as never
  const attestation = await createClientAttestationJwt({
    callbacks: signing,
    issuer: provider.issuer,
    clientId: CLIENT_ID,
    confirmation: { jwk: instanceKey.jwk },
    issuedAt: new Date(),
    expiresAt: new Date(Date.now() + 300_000),
    signer: x5c,
  } as never)

  const callbacks = {
    ...signing,
    fetch: (input: string | URL | Request, init?: RequestInit) => mended(String(input), init),
    hash: (data: Uint8Array, alg: string) => createHash(alg.replace('-', '')).update(data).digest(),
    generateRandom: (length: number) => randomBytes(length),
    /** The library signs the proof of possession; the challenge of the server it does not know. */
    clientAuthentication: async (request: Json) => {
      const { body } = await send(request.authorizationServerMetadata.challenge_endpoint, { method: 'POST' })
      const challenged: typeof signing = {
        signJwt: (signer, { header, payload }) =>
          signing.signJwt(signer, { header, payload: { ...payload, challenge: body.attestation_challenge } }),
      }
      await clientAuthenticationClientAttestationJwt({
        clientAttestationJwt: attestation,
        callbacks: { ...callbacks, ...challenged },
      } as never)(request)
    },
  }
  const client = new Openid4vciClient({ callbacks: callbacks as never })
  const oauth = new Oauth2Client({ callbacks: callbacks as never })
  const metadata = await client.resolveIssuerMetadata(issuerId)
  const [server] = metadata.authorizationServers
  if (!server) throw new TypeError('no authorization server')
  const signer = { method: 'jwk', alg: 'ES256', publicJwk: dpopKey.jwk } as const

  /** What the library leaves out, between it and the network. */
  async function mended(url: string, init?: RequestInit): Promise<Response> {
    const { credential_response_encryption: wish, ...body } =
      typeof init?.body === 'string' && init.body.startsWith('{') ? JSON.parse(init.body) : {}
    if (wish !== undefined) return encrypted(url, { ...body, credential_response_encryption: wish }, init)
    const response = await fetch(url, init)
    if (!url.endsWith('/deferred-credential') || response.status !== 200) return response
    // Its check is the wrong way round: it takes no notification_id beside credentials.
    const { notification_id: _, ...content } = (await response.json()) as Json
    return Response.json(content)
  }

  /** It knows the parameters of encryption, and neither encrypts requests nor decrypts answers. */
  async function encrypted(url: string, body: Json, init?: RequestInit): Promise<Response> {
    const [jwk] = (metadata.credentialIssuer as Json).credential_request_encryption.jwks.keys
    const headers = new Headers(init?.headers)
    headers.set('content-type', 'application/jwt')
    const response = await fetch(url, { ...init, headers, body: await encryptTo(jwk, body) })
    if (!response.headers.get('content-type')?.includes('application/jwt')) return response
    const { content } = await decryptWith(encryptionKey, await response.text())
    return Response.json(content, { status: response.status, headers: { 'x-was-encrypted': 'yes' } })
  }

  return {
    client,
    metadata,
    dpop: { signer },
    encryption: { jwk: encryptionJwk(encryptionKey), alg: 'ECDH-ES', enc: 'A256GCM' },

    /** PAR, the browser, and the code for a token. */
    async signIn(scope: string, visit: Visit) {
      const resource = metadata.credentialIssuer.credential_issuer
      const { authorizationRequestUrl, pkce } = await oauth.initiateAuthorization({
        authorizationServerMetadata: server,
        clientId: CLIENT_ID,
        redirectUri: REDIRECT_URI,
        scope,
        state: 'of-this-wallet',
        resource,
        dpop: { signer },
      })
      const { returned } = await createBrowser().visit(authorizationRequestUrl, REDIRECT_URI, visit)
      const answer = client.parseAndVerifyAuthorizationResponseRedirectUrl({
        authorizationServerMetadata: server,
        url: String(returned),
      })
      const { accessTokenResponse } = await oauth.retrieveAuthorizationCodeAccessToken({
        authorizationServerMetadata: server,
        authorizationCode: String(answer['code']),
        redirectUri: REDIRECT_URI,
        resource,
        dpop: { signer },
        ...(pkce ? { pkceCodeVerifier: pkce.codeVerifier } : {}),
      })
      return accessTokenResponse.access_token
    },

    /** Key proofs of new keys, made by the library. */
    async proofs(configuration: string, count: number, attested: 'none' | 'header' | 'proof' = 'none') {
      const keys = await Promise.all(Array.from({ length: count }, newKey))
      for (const key of keys) held.set(key.jwk.x, key)
      const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata: metadata })
      const attest = (use: string) =>
        createKeyAttestationJwt({
          callbacks: signing,
          signer: x5c,
          attestedKeys: keys.map(({ jwk }) => jwk),
          nonce,
          issuedAt: new Date(),
          expiresAt: new Date(Date.now() + 300_000),
          use,
        } as never)
      if (attested === 'proof') return { attestation: [await attest('proof_type.attestation')] as [string] }
      const keyAttestationJwt = attested === 'header' ? await attest('proof_type.jwt') : undefined
      const made = await Promise.all(
        keys.map((key) =>
          client.createCredentialRequestJwtProof({
            issuerMetadata: metadata,
            credentialConfigurationId: configuration,
            signer: { method: 'jwk', alg: 'ES256', publicJwk: key.jwk },
            issuedAt: new Date(),
            clientId: CLIENT_ID,
            nonce,
            ...(keyAttestationJwt === undefined ? {} : { keyAttestationJwt }),
          }),
        ),
      )
      return { jwt: made.map(({ jwt }) => jwt) as [string, ...string[]] }
    },
  }
}
