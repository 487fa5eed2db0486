import { createCertificateVerifier, verifyVerifierRegistration } from '@pass/credentials'
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, openDesk } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import { ask, fetchRequest, type Issuer, type RequestObject, result } from './testing/wallet.ts'

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk(kind))
  })
  afterAll(() => desk?.stop())
  const { anchored, attempt } = attemptsAt(() => ({ desk, issuer }))

  describe('asking', () => {
    it('answers with a link for another device and one for the same device', async () => {
      const asked = await ask(desk, AGE)
      const uri = new URL(asked.requestUri)
      expect(uri.protocol).toBe('openid4vp:')
      const { x509Hash } = await desk.agent.verifiers.get('library')
      expect(Object.fromEntries(uri.searchParams)).toEqual({
        client_id: `x509_hash:${x509Hash}`,
        request_uri: `${desk.url}/verifier/requests/${asked.id}`,
        request_uri_method: 'post',
      })
      expect(asked.walletLink).toBe(`${desk.url}/wallet/present#${asked.requestUri.split('?')[1]}`)
      expect(Date.parse(asked.expiresAt)).toBeGreaterThan(desk.now() * 1000)
    })

    it.each([
      ['an unknown template', { template: 'nothing' }, 404, 'unknown_template'],
      ['neither template nor query', {}, 400, 'bad_request'],
      ['both', { template: 'age-19', dcql: { credentials: [] } }, 400, 'bad_request'],
      ['a parameter that is missing', { template: 'resident-of-district' }, 400, 'bad_request'],
      [
        'a district that does not exist',
        { template: 'resident-of-district', params: { district: '99999' } },
        400,
        'bad_request',
      ],
      [
        'a parameter that is not asked for',
        { template: 'age-19', params: { district: '28185' } },
        400,
        'bad_request',
      ],
      ['a query that is none', { dcql: { credentials: 'all' } }, 400, 'bad_request'],
      [
        'a query beyond measure',
        {
          dcql: {
            credentials: Array.from({ length: 50 }, (_, i) => ({
              id: `q${i}`,
              format: 'dc+sd-jwt',
              meta: { vct_values: ['x'] },
            })),
          },
        },
        400,
        'bad_request',
      ],
      ['a body beyond measure', { dcql: { credentials: [], filler: 'x'.repeat(30_000) } }, 413, 'too_large'],
    ])('refuses %s', async (_, body, status, code) => {
      const response = await desk.post('/api/verifications', body, 'library')
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
    })

    it('is for verifiers alone', async () => {
      expect((await desk.post('/api/verifications', AGE)).status).toBe(401)
      expect((await desk.post('/api/verifications', AGE, 'officer')).status).toBe(403)
    })
  })

  describe('the request object', () => {
    it('is signed by the verifier as HAIP wants it, and offers a key of its own', async () => {
      const [asked, other] = [await ask(desk, AGE), await ask(desk, AGE)]
      const response = await desk.get(`/verifier/requests/${asked.id}`)
      expect(response.headers.get('content-type')).toContain('application/oauth-authz-req+jwt')
      const jwt = await response.text()
      const header = decodeProtectedHeader(jwt)
      expect(header).toMatchObject({ typ: 'oauth-authz-req+jwt', alg: 'ES256' })
      const pem = `-----BEGIN CERTIFICATE-----\n${header.x5c?.[0]}\n-----END CERTIFICATE-----`
      const { payload } = await jwtVerify(jwt, await importX509(pem, 'ES256'), {
        currentDate: new Date(desk.now() * 1000),
      })
      const { x509Hash } = await desk.agent.verifiers.get('library')
      expect(payload).toMatchObject({
        client_id: `x509_hash:${x509Hash}`,
        response_type: 'vp_token',
        response_mode: 'direct_post.jwt',
        response_uri: `${desk.url}/verifier/responses/${asked.id}`,
        aud: 'https://self-issued.me/v2',
        dcql_query: {
          credentials: [
            {
              id: 'resident',
              format: 'dc+sd-jwt',
              meta: { vct_values: [`${desk.url}/credential-types/resident`] },
              claims: [{ path: ['age_equal_or_over', '19'], values: [true] }],
            },
          ],
        },
        client_metadata: {
          vp_formats_supported: {
            'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] },
          },
          jwks: { keys: [{ kty: 'EC', crv: 'P-256', use: 'enc', alg: 'ECDH-ES', kid: asked.id }] },
          encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'],
        },
      })
      expect(payload).not.toHaveProperty('wallet_nonce')
      const otherRequest = await fetchRequest(desk, other)
      expect(otherRequest.nonce).not.toBe(payload['nonce'])
      expect(otherRequest.client_metadata.jwks.keys[0].x).not.toBe(
        (payload as unknown as RequestObject).client_metadata.jwks.keys[0].x,
      )
    })

    it('carries the purpose that the city registered, and none for a free query', async () => {
      const request = await fetchRequest(desk, await ask(desk, AGE))
      const [info] = request['verifier_info'] as { format: string; data: string }[]
      expect(info?.format).toBe('jwt')
      const { authority } = desk.agent
      const registration = await verifyVerifierRegistration(info?.data ?? '', {
        verifierX509Hash: request.client_id.replace('x509_hash:', ''),
        authority: authority.identifier,
        now: desk.now(),
        certificates: createCertificateVerifier({ trustedRoots: [authority.rootCertificate] }),
      })
      expect(registration.credentials).toEqual([
        { vct: `${desk.url}/credential-types/resident`, claims: [['age_equal_or_over', '19']] },
      ])
      expect(registration.purpose.ko).toContain('19세')
      const { dcql_query: dcql } = request
      expect(await fetchRequest(desk, await ask(desk, { dcql, purpose: '그냥' }))).not.toHaveProperty(
        'verifier_info',
      )
    })

    it('gives a wallet its nonce back when it POSTs one', async () => {
      const asked = await ask(desk, AGE)
      const response = await desk.form(`/verifier/requests/${asked.id}`, {
        wallet_nonce: 'n-1',
        wallet_metadata: '{}',
      })
      const payload = JSON.parse(
        Buffer.from((await response.text()).split('.')[1] ?? '', 'base64url').toString(),
      )
      expect(payload.wallet_nonce).toBe('n-1')
      expect((await result(desk, asked)).state).toBe('fetched')
      await desk.settled()
      const [row] = await desk.db.sql<{
        state: string
      }>`SELECT "state" FROM "Verification" WHERE "id" = ${asked.id}::uuid`
      expect(row?.state).toBe('fetched')
    })

    it('accepts a POST without a body', async () => {
      const asked = await ask(desk, AGE)
      const response = await fetch(`${desk.url}/verifier/requests/${asked.id}`, { method: 'POST' })
      expect(response.status).toBe(200)
    })

    it('is not given out for what was never asked, nor after the answer', async () => {
      expect((await desk.get('/verifier/requests/2f7bd5f0-5b43-4d1c-9a43-1e9b41a6a2b1')).status).toBe(404)
      expect((await desk.get('/verifier/requests/1')).status).toBe(400)
      const { asked } = await attempt(await anchored())
      const again = await desk.get(`/verifier/requests/${asked.id}`)
      expect([again.status, await again.json()]).toMatchObject([400, { code: 'already_answered' }])
    })
  })
})
