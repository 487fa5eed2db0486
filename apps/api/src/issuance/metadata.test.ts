import { createHash, randomBytes } from 'node:crypto'
import {
  type CallbackContext,
  clientAuthenticationAnonymous,
  type JwtSignerJwk,
  setGlobalConfig,
} from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { CompactSign, importJWK, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newKey, type WalletKey } from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

let office: Office
beforeAll(async () => {
  // A wallet that nobody attests, as the library is used below.
  office = await startOffice({ memory: true }, { config: { assurance: 'open' } })
  setGlobalConfig({ allowInsecureUrls: true })
})
afterAll(() => office?.close())

const PATHS = [
  '/.well-known/openid-credential-issuer/issuers/residents',
  '/issuers/residents/.well-known/openid-credential-issuer',
]

const get = async (path: string, accept?: string) => {
  const response = await fetch(`${office.url}${path}`, { headers: accept === undefined ? {} : { accept } })
  const text = await response.text()
  const isJson = /^application\/json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

describe('metadata', () => {
  test("an issuer's metadata describes each type it is accredited for, in both languages", async () => {
    const { body, headers } = await get(PATHS[0] ?? '')
    const issuer = `${office.url}/issuers/residents`
    expect(headers.get('cache-control')).toMatch(/max-age=\d+/)
    expect(headers.get('vary')).toMatch(/\bAccept\b/i)
    expect(body).toEqual({
      credential_issuer: issuer,
      authorization_servers: [`${office.url}/oauth`],
      credential_endpoint: `${issuer}/credential`,
      nonce_endpoint: `${issuer}/nonce`,
      deferred_credential_endpoint: `${issuer}/deferred-credential`,
      notification_endpoint: `${issuer}/notification`,
      credential_request_encryption: {
        jwks: {
          keys: [
            {
              kty: 'EC',
              crv: 'P-256',
              x: expect.any(String),
              y: expect.any(String),
              kid: expect.any(String),
              alg: 'ECDH-ES',
              use: 'enc',
            },
          ],
        },
        enc_values_supported: ['A128GCM', 'A256GCM'],
        encryption_required: false,
      },
      credential_response_encryption: {
        alg_values_supported: ['ECDH-ES'],
        enc_values_supported: ['A128GCM', 'A256GCM'],
        encryption_required: false,
      },
      batch_credential_issuance: { batch_size: 10 },
      display: [
        { name: 'residents 사무소', locale: 'ko-KR' },
        { name: 'residents', locale: 'en' },
      ],
      credential_configurations_supported: {
        resident: {
          format: 'dc+sd-jwt',
          vct: `${office.url}/credential-types/resident`,
          scope: 'residents:resident',
          cryptographic_binding_methods_supported: ['jwk'],
          credential_signing_alg_values_supported: ['ES256'],
          proof_types_supported: {
            jwt: { proof_signing_alg_values_supported: ['ES256'] },
            attestation: { proof_signing_alg_values_supported: ['ES256'] },
          },
          credential_metadata: {
            display: [
              expect.objectContaining({ name: '인천 시민증', locale: 'ko-KR', background_color: '#0b3d91' }),
              expect.objectContaining({ name: 'Incheon Resident Card', locale: 'en' }),
            ],
            claims: expect.arrayContaining([
              {
                path: ['age_equal_or_over', '19'],
                display: [
                  { name: '19세 이상', locale: 'ko-KR' },
                  { name: '19세 이상', locale: 'en' },
                ],
              },
            ]),
          },
        },
      },
    })
  })

  test('scopes are unique over the city and have the characters of a scope', async () => {
    const scopes: string[] = []
    for (const agency of ['residents', 'families']) {
      const { body } = await get(`/.well-known/openid-credential-issuer/issuers/${agency}`)
      for (const { scope } of Object.values<{ scope: string }>(body.credential_configurations_supported))
        scopes.push(scope)
    }
    expect(new Set(scopes).size).toBe(scopes.length)
    for (const scope of scopes) expect(scope).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
  })

  test('is also found where wallets put the well-known part last', async () => {
    const [first, second] = await Promise.all(PATHS.map((path) => get(path)))
    expect(second?.body).toEqual(first?.body)
  })

  test.each([
    undefined,
    '*/*',
    'application/json',
    'text/html',
    'application/jwt;q=0.5, application/json',
    '',
  ])('asked for with Accept "%s" is plain JSON', async (accept) => {
    const { status, headers } = await get(PATHS[0] ?? '', accept)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
  })

  test.each(PATHS)('asked for as a JWT at %s is signed by the agency, and says the same', async (path) => {
    for (const accept of [
      'application/jwt',
      'application/jwt, application/json;q=0.9',
      'application/jwt, application/json',
    ]) {
      const { status, headers, text } = await get(path, accept)
      expect([status, headers.get('content-type')]).toEqual([200, 'application/jwt'])
      expect(headers.get('vary')).toMatch(/\bAccept\b/i)
      expect(headers.get('cache-control')).toMatch(/^public, max-age=/)
      const key = await importJWK(office.keys.get('residents')?.publicJwk ?? {}, 'ES256')
      const issuer = `${office.url}/issuers/residents`
      const { payload, protectedHeader } = await jwtVerify(text, key, {
        typ: 'openidvci-issuer-metadata+jwt',
        subject: issuer,
        issuer,
        currentDate: office.clock(),
        requiredClaims: ['iat', 'exp'],
      })
      expect(protectedHeader).toMatchObject({ alg: 'ES256', x5c: ['MIIB'] })
      const { iss: _, sub: __, iat, exp, ...metadata } = payload
      expect(metadata).toEqual((await get(path)).body)
      expect(Number(exp) - Number(iat)).toBe(86_400)
    }
  })

  test('is signed anew when the agency has another key, and not for each stranger', async () => {
    const ask = async () => (await get(PATHS[0] ?? '', 'application/jwt')).text
    const first = await ask()
    expect(await ask()).toBe(first)
    office.advance(61)
    expect(await ask()).not.toBe(first)
    const keys = office.keys as Map<string, NonNullable<ReturnType<typeof office.keys.get>>>
    const key = keys.get('residents')
    keys.delete('residents')
    const { status, headers } = await get(PATHS[0] ?? '', 'application/jwt')
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    if (key) keys.set('residents', key)
  })
})

describe("a peer's library", () => {
  /** Callbacks of `@openid4vc/*`, on jose and node:crypto; nothing of ours. */
  const callbacks = (
    keys: WalletKey[],
  ): Omit<CallbackContext, 'decryptJwe' | 'encryptJwe' | 'verifyJwt'> => ({
    fetch,
    generateRandom: (length) => randomBytes(length),
    hash: (data) => createHash('sha256').update(data).digest(),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: async (signer, { header, payload }) => {
      const jwk = (signer as JwtSignerJwk).publicJwk
      const key = keys.find((candidate) => candidate.jwk.x === jwk.x)
      if (!key) throw new Error('unknown key')
      const jwt = await new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader(header as { alg: string })
        .sign(key.privateKey)
      return { jwt, signerJwk: jwk }
    },
  })
  const signerOf = ({ jwk }: WalletKey) => ({ method: 'jwk', alg: 'ES256', publicJwk: jwk }) as JwtSignerJwk

  test('finds nothing amiss in the metadata, its own schemas applied', async () => {
    const client = new Openid4vciClient({ callbacks: callbacks([]) as never })
    for (const agency of ['residents', 'families']) {
      const issuer = `${office.url}/issuers/${agency}`
      const { credentialIssuer, authorizationServers, originalDraftVersion } =
        await client.resolveIssuerMetadata(issuer)
      expect(credentialIssuer).toMatchObject(
        (await get(`/issuers/${agency}/.well-known/openid-credential-issuer`)).body,
      )
      expect(authorizationServers[0]?.issuer).toBe(`${office.url}/oauth`)
      expect(originalDraftVersion).toBe('V1')
    }
  })

  test.each(['offerUri', 'offerUriByValue'])('receives three copies from the %s', async (link) => {
    const body = { agency: 'residents', type: 'resident', subject: office.subject }
    const { body: made } = await office.call('POST', '/api/offers', body)
    const [dpopKey, ...keys] = await Promise.all([newKey(), newKey(), newKey(), newKey()])
    const client = new Openid4vciClient({ callbacks: callbacks([dpopKey, ...keys]) as never })
    const credentialOffer = await client.resolveCredentialOffer(String(made[link]))
    const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
    const { accessTokenResponse, dpop } = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer,
      issuerMetadata,
      txCode: String(made['txCode']),
      dpop: { signer: signerOf(dpopKey) },
    })
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
    const jwts = await Promise.all(
      keys.map((key) =>
        client
          .createCredentialRequestJwtProof({
            issuerMetadata,
            credentialConfigurationId: 'resident',
            signer: signerOf(key),
            issuedAt: new Date(),
            nonce,
          })
          .then(({ jwt }) => jwt),
      ),
    )
    const { credentialResponse } = await client.retrieveCredentials({
      issuerMetadata,
      credentialConfigurationId: 'resident',
      accessToken: accessTokenResponse.access_token,
      proofs: { jwt: jwts as [string, ...string[]] },
      ...(dpop ? { dpop } : {}),
    })
    expect(credentialResponse.credentials).toHaveLength(3)
  })
})
