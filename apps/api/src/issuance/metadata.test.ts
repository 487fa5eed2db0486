import { createHash, randomBytes } from 'node:crypto'
import {
  type CallbackContext,
  clientAuthenticationAnonymous,
  type JwtSignerJwk,
  setGlobalConfig,
} from '@openid4vc/oauth2'
import { Openid4vciClient } from '@openid4vc/openid4vci'
import { CompactSign } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newKey, type WalletKey } from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

let office: Office
beforeAll(async () => {
  office = await startOffice({ memory: true })
})
afterAll(() => office?.close())

const get = async (path: string) => {
  const response = await fetch(`${office.url}${path}`)
  return { status: response.status, headers: response.headers, body: await response.json() }
}

describe('metadata', () => {
  test("an issuer's metadata describes each type it is accredited for, in both languages", async () => {
    const { body, headers } = await get('/.well-known/openid-credential-issuer/issuers/residents')
    const issuer = `${office.url}/issuers/residents`
    expect(headers.get('cache-control')).toMatch(/max-age=\d+/)
    expect(body).toEqual({
      credential_issuer: issuer,
      credential_endpoint: `${issuer}/credential`,
      nonce_endpoint: `${issuer}/nonce`,
      batch_credential_issuance: { batch_size: 10 },
      display: [
        { name: 'residents 사무소', locale: 'ko-KR' },
        { name: 'residents', locale: 'en' },
      ],
      credential_configurations_supported: {
        resident: {
          format: 'dc+sd-jwt',
          vct: `${office.url}/credential-types/resident`,
          cryptographic_binding_methods_supported: ['jwk'],
          credential_signing_alg_values_supported: ['ES256'],
          proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
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

  test('each issuer is its own authorization server, which asks for DPoP and no client', async () => {
    const { body } = await get('/.well-known/oauth-authorization-server/issuers/families')
    expect(body).toEqual({
      issuer: `${office.url}/issuers/families`,
      token_endpoint: `${office.url}/issuers/families/token`,
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['none'],
      dpop_signing_alg_values_supported: ['ES256'],
      'pre-authorized_grant_anonymous_access_supported': true,
    })
  })

  test.each(['openid-credential-issuer', 'oauth-authorization-server'])(
    '%s is also found where wallets put the well-known part last',
    async (name) => {
      const first = await get(`/.well-known/${name}/issuers/residents`)
      expect((await get(`/issuers/residents/.well-known/${name}`)).body).toEqual(first.body)
    },
  )
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

  test.each(['offerUri', 'offerUriByValue'])('receives three copies from the %s', async (link) => {
    setGlobalConfig({ allowInsecureUrls: true })
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
