import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { PRE_AUTHORIZED } from '../issuance/metadata.ts'
import { createWallet, offerTo, type TestWallet } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { createAttestedClient } from './testing/attested-client.ts'
import { createBrowser } from './testing/browser.ts'
import { createCodeFlow } from './testing/code-flow.ts'

let office: Office
let wallet: TestWallet
beforeAll(async () => {
  office = await startOffice({ memory: true })
  wallet = await createWallet(office)
})
afterEach(() => vi.restoreAllMocks())
afterAll(() => office?.close())

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${office.url}${path}`, { redirect: 'manual', ...init })

/** As a proxy, or an attacker, may send it: `fetch` sets the Host by itself. */
const postAs = (host: string, path: string, form: Record<string, string>, headers: Record<string, string>) =>
  new Promise((resolve, reject) => {
    const body = new URLSearchParams(form).toString()
    const { hostname, port } = new URL(office.url)
    const type = 'application/x-www-form-urlencoded'
    const sent = request(
      { hostname, port, path, method: 'POST', headers: { ...headers, host, 'content-type': type } },
      async (response) => resolve(JSON.parse(await text(response))),
    )
    sent.on('error', reject)
    sent.end(body)
  })

describe('the metadata of the authorization server', () => {
  test('stands at both of its addresses and tells what there is', async () => {
    const paths = [
      '/.well-known/oauth-authorization-server/oauth',
      '/oauth/.well-known/oauth-authorization-server',
    ]
    for (const path of paths) {
      const answer = await call(path, { headers: { host: 'elsewhere.test' } })
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        200,
        'application/json; charset=utf-8',
      ])
      const issuer = `${office.url}/oauth`
      expect(await answer.json()).toEqual({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        pushed_authorization_request_endpoint: `${issuer}/par`,
        require_pushed_authorization_requests: true,
        challenge_endpoint: `${issuer}/challenge`,
        scopes_supported: ['families:multi-child-family', 'residents:resident'],
        response_types_supported: ['code'],
        response_modes_supported: ['query'],
        grant_types_supported: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:pre-authorized_code',
        ],
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: ['attest_jwt_client_auth', 'attest_jwt_client_auth_dpop'],
        client_attestation_signing_alg_values_supported: ['ES256'],
        client_attestation_pop_signing_alg_values_supported: ['ES256'],
        dpop_signing_alg_values_supported: ['ES256'],
        authorization_details_types_supported: ['openid_credential'],
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        'pre-authorized_grant_anonymous_access_supported': false,
        ui_locales_supported: ['ko', 'en'],
      })
    }
  })
})

describe('below /oauth', () => {
  test.each([
    ['GET', '/oauth'],
    ['GET', '/oauth/'],
    ['GET', '/oauth/jwks'],
    ['GET', '/oauth/me'],
    ['POST', '/oauth/reg'],
    ['POST', '/oauth/introspection'],
    ['POST', '/oauth/session/end/confirm'],
    ['GET', '/oauth/.well-known/openid-configuration'],
    ['POST', '/oauth/Token'],
    ['POST', '/oauth/token/'],
    ['GET', '/oauth/interaction'],
    ['GET', '/oauth/interaction/x/y'],
  ])('there is no %s %s', async (method, path) => {
    const answer = await call(path, { method })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([404, 'not_found'])
  })

  test.each(['/oauth/token', '/oauth/par', '/oauth/challenge'])(
    'a web wallet elsewhere may ask %s',
    async (path) => {
      const asked = await call(path, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://wallet.test',
          'access-control-request-method': 'POST',
          'access-control-request-headers':
            'dpop, oauth-client-attestation, oauth-client-attestation-pop, content-type',
        },
      })
      expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      for (const header of ['DPoP', 'OAuth-Client-Attestation', 'OAuth-Client-Attestation-PoP'])
        expect(asked.headers.get('access-control-allow-headers')).toContain(header)
      const answer = await call(path, { method: 'POST', headers: { origin: 'https://wallet.test' } })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-expose-headers')).toMatch(
        /DPoP-Nonce.*OAuth-Client-Attestation-Challenge/,
      )
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    },
  )

  test('pages and forms are no business of other origins', async () => {
    for (const path of ['/oauth/authorize', '/oauth/interaction/x', '/oauth/sign-in/callback']) {
      const answer = await call(path, { headers: { origin: 'https://wallet.test' } })
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('every answer has the headers that keep a browser safe', async () => {
    for (const [method, path] of [
      ['POST', '/oauth/token'],
      ['POST', '/oauth/par'],
      ['GET', '/oauth/authorize'],
      ['GET', '/oauth/interaction/x'],
    ] as const) {
      const { headers } = await call(path, { method })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  test('another Host says nothing about where a proof is for, or where pages lead', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const form = { 'pre-authorized_code': code, tx_code: txCode }
    expect((await wallet.token(form, { once: true })).body['error']).toBe('use_dpop_nonce')
    const proof = await wallet.client.dpop('http://elsewhere.test/oauth/token')
    const fields = { grant_type: PRE_AUTHORIZED, 'pre-authorized_code': code, tx_code: txCode }
    const refused = await postAs('elsewhere.test', '/oauth/token', fields, {
      dpop: proof,
      'oauth-client-attestation': String(await wallet.client.attest()),
      'oauth-client-attestation-pop': await wallet.client.pop(),
    })
    expect(refused).toMatchObject({ error: 'invalid_dpop_proof' })
    const right = await postAs('elsewhere.test', '/oauth/token', fields, {
      dpop: await wallet.client.dpop(`${office.url}/oauth/token`),
      'oauth-client-attestation': String(await wallet.client.attest()),
      'oauth-client-attestation-pop': await wallet.client.pop(),
    })
    expect(right).toHaveProperty('access_token')
  })

  test('so many requests a minute and no more', async () => {
    const strict = await startOffice({ memory: true }, { config: { rateLimitFactor: 0.02 } })
    try {
      const ask = (path: string, method: string) =>
        fetch(`${strict.url}${path}`, { method, redirect: 'manual' })
      for (const path of ['/oauth/token', '/oauth/par', '/oauth/challenge']) {
        const answers = []
        for (let time = 0; time < 8; time++) answers.push(await ask(path, 'POST'))
        const last = answers.at(-1)
        expect(last?.status).toBe(429)
        expect(await last?.json()).toMatchObject({ error: 'temporarily_unavailable' })
      }
      for (const path of ['/oauth/authorize', '/oauth/interaction/x', '/oauth/sign-in/callback']) {
        const answers = []
        for (let time = 0; time < 4; time++) answers.push(await ask(path, 'GET'))
        expect(answers.at(-1)?.status).toBe(429)
      }
    } finally {
      await strict.close()
    }
  }, 60_000)
})

test('behind a proxy that speaks https, cookies are for https alone and plain http is no way back', async () => {
  const city = await startOffice({ memory: true }, { config: { publicUrl: 'https://pass.test' } })
  try {
    const client = await createAttestedClient({
      issuer: 'https://pass.test/oauth',
      at: `${city.address}/oauth`,
      provider: city.maker,
      clock: city.clock,
    })
    const flow = createCodeFlow(city, client)
    for (const redirect_uri of ['http://localhost:9999/cb', 'HTTP://127.0.0.1/cb'])
      expect((await flow.push({ redirect_uri })).body['error']).toBe('invalid_request')
    const browser = createBrowser(city.url)
    browser.reach(city.address)
    const { away } = await flow.begin({}, browser)
    expect(browser.cookies().length).toBeGreaterThan(2)
    for (const { attributes } of browser.cookies()) expect(attributes).toMatch(/secure/i)
    const consent = await flow.comeBack(browser, away, { resident: city.subject })
    const back = await browser.submit(consent, { decision: 'keep' })
    const answer = new URL(back.leaves ?? '').searchParams
    expect(answer.get('iss')).toBe('https://pass.test/oauth')
    expect((await flow.redeem(answer.get('code'))).status).toBe(200)
  } finally {
    await city.close()
  }
}, 60_000)

describe('when something is wrong on our side', () => {
  const failing = (code?: string) =>
    vi.spyOn(office.context.db, 'sql').mockImplementation(() => {
      throw Object.assign(new Error('the secret place'), code === undefined ? {} : { code })
    })

  test('a program reads server_error, and no stack', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const spy = failing()
    const { status, body, text } = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
    spy.mockRestore()
    expect([status, body['error']]).toEqual([500, 'server_error'])
    expect(text).not.toMatch(/secret place|at \w+|node_modules/)
    expect(office.logged.at(-2)).toContain('the secret place')
  })

  test('a database that is away is a reason to come back', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const spy = failing('ECONNREFUSED')
    const { status, body, headers } = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
    spy.mockRestore()
    expect([status, body['error'], headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '5'])
    expect((await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })).status).toBe(200)
  })

  test('a person reads a page', async () => {
    const flow = createCodeFlow(office, wallet.client)
    const { body } = await flow.push()
    const { browser, consent } = await flow.signIn()
    const spy = failing()
    const pages = [
      await createBrowser(office.url).open(flow.addressOf(body['request_uri'])),
      await browser.submit(consent, { decision: 'keep' }),
      await browser.open(consent.url),
    ]
    spy.mockRestore()
    for (const { status, headers, text } of pages) {
      expect([status, headers.get('content-type')]).toEqual([500, 'text/html; charset=utf-8'])
      expect(text).not.toMatch(/secret place|node_modules/)
    }
  })
})
