import { X509Certificate } from 'node:crypto'
import { createCertificate, createKey } from '@pass/credentials/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import { ask, fetchRequest } from './testing/wallet.ts'

const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { code: string }).code,
]

/** Gives a verifier a certificate with a DNS name; those of this desk have none. */
async function giveName(desk: Desk, verifierId: string, name: string): Promise<void> {
  const root = await createCertificate({ key: await createKey(), commonName: 'Another root', ca: true })
  const { publicJwk } = await desk.agent.verifiers.get(verifierId)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const publicKey = await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify'])
  const key = await createKey()
  const { base64 } = await createCertificate({
    key: { ...key, pair: { ...key.pair, publicKey } },
    commonName: 'Library',
    issuer: root,
    sanDns: name,
  })
  await desk.db.sql`UPDATE "Verifier" SET "x5c" = ${[base64]}::text[] WHERE "id" = ${verifierId}`
}

describe('under HAIP', () => {
  let desk: Desk
  beforeAll(async () => {
    ;({ desk } = await openDesk('embedded'))
  })
  afterAll(() => desk?.stop())

  it('a verifier is named by the hash of its certificate and in no other way', async () => {
    await giveName(desk, 'museum', 'museum.example')
    const body = { ...AGE, clientIdPrefix: 'x509_san_dns' }
    expect(await codeOf(await desk.post('/api/verifications', body, 'museum'))).toEqual([400, 'bad_request'])
    expect(await codeOf(await desk.post('/api/verifications', body, 'library'))).toEqual([400, 'bad_request'])
    const other = { ...AGE, clientIdPrefix: 'redirect_uri' }
    expect((await desk.post('/api/verifications', other, 'library')).status).toBe(400)
    expect(
      (await fetchRequest(desk, await ask(desk, { ...AGE, clientIdPrefix: 'x509_hash' }))).client_id,
    ).toMatch(/^x509_hash:/)
  })

  it('the certificate is not self-signed, and its trust anchor is not sent', async () => {
    const jwt = await (await desk.get(`/verifier/requests/${(await ask(desk, AGE)).id}`)).text()
    const { x5c = [] } = decodeProtectedHeader(jwt)
    expect(x5c).not.toContain(desk.agent.authority.rootCertificate)
    const leaf = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'))
    expect(leaf.issuer).not.toBe(leaf.subject)
    expect(leaf.checkIssued(leaf)).toBe(false)
  })

  it('a request has the members that the profile knows, and none for which it knows no use', async () => {
    const request = await fetchRequest(desk, await ask(desk, AGE))
    expect(Object.keys(request).sort()).toEqual(
      [
        'aud',
        'client_id',
        'client_metadata',
        'dcql_query',
        'exp',
        'iat',
        'iss',
        'nonce',
        'response_mode',
        'response_type',
        'response_uri',
        'state',
        'verifier_info',
      ].sort(),
    )
    expect(Object.keys(request.client_metadata).sort()).toEqual(
      ['encrypted_response_enc_values_supported', 'jwks', 'vp_formats_supported'].sort(),
    )
    // Section 5.2: URL-safe characters, at least 128 bits.
    expect(request.nonce).toMatch(/^[\w.~-]{32,}$/)
    expect(request['exp']).toBeGreaterThan(desk.now())
  })

  it('a request can be fetched again, each time with the nonce that came along', async () => {
    const { id } = await ask(desk, AGE)
    const fetched = async (fields?: Record<string, string>) => {
      const path = `/verifier/requests/${id}`
      const response = await (fields ? desk.form(path, fields) : desk.get(path))
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/oauth-authz-req+jwt')
      return decodeJwt(await response.text())
    }
    const first = await fetched({ wallet_nonce: 'first' })
    const second = await fetched({ wallet_nonce: 'second' })
    const plain = await fetched()
    expect([first['wallet_nonce'], second['wallet_nonce'], plain['wallet_nonce']]).toEqual([
      'first',
      'second',
      undefined,
    ])
    for (const name of ['nonce', 'state', 'response_uri', 'client_metadata', 'dcql_query'])
      expect(second[name]).toEqual(first[name])
  })

  describe('a wallet that says what it can', () => {
    const can = {
      vp_formats_supported: {
        'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] },
      },
      client_id_prefixes_supported: ['x509_hash'],
      request_object_signing_alg_values_supported: ['ES256'],
      response_types_supported: ['vp_token'],
      response_modes_supported: ['direct_post.jwt'],
      authorization_encryption_alg_values_supported: ['ECDH-ES'],
      authorization_encryption_enc_values_supported: ['A128GCM'],
    }
    const tell = async (metadata: string) => {
      const { id } = await ask(desk, AGE)
      return desk.form(`/verifier/requests/${id}`, { wallet_nonce: 'n', wallet_metadata: metadata })
    }

    it('is given the request when it can answer, with both encryptions to choose from', async () => {
      const response = await tell(JSON.stringify({ ...can, unknown: { any: 1 } }))
      expect(decodeJwt(await response.text())).toMatchObject({
        client_metadata: { encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'] },
      })
      expect((await tell('{}')).status).toBe(200)
      const specified = { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ESP256'], 'kb-jwt_alg_values': ['ESP256'] } }
      expect((await tell(JSON.stringify({ ...can, vp_formats_supported: specified }))).status).toBe(200)
    })

    it.each([
      ['another format', { vp_formats_supported: { mso_mdoc: {} } }, 'vp_formats_not_supported'],
      ['no format', { vp_formats_supported: {} }, 'vp_formats_not_supported'],
      [
        'other signatures of issuers',
        { vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['EdDSA'] } } },
        'vp_formats_not_supported',
      ],
      [
        'other signatures of holders',
        { vp_formats_supported: { 'dc+sd-jwt': { 'kb-jwt_alg_values': ['EdDSA'] } } },
        'vp_formats_not_supported',
      ],
      ['other names of verifiers', { client_id_prefixes_supported: ['redirect_uri'] }, 'invalid_request'],
      [
        'other signatures of requests',
        { request_object_signing_alg_values_supported: ['RS256'] },
        'invalid_request',
      ],
      ['other response types', { response_types_supported: ['code'] }, 'unsupported_response_type'],
      ['other response modes', { response_modes_supported: ['fragment'] }, 'invalid_request'],
      [
        'other key agreement',
        { authorization_encryption_alg_values_supported: ['RSA-OAEP'] },
        'invalid_request',
      ],
      [
        'other encryption',
        { authorization_encryption_enc_values_supported: ['A128CBC-HS256'] },
        'invalid_request',
      ],
      ['a member of another type', { response_types_supported: 'vp_token' }, 'invalid_request'],
    ])('and can only do %s is told so', async (_, change, error) => {
      const response = await tell(JSON.stringify({ ...can, ...change }))
      expect([response.status, await response.json()]).toMatchObject([400, { error }])
    })

    it.each(['', '[]', 'null', '{', '"x"'])(
      'in a form that cannot be read is told so: %j',
      async (metadata) => {
        const response = await tell(metadata)
        expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_request' }])
      },
    )
  })
})

describe('outside of HAIP', () => {
  let desk: Desk
  const LIBRARY = 'library.example'
  const byName = { ...AGE, clientIdPrefix: 'x509_san_dns' }
  beforeAll(async () => {
    ;({ desk } = await openDesk('embedded', 'open'))
    await giveName(desk, 'library', LIBRARY)
  })
  afterAll(() => desk?.stop())

  it('a verifier may be named by a name of its certificate', async () => {
    const asked = await ask(desk, byName)
    const clientId = `x509_san_dns:${LIBRARY}`
    expect(new URL(asked.requestUri).searchParams.get('client_id')).toBe(clientId)
    const jwt = await (await desk.get(`/verifier/requests/${asked.id}`)).text()
    expect(decodeJwt(jwt)).toMatchObject({ client_id: clientId, iss: clientId })
    const { x5c } = decodeProtectedHeader(jwt)
    expect(new X509Certificate(Buffer.from(x5c?.[0] ?? '', 'base64')).subjectAltName).toBe(`DNS:${LIBRARY}`)
  })

  it('not by one that its certificate does not have', async () => {
    expect(await codeOf(await desk.post('/api/verifications', byName, 'museum'))).toEqual([
      400,
      'bad_request',
    ])
  })

  it('and by its hash all the same', async () => {
    expect((await ask(desk, AGE, 'museum')).requestUri).toContain('client_id=x509_hash%3A')
  })
})
