import { decodeJwt, decodeProtectedHeader, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGE, attemptsAt, openDesk, PASSED } from './testing/attempts.ts'
import type { Desk } from './testing/desk.ts'
import {
  ask,
  encrypt,
  fetchRequest,
  type Issuer,
  present,
  type RequestObject,
  result,
} from './testing/wallet.ts'

const ORIGIN = 'https://library.example'

describe('a wallet in the browser (Digital Credentials API)', () => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    ;({ desk, issuer } = await openDesk('embedded'))
  })
  afterAll(() => desk?.stop())
  const { anchored } = attemptsAt(() => ({ desk, issuer }))

  type Created = {
    id: string
    digitalCredentialRequest: { protocol: string; data: { request: string } }
  }
  async function asking(
    origins = [ORIGIN],
    body: object = AGE,
  ): Promise<Created & { request: RequestObject }> {
    const response = await desk.post('/api/verifications', { ...body, channel: 'dc_api', origins }, 'library')
    expect(response.status).toBe(201)
    const created = (await response.json()) as Created
    return { ...created, request: decodeJwt(created.digitalCredentialRequest.data.request) }
  }
  async function give(id: string, body: object, principal = 'library') {
    const response = await desk.post(`/api/verifications/${id}/dc-api`, body, principal)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  /** What the wallet gives the page, without a state: none was sent. */
  async function responseTo(request: RequestObject, aud = `origin:${ORIGIN}`): Promise<string> {
    const presentation = await present(desk, request, await anchored(), { aud })
    return encrypt(request, { vp_token: { resident: [presentation] } })
  }

  it('is asked with a signed request that names the pages that may ask, and nowhere to send the answer', async () => {
    const { digitalCredentialRequest: made, request, id, ...rest } = await asking([ORIGIN, desk.url])
    expect(Object.keys(rest)).toEqual(['expiresAt'])
    expect(made.protocol).toBe('openid4vp-v1-signed')
    const { x5c, typ } = decodeProtectedHeader(made.data.request)
    expect(typ).toBe('oauth-authz-req+jwt')
    const pem = `-----BEGIN CERTIFICATE-----\n${x5c?.[0]}\n-----END CERTIFICATE-----`
    await jwtVerify(made.data.request, await importX509(pem, 'ES256'))
    const { x509Hash } = await desk.agent.verifiers.get('library')
    expect(request).toMatchObject({
      client_id: `x509_hash:${x509Hash}`,
      response_type: 'vp_token',
      response_mode: 'dc_api.jwt',
      expected_origins: [ORIGIN, desk.url],
      client_metadata: { encrypted_response_enc_values_supported: ['A128GCM', 'A256GCM'] },
      dcql_query: { credentials: [{ id: 'resident' }] },
    })
    for (const name of ['state', 'response_uri', 'redirect_uri', 'wallet_nonce'])
      expect(request).not.toHaveProperty(name)
    expect((await result(desk, { id })).state).toBe('created')
  })

  it('answers to the page, which learns the result at once', async () => {
    const { id, request } = await asking()
    const given = await give(id, { origin: ORIGIN, response: await responseTo(request) })
    expect(given).toMatchObject({
      status: 200,
      body: { state: 'accepted', claims: { resident: { age_equal_or_over: { '19': true } } } },
    })
    expect((given.body['checks'] as { result: string }[]).map(({ result }) => result)).toEqual(
      PASSED.map(() => 'passed'),
    )
  })

  // Appendix A.4: the audience is the origin, also for signed requests.
  it.each<[string, (request: RequestObject) => string]>([
    ['the client id', ({ client_id }) => client_id],
    ['another origin', () => 'origin:https://museum.example'],
    ['the origin without its prefix', () => ORIGIN],
  ])('that makes its proof for %s is refused', async (_, audience) => {
    const { id, request } = await asking()
    const response = await responseTo(request, audience(request))
    expect(await give(id, { origin: ORIGIN, response })).toMatchObject({
      status: 200,
      body: { state: 'refused', refusal: 'audience_mismatch', claims: null },
    })
  })

  it('answers no page that was not named', async () => {
    const { id, request } = await asking([ORIGIN])
    const response = await responseTo(request, `origin:${desk.url}`)
    expect(await give(id, { origin: desk.url, response })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    })
    expect((await result(desk, { id })).state).toBe('created')
    expect((await give(id, { origin: ORIGIN, response: await responseTo(request) })).status).toBe(200)
  })

  it('answers one of several origins for that one alone', async () => {
    const { id, request } = await asking([ORIGIN, desk.url])
    const response = await responseTo(request, `origin:${desk.url}`)
    expect((await give(id, { origin: ORIGIN, response })).body).toMatchObject({
      refusal: 'audience_mismatch',
    })
    const next = await asking([ORIGIN, desk.url])
    const fitting = await responseTo(next.request, `origin:${desk.url}`)
    const given = await give(next.id, { origin: desk.url, response: fitting })
    expect(given.body).toMatchObject({ state: 'accepted' })
  })

  it.each(['librarian', 'museum', 'officer'])('answers only who asked, and not %s', async (principal) => {
    const { id, request } = await asking()
    const given = await give(id, { origin: ORIGIN, response: await responseTo(request) }, principal)
    expect(given.status).toBe(principal === 'officer' ? 403 : 404)
    expect((await result(desk, { id })).state).toBe('created')
  })

  it('can say no', async () => {
    const { id } = await asking()
    expect(await give(id, { origin: ORIGIN, error: 'access_denied' })).toMatchObject({
      status: 200,
      body: { state: 'refused', refusal: 'declined' },
    })
  })

  it('answers once', async () => {
    const { id, request } = await asking()
    await give(id, { origin: ORIGIN, response: await responseTo(request) })
    const again = { origin: ORIGIN, response: await responseTo(request) }
    expect(await give(id, again)).toMatchObject({ status: 409, body: { code: 'conflict' } })
  })

  it('answers in time', async () => {
    const { id, request } = await asking()
    const response = await responseTo(request)
    desk.forward(301)
    expect(await give(id, { origin: ORIGIN, response })).toMatchObject({
      status: 410,
      body: { code: 'expired' },
    })
  })

  it('that sends what cannot be read leaves the request open', async () => {
    const { id, request } = await asking()
    for (const body of [
      { origin: ORIGIN, response: 'a.b.c.d.e' },
      { origin: ORIGIN, response: await encrypt(request, { vp_token: 'x' }) },
      { origin: ORIGIN },
      { origin: ORIGIN, response: 'x', error: 'y' },
      { response: 'x' },
      { origin: 7, response: 'x' },
    ])
      expect(await give(id, body)).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect((await result(desk, { id })).state).toBe('created')
  })

  it('is not reached by the other way, nor the other way by it', async () => {
    const { id, request } = await asking()
    expect((await desk.get(`/verifier/requests/${id}`)).status).toBe(404)
    const response = await responseTo(request)
    expect((await desk.form(`/verifier/responses/${id}`, { response })).status).toBe(404)
    expect((await desk.form(`/verifier/responses/${id}`, { error: 'access_denied', state: id })).status).toBe(
      404,
    )
    const linked = await ask(desk, AGE)
    const other = await responseTo(await fetchRequest(desk, linked))
    expect((await give(linked.id, { origin: ORIGIN, response: other })).status).toBe(404)
  })

  it.each([
    ['an origin that is not the verifier’s', { origins: ['https://museum.example'] }, 403],
    ['one that is and one that is not', { origins: [ORIGIN, 'https://museum.example'] }, 403],
    ['an origin with a path', { origins: [`${ORIGIN}/`] }, 403],
    ['no origin', { origins: [] }, 400],
    ['none at all', {}, 400],
    ['a way back', { origins: [ORIGIN], redirectUri: ORIGIN }, 400],
  ])('is not asked with %s', async (_, more, status) => {
    const response = await desk.post('/api/verifications', { ...AGE, channel: 'dc_api', ...more }, 'library')
    expect(response.status).toBe(status)
  })

  it('is not how the city’s own office asks, whose answers take a proof of the wallet that asked', async () => {
    const body = { ...AGE, channel: 'dc_api', origins: [desk.url] }
    expect((await desk.post('/api/verifications', AGE, 'office')).status).toBe(201)
    expect((await desk.post('/api/verifications', body, 'office')).status).toBe(403)
  })

  it('is not meant where origins are given without it', async () => {
    expect((await desk.post('/api/verifications', { ...AGE, origins: [ORIGIN] }, 'library')).status).toBe(400)
  })
})
