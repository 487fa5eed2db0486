import { createHash, X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { breakSignature, type Json, now, read, sha256 } from './jose.ts'
import { type Copy, fetchRequest, linkOf, type PresentOptions, present, respond } from './presentation.ts'
import { receiveCopies } from './receive.ts'
import { createTestProvider, type TestProvider } from './wallet-provider.ts'

// What the certification suite's plan for verifiers (HAIP) checks; docs/conformance.md names each module with its test.

const YEAR = 365 * 86_400

let city: TestCity
let provider: TestProvider
let copies: Copy[]
let root: X509Certificate

beforeAll(async () => {
  provider = await createTestProvider()
  city = await startCity({ env: { WALLET_PROVIDERS: provider.file } })
  copies = await receiveCopies(city, provider, 2)
  const trust = (await (await fetch(`${city.url}/api/trust`)).json()) as { rootCertificates: string[] }
  root = new X509Certificate(Buffer.from(trust.rootCertificates[0] ?? '', 'base64'))
})
afterAll(async () => {
  await city?.end()
  provider?.remove()
})

const copy = () => copies[0] as Copy

/** Asks for the date of birth, as a verifier's own server would. */
async function ask(more: object = {}): Promise<{ id: string; requestUri: string }> {
  const vct = read(copy().credential).payload.vct
  const dcql = {
    credentials: [
      {
        id: 'card',
        format: 'dc+sd-jwt',
        meta: { vct_values: [vct] },
        claims: [{ path: ['birth_date'] }],
      },
    ],
  }
  const { status, body } = await city.call('verifier', '/api/verifications', { dcql, ...more })
  expect(status).toBe(201)
  return body
}

const resultOf = async (id: string): Promise<Json> =>
  (await city.call('verifier', `/api/verifications/${id}`)).body

/** Answers a new request with a presentation bent in one place. */
async function answerWith(bend: Partial<PresentOptions>, encryption: object = {}) {
  const { id, requestUri } = await ask()
  const { request } = await fetchRequest(requestUri)
  const presentation = present(copy(), {
    disclose: ['birth_date'],
    nonce: request.nonce,
    aud: request.client_id,
    ...bend,
  })
  const answer = await respond(request, { card: [presentation] }, encryption)
  return { answer, result: await resultOf(id) }
}

async function expectRefused(bend: Partial<PresentOptions>, refusal: string) {
  const { answer, result } = await answerWith(bend)
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ error: expect.any(String), code: refusal })
  expect(result).toMatchObject({ state: 'refused', refusal, claims: null })
}

describe('the request of our verifier', () => {
  test('the link names the request alone, and the object is signed under the certificate that the client id hashes', async () => {
    const { requestUri } = await ask()
    const link = linkOf(requestUri)
    expect(Object.keys(link).sort()).toEqual(['client_id', 'request_uri', 'request_uri_method'])
    const { status, headers, header, request, jwt } = await fetchRequest(requestUri)
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('application/oauth-authz-req+jwt')
    expect(header).toMatchObject({ typ: 'oauth-authz-req+jwt', alg: 'ES256' })
    const chain = header.x5c.map((der: string) => new X509Certificate(Buffer.from(der, 'base64')))
    const [leaf] = chain as [X509Certificate]
    expect(leaf.issuer).not.toBe(leaf.subject)
    expect(chain.some(({ fingerprint256 }: X509Certificate) => fingerprint256 === root.fingerprint256)).toBe(
      false,
    )
    const signers = [...chain.slice(1), root]
    for (const [i, certificate] of chain.entries())
      expect(certificate.verify(signers[i].publicKey)).toBe(true)
    await compactVerify(jwt, leaf.publicKey)
    const hash = createHash('sha256').update(leaf.raw).digest('base64url')
    expect(link['client_id']).toBe(`x509_hash:${hash}`)
    expect(request.client_id).toBe(link['client_id'])
  })

  test('it says what a wallet of the profile needs and nothing that it must not say', async () => {
    const { request } = await fetchRequest((await ask()).requestUri)
    expect(request).toMatchObject({
      iss: request.client_id,
      aud: 'https://self-issued.me/v2',
      response_type: 'vp_token',
      response_mode: 'direct_post.jwt',
    })
    expect(request.exp).toBeGreaterThan(now())
    expect(Math.abs(request.iat - now())).toBeLessThan(60)
    expect(request.nonce).toMatch(/^[\w-]{22,43}$/)
    expect(new URL(request.response_uri).hash).toBe('')
    const unknown = new Set(Object.keys(request))
    for (const name of 'client_id response_type response_mode response_uri nonce state dcql_query'.split(' '))
      unknown.delete(name)
    for (const name of 'client_metadata verifier_info aud iss iat nbf exp jti'.split(' '))
      unknown.delete(name)
    expect([...unknown]).toEqual([])
    const ids = request.dcql_query.credentials.map(({ id }: Json) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('answers are encrypted to a P-256 key of this request alone, with either of the two ciphers', async () => {
    const [one, other] = await Promise.all(
      [await ask(), await ask()].map(async ({ requestUri }) => (await fetchRequest(requestUri)).request),
    )
    const { client_metadata: metadata } = one
    expect(metadata.encrypted_response_enc_values_supported).toEqual(
      expect.arrayContaining(['A128GCM', 'A256GCM']),
    )
    expect(metadata.vp_formats_supported['dc+sd-jwt']).toMatchObject({
      'sd-jwt_alg_values': ['ES256'],
      'kb-jwt_alg_values': ['ES256'],
    })
    const [key] = metadata.jwks.keys
    expect(key).toMatchObject({
      kty: 'EC',
      crv: 'P-256',
      use: 'enc',
      alg: 'ECDH-ES',
      kid: expect.any(String),
    })
    expect(key).not.toHaveProperty('d')
    expect(other.client_metadata.jwks.keys[0].x).not.toBe(key.x)
    expect(other.nonce).not.toBe(one.nonce)
  })

  test('fetched by POST it repeats the wallet nonce, and by GET it has none', async () => {
    const { requestUri } = await ask()
    expect(linkOf(requestUri)['request_uri_method']).toBe('post')
    const posted = await fetchRequest(requestUri, 'a-nonce-of-the-wallet')
    expect(posted.status).toBe(200)
    expect(posted.headers.get('content-type')).toContain('application/oauth-authz-req+jwt')
    expect(posted.request.wallet_nonce).toBe('a-nonce-of-the-wallet')
    expect((await fetchRequest(requestUri)).request).not.toHaveProperty('wallet_nonce')
  })

  test('fetched twice it is served twice, and the answer to the second counts', async () => {
    const { id, requestUri } = await ask()
    const first = await fetchRequest(requestUri)
    const second = await fetchRequest(requestUri)
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.request.nonce).toBe(first.request.nonce)
    const { nonce, client_id: aud } = second.request
    const shown = present(copy(), { disclose: ['birth_date'], nonce, aud })
    expect((await respond(second.request, { card: [shown] })).status).toBe(200)
    expect((await resultOf(id)).state).toBe('accepted')
  })
})

describe('what our verifier accepts', () => {
  test('a presentation with a minimal cnf key, whatever cipher and agreement info the wallet chooses', async () => {
    const { cnf } = read(copy().credential).payload
    expect(Object.keys(cnf.jwk).sort()).toEqual(['crv', 'kty', 'x', 'y'])
    for (const enc of ['A128GCM', 'A256GCM']) {
      const { answer, result } = await answerWith(
        {},
        { enc, header: { cty: 'json', apu: 'YS13YWxsZXQ', apv: 'YS1ub25jZQ' } },
      )
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.body).toEqual({})
      expect(result.state).toBe('accepted')
      expect(Object.keys(result.claims.card)).toEqual(['birth_date'])
    }
  })

  test('on the same device the answer sends the browser back, and the result waits for it', async () => {
    const { id, requestUri } = await ask({ redirectUri: `${city.url}/console/` })
    const { request } = await fetchRequest(requestUri)
    const { nonce, client_id: aud } = request
    const shown = present(copy(), { disclose: ['birth_date'], nonce, aud })
    const answer = await respond(request, { card: [shown] })
    expect(answer.status).toBe(200)
    expect(Object.keys(answer.body)).toEqual(['redirect_uri'])
    const code = new URLSearchParams(new URL(answer.body.redirect_uri).hash.slice(1)).get('response_code')
    expect(await resultOf(id)).toMatchObject({ state: 'answered', claims: null })
    const wrong = await city.call('verifier', `/api/verifications/${id}/return`, {
      response_code: sha256('x'),
    })
    expect(wrong.status).toBeGreaterThanOrEqual(400)
    const right = await city.call('verifier', `/api/verifications/${id}/return`, { response_code: code })
    expect(right.status).toBe(200)
    expect(right.body).toMatchObject({
      state: 'accepted',
      claims: { card: { birth_date: expect.any(String) } },
    })
  })
})

describe('what our verifier refuses', () => {
  test("an issuer's signature that does not match", () =>
    expectRefused({ issuerJwt: breakSignature }, 'invalid_signature'))

  test("a holder's signature that does not match", () =>
    expectRefused({ kbJwt: breakSignature }, 'holder_binding_invalid'))

  test('a proof signed with a key other than the one in cnf', async () => {
    const stranger = copies[1]?.key
    if (!stranger) throw new Error('no second copy')
    const { id, requestUri } = await ask()
    const { request } = await fetchRequest(requestUri)
    const { nonce, client_id: aud } = request
    const shown = present({ ...copy(), key: stranger }, { disclose: ['birth_date'], nonce, aud })
    expect((await respond(request, { card: [shown] })).body.code).toBe('holder_binding_invalid')
    expect((await resultOf(id)).refusal).toBe('holder_binding_invalid')
  })

  test('a proof over other disclosures (sd_hash)', () =>
    expectRefused(
      { bend: { claims: { sd_hash: sha256('another presentation') } } },
      'holder_binding_invalid',
    ))

  test('a proof for another nonce', () => expectRefused({ nonce: 'n-of-somebody-else' }, 'nonce_mismatch'))

  test('a proof for another verifier', () =>
    expectRefused({ aud: `x509_hash:${sha256('another certificate')}` }, 'audience_mismatch'))

  test('a proof made a year ago', () =>
    expectRefused({ bend: { claims: { iat: now() - YEAR } } }, 'holder_binding_invalid'))

  test('a proof made a year from now', () =>
    expectRefused({ bend: { claims: { iat: now() + YEAR } } }, 'holder_binding_invalid'))
})
