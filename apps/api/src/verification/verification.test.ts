import { randomBytes } from 'node:crypto'
import { keyHashOf } from '@pass/agent'
import {
  createCertificateVerifier,
  createStatusBitmap,
  setStatus,
  signStatusListToken,
  verifyVerifierRegistration,
} from '@pass/credentials'
import { decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import {
  type Asked,
  anchor,
  ask,
  encrypt,
  fetchRequest,
  type Held,
  type IssueOptions,
  type Issuer,
  issue,
  makeIssuer,
  makeKey,
  type PresentOptions,
  post,
  present,
  type RequestObject,
  result,
  send,
} from './testing/wallet.ts'

const AGE = { template: 'age-19' }
const PASSED = [
  'signature',
  'certificate',
  'issuer_accredited',
  'holder_binding',
  'validity',
  'status',
  'anchor',
  'disclosures',
]

describe.each(['embedded', 'server'] as const)('verification (%s database)', (kind) => {
  let desk: Desk
  let issuer: Issuer

  beforeAll(async () => {
    desk = await startDesk(kind)
    issuer = await makeIssuer(desk)
    desk.statuses.set('residents-1', new Map())
  })
  afterAll(() => desk?.stop())

  const statusAt = (idx: number) => ({ idx, uri: `${desk.url}/status-lists/residents-1` })
  const anchored = async (options: IssueOptions = {}, by = issuer): Promise<Held> =>
    anchor(desk, await issue(desk, by, { status: statusAt(1), ...options }))

  /** One presentation from the asking to the verdict. */
  async function attempt(
    held: Held,
    options: PresentOptions & { body?: unknown; alter?: (presentation: string) => string } = {},
  ) {
    const asked = await ask(desk, options.body ?? AGE)
    const request = await fetchRequest(desk, asked)
    const presentation = await present(desk, request, held, options)
    const answer = await send(desk, request, options.alter?.(presentation) ?? presentation)
    return { asked, request, presentation, answer, verdict: await result(desk, asked) }
  }

  /** A refusal must say the same to the wallet and to the verifier, name its check, and hand out no claims. */
  async function expectRefused(
    attempted: Awaited<ReturnType<typeof attempt>>,
    code: string,
    check: string,
  ): Promise<void> {
    const { answer, verdict } = attempted
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_presentation', code } })
    expect(verdict).toMatchObject({ state: 'refused', refusal: code, claims: null, claimsDropped: false })
    expect(verdict.checks).toContainEqual({ credential: 'resident', check, result: 'failed', code })
  }

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

  describe('a presentation that is in order', () => {
    it('passes every check and tells the verifier what it asked for and nothing else', async () => {
      const held = await anchored()
      const { answer, verdict } = await attempt(held, { paths: [['age_equal_or_over', '19'], ['name_ko']] })
      expect(answer).toEqual({ status: 200, body: {} })
      expect(verdict.state).toBe('accepted')
      expect(verdict.checks).toEqual(
        PASSED.map((check) => ({ credential: 'resident', check, result: 'passed' })),
      )
      expect(verdict.claims).toEqual({ resident: { age_equal_or_over: { '19': true } } })
    })

    it('is understood in either encryption that the request offers', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const vp_token = { resident: [await present(desk, request, await anchored())] }
      const response = await encrypt(request, { vp_token, state: request.state }, 'A256GCM')
      expect((await post(desk, request.response_uri, { response })).status).toBe(200)
    })

    it('can be answered through another process than the one that asked', async () => {
      const asked = await ask(desk, AGE)
      const other = desk.another()
      const jwt = await other.requestObject(asked.id)
      const request = JSON.parse(
        Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString(),
      ) as RequestObject
      expect(request['verifier_info']).toHaveLength(1)
      const presentation = await present(desk, request, await anchored())
      const jwe = await encrypt(request, { vp_token: { resident: [presentation] }, state: request.state })
      await other.answer(asked.id, jwe)
      expect((await result(desk, asked)).state).toBe('accepted')
    })

    it('asks the database three times from the question to the result', async () => {
      const held = await anchored()
      await attempt(held)
      await desk.settled()
      desk.queries()
      const { verdict } = await attempt(held)
      expect(verdict.state).toBe('accepted')
      await desk.settled()
      // Asked, decided, read; that it was fetched is written down together with others. The state of our own status
      // lists, which this test keeps in memory, takes one more.
      expect(desk.queries()).toBe(4)
    })
  })

  describe('refuses, each with its own code', () => {
    it('a presentation played back to a later request', async () => {
      const first = await attempt(await anchored())
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const answer = await send(desk, request, first.presentation)
      await expectRefused(
        { ...first, asked, answer, verdict: await result(desk, asked) },
        'nonce_mismatch',
        'holder_binding',
      )
    })

    it('a proof for another audience', async () => {
      const aud = `x509_hash:${(await desk.agent.verifiers.get('museum')).x509Hash}`
      await expectRefused(await attempt(await anchored(), { aud }), 'audience_mismatch', 'holder_binding')
    })

    it('a proof by another key than the holder’s, an old one, and none at all', async () => {
      const held = await anchored()
      await expectRefused(
        await attempt(held, { signWith: makeKey() }),
        'holder_binding_invalid',
        'holder_binding',
      )
      await expectRefused(
        await attempt(held, { iat: desk.now() - 3600 }),
        'holder_binding_invalid',
        'holder_binding',
      )
      const bare = (presentation: string) => presentation.slice(0, presentation.lastIndexOf('~') + 1)
      await expectRefused(await attempt(held, { alter: bare }), 'holder_binding_invalid', 'holder_binding')
    })

    it('a disclosure left out', async () => {
      const attempted = await attempt(await anchored(), { paths: [['name_ko']] })
      await expectRefused(attempted, 'missing_disclosure', 'disclosures')
    })

    it('a claim with another value than the one asked for', async () => {
      const held = await anchored({ claims: { age_equal_or_over: { '19': false } } })
      await expectRefused(await attempt(held), 'claim_mismatch', 'disclosures')
    })

    it('a claim that the holder changed, also when the holder signs the change', async () => {
      const held = await anchored({ claims: { name_ko: '김', age_equal_or_over: { '19': false } } })
      const forged = (presentation: string) => {
        const [jwt, disclosure = '', ...rest] = presentation.split('~')
        const [salt, name] = JSON.parse(Buffer.from(disclosure, 'base64url').toString()) as [string, string]
        return [jwt, Buffer.from(JSON.stringify([salt, name, true])).toString('base64url'), ...rest].join('~')
      }
      await expectRefused(await attempt(held, { alter: forged }), 'tampered_disclosure', 'disclosures')
      const credential = forged(held.credential.replace(/~[^~]*~([^~]*)~$/, '~$1~'))
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const { createHash } = await import('node:crypto')
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'kb+jwt' })).toString('base64url')
      const claims = { iat: desk.now(), aud: request.client_id, nonce: request.nonce }
      const sd_hash = createHash('sha256').update(credential).digest('base64url')
      const input = `${header}.${Buffer.from(JSON.stringify({ ...claims, sd_hash })).toString('base64url')}`
      const kb = `${input}.${Buffer.from(await held.holder.sign(Buffer.from(input))).toString('base64url')}`
      const answer = await send(desk, request, credential + kb)
      expect(answer.body).toMatchObject({ code: 'tampered_disclosure' })
      expect((await result(desk, asked)).checks).toContainEqual({
        credential: 'resident',
        check: 'holder_binding',
        result: 'passed',
      })
    })

    it('a credential whose signed part was changed', async () => {
      const alter = (presentation: string) => {
        const [header, payload = '', ...rest] = presentation.split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        return [
          header,
          Buffer.from(JSON.stringify({ ...claims, exp: claims.exp + 1 })).toString('base64url'),
          ...rest,
        ].join('.')
      }
      await expectRefused(await attempt(await anchored(), { alter }), 'invalid_signature', 'signature')
    })

    it('an issuer with a certificate authority of its own', async () => {
      const other = await startDesk('embedded')
      try {
        const stranger = { ...(await makeIssuer(other)), url: issuer.url }
        desk.chain.issuers.set(stranger.did, stranger.record)
        await expectRefused(
          await attempt(await anchored({}, stranger)),
          'untrusted_certificate',
          'certificate',
        )
      } finally {
        await other.stop()
      }
    })

    it('an agency that signs in the name of another', async () => {
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      await expectRefused(
        await attempt(await anchored({ iss: issuer.url }, families)),
        'untrusted_certificate',
        'certificate',
      )
      const borrowed = await anchored({ kid: issuer.kid }, families)
      await expectRefused(await attempt(borrowed), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a type that the issuer is not accredited for', async () => {
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      await expectRefused(
        await attempt(await anchored({}, families)),
        'issuer_not_accredited',
        'issuer_accredited',
      )
    })

    it('a verifier that signs credentials with its own certificate', async () => {
      const key = makeKey()
      const url = `${desk.url}/verifier/museum`
      const x5c = await desk.agent.authority.issueCertificate({
        publicJwk: key.publicJwk,
        commonName: 'm',
        organization: 'm',
        sanUri: url,
        days: 1,
      })
      const held = await anchored({}, { ...issuer, key, x5c, url })
      await expectRefused(await attempt(held), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('a credential of another type than the one asked for', async () => {
      const both = await makeIssuer(desk, 'both', ['resident', 'veteran'])
      await expectRefused(
        await attempt(await anchored({ type: 'veteran' }, both)),
        'wrong_type',
        'disclosures',
      )
    })

    it('an expired credential and one from the future', async () => {
      const past = await anchored({ iat: desk.now() - 7200, exp: desk.now() - 3600 })
      await expectRefused(await attempt(past), 'credential_expired', 'validity')
      await expectRefused(
        await attempt(await anchored({ iat: desk.now() + 3600 })),
        'credential_not_yet_valid',
        'validity',
      )
    })

    it('a revoked and a suspended credential from the next presentation on', async () => {
      const held = await anchored({ status: statusAt(7) })
      expect((await attempt(held)).verdict.state).toBe('accepted')
      const list = desk.statuses.get('residents-1')
      list?.set(7, 2)
      await expectRefused(await attempt(held), 'credential_suspended', 'status')
      list?.set(7, 1)
      await expectRefused(await attempt(held), 'credential_revoked', 'status')
      list?.set(7, 0)
      expect((await attempt(held)).verdict.state).toBe('accepted')
    })

    it('a credential whose status list does not exist', async () => {
      const held = await anchored({ status: { idx: 1, uri: `${desk.url}/status-lists/none` } })
      await expectRefused(await attempt(held), 'status_unavailable', 'status')
    })
  })

  describe('the time of the anchor decides', () => {
    it('an ended key counts for what was anchored before its end and for nothing after', async () => {
      const rotated = await makeIssuer(desk, 'rotated')
      const end = desk.now() - 600
      const before = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end - 30)
      // Signed with the stolen key and dated back: only the anchor shows when it really came to be.
      const after = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end + 30)
      const never = await issue(desk, rotated, { iat: end - 60 })
      for (const key of rotated.record.keys) key.until = end
      expect((await attempt(before)).verdict.state).toBe('accepted')
      await expectRefused(await attempt(after), 'issuer_not_accredited', 'issuer_accredited')
      await expectRefused(await attempt(never), 'issuer_not_accredited', 'issuer_accredited')
      // Another maker's wallet carries no receipt; our own journal knows when it was anchored.
      expect((await attempt(before, { receipt: null })).verdict.state).toBe('accepted')
      await expectRefused(
        await attempt(after, { receipt: null }),
        'issuer_not_accredited',
        'issuer_accredited',
      )
    })

    it('a suspended issuer counts for nothing anchored since, and again after it was reinstated', async () => {
      const suspended = await makeIssuer(desk, 'suspended')
      const since = desk.now() - 300
      const before = await anchor(desk, await issue(desk, suspended, { iat: since - 60 }), since - 30)
      const during = await anchored({}, suspended)
      suspended.record.suspensions.push({ from: since, until: null })
      await expectRefused(await attempt(during), 'issuer_suspended', 'issuer_accredited')
      expect((await attempt(before)).verdict.state).toBe('accepted')
      await expectRefused(
        await attempt(await issue(desk, suspended)),
        'issuer_suspended',
        'issuer_accredited',
      )
      suspended.record.suspensions = [{ from: since, until: desk.now() - 5 }]
      desk.forward(3)
      expect((await attempt(await anchored({}, suspended))).verdict.state).toBe('accepted')
    })

    it('keeps the last answer of a chain that is down, for a day', async () => {
      const held = await anchored()
      expect((await attempt(held)).verdict.state).toBe('accepted')
      desk.chain.up = false
      try {
        desk.forward(3600)
        expect((await attempt(held)).verdict.state).toBe('accepted')
        const unknown = await makeIssuer(desk, 'unknown')
        const asked = await ask(desk, AGE)
        const request = await fetchRequest(desk, asked)
        const presentation = await present(desk, request, await anchored({}, unknown))
        expect((await send(desk, request, presentation)).status).toBe(503)
        desk.chain.up = true
        desk.forward(6)
        // Nothing was decided: the same request can still be answered.
        expect((await send(desk, request, presentation)).status).toBe(200)
      } finally {
        desk.chain.up = true
      }
    })
  })

  describe('receipts', () => {
    it('without one the template decides: accepted and marked absent, or refused', async () => {
      const held = await issue(desk, issuer)
      const { verdict } = await attempt(held)
      expect(verdict.state).toBe('accepted')
      expect(verdict.checks).toContainEqual({ credential: 'resident', check: 'anchor', result: 'absent' })
      const full = {
        ...(await issue(desk, issuer, {
          claims: { name_ko: '김', birth_date: '1', district_name: '연', neighbourhood_name: '송' },
        })),
      }
      const paths = [['name_ko'], ['birth_date'], ['district_name'], ['neighbourhood_name']]
      const strict = await attempt(full, { body: { template: 'identity' }, paths })
      await expectRefused(strict, 'anchor_missing', 'anchor')
    })

    it('of another credential', async () => {
      const [held, other] = [await anchored(), await anchored()]
      await expectRefused(await attempt(held, { receipt: other.receipt }), 'anchor_invalid', 'anchor')
    })

    it('under a root that the chain never took', async () => {
      const held = await issue(desk, issuer)
      const { buildBatch } = await import('@pass/anchoring')
      const { root } = buildBatch([held.hash])
      const receipt = { ...(await anchored()).receipt, root, path: [] }
      await expectRefused(await attempt(held, { receipt }), 'anchor_unknown_root', 'anchor')
    })

    it('of another chain, and something that is no receipt', async () => {
      const held = await anchored()
      await expectRefused(
        await attempt(held, { receipt: { ...held.receipt, chain: 1 } }),
        'anchor_invalid',
        'anchor',
      )
      await expectRefused(await attempt(held, { receipt: 'trust me' }), 'anchor_invalid', 'anchor')
    })

    it('that claims an earlier time than the chain’s own gains nothing by it', async () => {
      const rotated = await makeIssuer(desk, 'rotated-again')
      const end = desk.now() - 600
      const after = await anchor(desk, await issue(desk, rotated, { iat: end - 60 }), end + 30)
      for (const key of rotated.record.keys) key.until = end
      const receipt = { ...after.receipt, time: end - 100 }
      await expectRefused(await attempt(after, { receipt }), 'issuer_not_accredited', 'issuer_accredited')
    })

    it('under a root that only the chain knows', async () => {
      const held = await issue(desk, issuer)
      const { buildBatch } = await import('@pass/anchoring')
      const { root } = buildBatch([held.hash])
      desk.chain.roots.set(root, { sequence: 900, block: 900, time: desk.now(), leafCount: 1 })
      const receipt = { ...(await anchored()).receipt, root, path: [] }
      expect((await attempt(held, { receipt })).verdict.state).toBe('accepted')
    })
  })

  describe('status lists of other cities', () => {
    it('are fetched once, believed only from the issuer, and outlive a lost connection until they expire', async () => {
      const uri = 'https://elsewhere.example/list/1'
      const bitmap = createStatusBitmap(100, 2)
      setStatus(bitmap, 2, 5, 1)
      const publish = async (by: Issuer) => {
        const token = {
          bitmap,
          bits: 2 as const,
          uri,
          iat: desk.now(),
          exp: desk.now() + 7200,
          ttl: 600,
          x5c: by.x5c,
        }
        desk.web.set(uri, { status: 200, body: await signStatusListToken({ ...token, sign: by.key.sign }) })
      }
      const good = await anchored({ status: { idx: 4, uri } })
      await publish(await makeIssuer(desk, 'impostor'))
      await expectRefused(await attempt(good), 'status_unavailable', 'status')
      desk.forward(6)
      await publish(issuer)
      desk.fetched.length = 0
      expect((await attempt(good)).verdict.state).toBe('accepted')
      await expectRefused(
        await attempt(await anchored({ status: { idx: 5, uri } })),
        'credential_revoked',
        'status',
      )
      expect(desk.fetched).toEqual([uri])
      desk.web.delete(uri)
      desk.forward(3600)
      expect((await attempt(good)).verdict.state).toBe('accepted')
      desk.forward(3700)
      await expectRefused(await attempt(good), 'status_unavailable', 'status')
    })

    it('count for the issuer that signed them and for no other', async () => {
      const uri = 'https://elsewhere.example/list/2'
      const bitmap = createStatusBitmap(100, 2)
      const times = { iat: desk.now(), exp: desk.now() + 7200, ttl: 600 }
      const token = { bitmap, bits: 2 as const, uri, ...times, x5c: issuer.x5c, sign: issuer.key.sign }
      desk.web.set(uri, { status: 200, body: await signStatusListToken(token) })
      const status = { idx: 1, uri }
      expect((await attempt(await anchored({ status }))).verdict.state).toBe('accepted')
      const second = await makeIssuer(desk, 'second')
      await expectRefused(await attempt(await anchored({ status }, second)), 'status_unavailable', 'status')
    })

    it('are not fetched, nor the chain asked, on the word of a signature that does not match', async () => {
      const stranger = await makeIssuer(desk, 'stranger')
      const held = await anchored({ status: { idx: 1, uri: 'http://169.254.169.254/latest' } }, stranger)
      const alter = (presentation: string) => {
        const [header, payload = '', ...rest] = presentation.split('.')
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
        const changed = Buffer.from(JSON.stringify({ ...claims, extra: 1 })).toString('base64url')
        return [header, changed, ...rest].join('.')
      }
      desk.fetched.length = 0
      desk.chain.reads = 0
      await expectRefused(await attempt(held, { alter }), 'invalid_signature', 'signature')
      expect([desk.fetched, desk.chain.reads]).toEqual([[], 0])
    })

    it('are not fetched on the word of a credential that is not proven', async () => {
      desk.fetched.length = 0
      const families = await makeIssuer(desk, 'families', ['multi-child-family'])
      await attempt(await anchored({ status: { idx: 1, uri: 'http://169.254.169.254/latest' } }, families))
      expect(desk.fetched).toEqual([])
    })
  })

  describe('one request takes one answer', () => {
    it('of two at the same moment exactly one decides', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const presentations = await Promise.all(
        Array.from({ length: 8 }, async () => present(desk, request, await anchored())),
      )
      const answers = await Promise.all(
        presentations.map((presentation) => send(desk, request, presentation)),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      for (const { status, body } of answers)
        if (status !== 200) expect(body).toMatchObject({ code: 'already_answered' })
    })

    it('also of two that reach different processes, neither of which knows of the other', async () => {
      const asked = await ask(desk, AGE)
      const other = desk.another()
      await other.requestObject(asked.id)
      const request = await fetchRequest(desk, asked)
      const jwe = async () => {
        const vp_token = { resident: [await present(desk, request, await anchored())] }
        return encrypt(request, { vp_token, state: request.state })
      }
      await desk.verification.answer(asked.id, await jwe())
      await expect(other.answer(asked.id, await jwe())).rejects.toMatchObject({
        extra: { code: 'already_answered' },
      })
      await other.stop()
    })

    it('a second answer changes nothing, also after a refusal', async () => {
      const held = await anchored()
      const { asked, request } = await attempt(held, { paths: [['name_ko']] })
      const answer = await send(desk, request, await present(desk, request, held))
      expect(answer).toMatchObject({ status: 400, body: { code: 'already_answered' } })
      expect((await result(desk, asked)).state).toBe('refused')
    })

    it('an expired request takes none', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const held = await anchored()
      desk.forward(301)
      expect((await send(desk, request, await present(desk, request, held))).body).toMatchObject({
        code: 'request_expired',
      })
      expect((await result(desk, asked)).state).toBe('expired')
      expect(await (await desk.get(`/verifier/requests/${asked.id}`)).json()).toMatchObject({
        code: 'request_expired',
      })
    })

    it('learns that the holder declined, from who has read the request', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      expect((await post(desk, request.response_uri, { error: 'access_denied' })).status).toBe(400)
      const denied = { error: 'access_denied', state: request.state }
      expect(await post(desk, request.response_uri, denied)).toEqual({ status: 200, body: {} })
      expect(await result(desk, asked)).toMatchObject({ state: 'refused', refusal: 'declined', checks: [] })
    })
  })

  describe('what cannot be read leaves the request open', () => {
    let asked: Asked
    let request: RequestObject
    let held: Held
    beforeAll(async () => {
      held = await anchored()
      asked = await ask(desk, AGE)
      request = await fetchRequest(desk, asked)
    })
    const expectUnread = async (fields: Record<string, string>) => {
      const answer = await post(desk, request.response_uri, fields)
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', code: 'malformed_response' },
      })
      expect((await result(desk, asked)).state).toBe('fetched')
    }

    it('an answer that is not encrypted', async () => {
      const presentation = await present(desk, request, held)
      await expectUnread({ vp_token: JSON.stringify({ resident: [presentation] }), state: request.state })
    })

    it('an answer encrypted to the request of another verifier', async () => {
      const museum = await fetchRequest(desk, await ask(desk, AGE, 'museum'))
      const vp_token = { resident: [await present(desk, museum, held)] }
      await expectUnread({ response: await encrypt(museum, { vp_token, state: museum.state }) })
    })

    it.each([
      ['no JWE', () => 'a.b.c.d.e'],
      ['too few parts', () => 'abc'],
      ['nothing', () => ''],
    ])('%s', (_, response) => expectUnread({ response: response() }))

    it.each<[string, (request: RequestObject) => unknown]>([
      ['text', () => 'hello'],
      ['a vp_token that is a string', ({ state }) => ({ vp_token: 'x', state })],
      ['two presentations for one query', ({ state }) => ({ vp_token: { resident: ['a~', 'b~'] }, state })],
      ['a presentation that is no SD-JWT', ({ state }) => ({ vp_token: { resident: ['rubbish'] }, state })],
      ['an answer to no question of ours', ({ state }) => ({ vp_token: { other: ['a~'] }, state })],
      ['another state', () => ({ vp_token: {}, state: 'other' })],
    ])('decrypted: %s', async (_, payload) =>
      expectUnread({ response: await encrypt(request, payload(request)) }),
    )

    it('an altered JWE', async () => {
      const jwe = await encrypt(request, { vp_token: {}, state: request.state })
      const parts = jwe.split('.')
      parts[3] = randomBytes(40).toString('base64url')
      await expectUnread({ response: parts.join('.') })
    })

    it('another content type, and a body beyond measure', async () => {
      const path = new URL(request.response_uri).pathname
      expect((await desk.post(path, { response: 'x' })).status).toBe(415)
      expect((await desk.form(path, { response: 'x'.repeat(300_000) })).status).toBe(413)
    })

    it('and after all that the real answer is taken', async () => {
      expect((await send(desk, request, await present(desk, request, held))).status).toBe(200)
    })
  })

  describe('an answer that lacks a credential', () => {
    it('is refused', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      const response = await encrypt(request, { vp_token: {}, state: request.state })
      expect((await post(desk, request.response_uri, { response })).body).toMatchObject({
        code: 'missing_disclosure',
      })
      expect((await result(desk, asked)).state).toBe('refused')
    })
  })

  describe('what was disclosed', () => {
    it('is handed out once, and noted in the audit log without a value', async () => {
      const { asked, verdict } = await attempt(await anchored())
      expect(verdict.claims).not.toBeNull()
      expect(await result(desk, asked)).toMatchObject({
        state: 'accepted',
        claims: null,
        claimsDropped: true,
      })
      const notes = await desk.db.sql<{ action: string; actor: string; detail: unknown }>`
        SELECT "action", "actor", "detail" FROM "AuditEntry" WHERE "target" = ${asked.id} ORDER BY "id"`
      expect(notes).toEqual([
        { action: 'verification.create', actor: 'key:library', detail: { template: 'age-19' } },
        { action: 'verification.read', actor: 'key:library', detail: {} },
      ])
    })

    it('goes to one of many who read at the same moment', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      await send(desk, request, await present(desk, request, await anchored()))
      const readings = await Promise.all(Array.from({ length: 8 }, () => result(desk, asked)))
      expect(readings.filter(({ claims }) => claims !== null)).toHaveLength(1)
    })

    it('is for the verifier that asked, and no other', async () => {
      const asked = await ask(desk, AGE)
      const request = await fetchRequest(desk, asked)
      await send(desk, request, await present(desk, request, await anchored()))
      expect((await desk.get(`/api/verifications/${asked.id}`, 'museum')).status).toBe(404)
      expect((await desk.get(`/api/verifications/${asked.id}`, 'operator')).status).toBe(403)
      expect((await desk.get(`/api/verifications/${asked.id}`)).status).toBe(401)
      expect((await result(desk, asked)).claims).not.toBeNull()
      const mine = (await (await desk.get('/api/verifications', 'library')).json()) as {
        items: { id: string }[]
      }
      const theirs = (await (await desk.get('/api/verifications', 'museum')).json()) as {
        items: { id: string }[]
      }
      expect(mine.items.map(({ id }) => id)).toContain(asked.id)
      expect(theirs.items.map(({ id }) => id)).not.toContain(asked.id)
    })

    it('is dropped after ten minutes, read or not', async () => {
      const unread = async () => {
        const asked = await ask(desk, AGE)
        const request = await fetchRequest(desk, asked)
        await send(desk, request, await present(desk, request, await anchored()))
        return asked
      }
      const [kept, swept] = [await unread(), await unread()]
      const sealed = async (id: string) =>
        (
          await desk.db.sql<{
            there: boolean
          }>`SELECT "sealedClaims" IS NOT NULL AS "there" FROM "Verification" WHERE "id" = ${id}::uuid`
        )[0]?.there
      desk.forward(590)
      await desk.verification.sweep()
      expect(await sealed(swept.id)).toBe(true)
      desk.forward(11)
      expect(await result(desk, kept)).toMatchObject({ state: 'accepted', claims: null, claimsDropped: true })
      await desk.verification.sweep()
      expect([await sealed(swept.id), await sealed(kept.id)]).toEqual([false, false])
    })

    it('stands in no log and in no column in the clear', async () => {
      const claims = {
        name_ko: '황보비밀',
        birth_date: '1977-07-07',
        district_name: '가나구',
        neighbourhood_name: '다라동',
      }
      const paths = Object.keys(claims).map((name) => [name])
      const asked = await ask(desk, { template: 'identity' })
      const request = await fetchRequest(desk, asked)
      const presentation = await present(desk, request, await anchored({ claims }), { paths })
      expect((await send(desk, request, presentation)).status).toBe(200)
      const [row] = await desk.db.sql<{ text: string }>`
        SELECT "Verification"::text AS "text" FROM "Verification" WHERE "id" = ${asked.id}::uuid`
      for (const value of Object.values(claims)) {
        expect(row?.text).not.toContain(value)
        // Bytes are printed as hex.
        expect(row?.text).not.toContain(Buffer.from(value).toString('hex'))
        expect(desk.log.join()).not.toContain(value)
      }
      expect((await result(desk, asked)).claims).toEqual({ resident: claims })
    })

    it('leaves no key behind that could open the answer again', async () => {
      const { asked } = await attempt(await anchored())
      const abandoned = await ask(desk, AGE)
      const length = async (id: string) =>
        (
          await desk.db.sql<{
            bytes: number
          }>`SELECT octet_length("sealedKey") AS "bytes" FROM "Verification" WHERE "id" = ${id}::uuid`
        )[0]?.bytes
      expect(await length(asked.id)).toBe(0)
      expect(await length(abandoned.id)).toBeGreaterThan(32)
      desk.forward(301)
      await desk.verification.sweep()
      expect(await length(abandoned.id)).toBe(0)
    })
  })

  describe('anchors and trust', () => {
    it('gives the receipt of a hash, and says the same of one that waits and one that does not exist', async () => {
      const held = await anchored()
      expect(await (await desk.get(`/api/anchors/${held.hash}`)).json()).toEqual(held.receipt)
      const missing = await desk.get(`/api/anchors/${'0'.repeat(64)}`)
      expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'not_anchored_yet' }])
      expect((await desk.get('/api/anchors/xyz')).status).toBe(400)
    })

    it('lists the roots page by page', async () => {
      const held = await anchored()
      const seen: string[] = []
      for (let after: number | null = 0; after !== null; ) {
        const page = (await (await desk.get(`/api/anchors/roots?after=${after}&limit=5`)).json()) as {
          roots: { root: string }[]
          nextAfter: number | null
        }
        seen.push(...page.roots.map(({ root }) => root))
        after = page.nextAfter
      }
      expect(seen).toContain(held.receipt?.root)
      expect(new Set(seen).size).toBe(seen.length)
    })

    it('shows operators what waits and whether the chain answers', async () => {
      await desk.db
        .sql`INSERT INTO "Outbox" ("kind", "key", "payload") VALUES ('anchor', ${'ab'.repeat(32)}, '{}')`
      expect((await desk.get('/api/anchors/batches', 'library')).status).toBe(403)
      const page = (await (await desk.get('/api/anchors/batches?limit=2', 'operator')).json()) as Record<
        string,
        unknown
      >
      expect(page).toMatchObject({
        waiting: { credentials: 1, statusLists: 0 },
        chain: { up: true, block: 1000 },
      })
      expect(page['items']).toHaveLength(2)
      desk.chain.up = false
      const down = await (await desk.get('/api/anchors/batches', 'operator')).json()
      desk.chain.up = true
      expect(down).toMatchObject({ chain: { up: false, block: null } })
    })

    it('publishes whom to trust', async () => {
      expect(await (await desk.get('/api/trust')).json()).toMatchObject({
        rootCertificates: [desk.agent.authority.rootCertificate],
        authority: desk.url,
        chain: { chainId: 8282 },
        city: { name: { ko: '인천광역시' } },
      })
    })
  })

  it('names keys in the registry as the chain does', () => {
    expect(issuer.record.keys[0]?.keyHash).toBe(keyHashOf(issuer.key.publicJwk))
  })
})
