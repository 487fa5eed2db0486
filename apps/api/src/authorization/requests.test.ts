import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWallet, type TestWallet } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { makeForeignProvider } from '../wallet-trust/testing/foreign-provider.ts'
import { type Form, newClientKey, type RequestOptions } from './testing/attested-client.ts'
import { createBrowser } from './testing/browser.ts'
import { createCodeFlow } from './testing/code-flow.ts'

let office: Office
let wallet: TestWallet
beforeAll(async () => {
  office = await startOffice({ memory: true })
  wallet = await createWallet(office)
})
// A person may begin so many cards a day.
beforeEach(() => office.advance(86_400))
afterAll(() => office?.close())

const flowOf = () => createCodeFlow(office, wallet.client)
const detail = (changes: Record<string, unknown> = {}) =>
  JSON.stringify([{ type: 'openid_credential', credential_configuration_id: 'resident', ...changes }])

describe('a pushed request', () => {
  test.each<[string, Form, string]>([
    ['no redirect URI', { redirect_uri: null }, 'invalid_request'],
    ['a redirect URI that is none', { redirect_uri: 'here' }, 'invalid_request'],
    ['a redirect URI with a fragment', { redirect_uri: 'test-wallet.app:/return#a' }, 'invalid_request'],
    ['a script as redirect URI', { redirect_uri: 'javascript:alert(1)' }, 'invalid_request'],
    ['a plain http redirect URI elsewhere', { redirect_uri: 'http://wallet.test/return' }, 'invalid_request'],
    ['an enormous redirect URI', { redirect_uri: `app:/${'x'.repeat(2000)}` }, 'invalid_request'],
    ['no response type', { response_type: null }, 'invalid_request'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
    ['a hybrid response type', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['another response mode', { response_mode: 'fragment' }, 'invalid_request'],
    ['no challenge for PKCE', { code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['PKCE without a method', { code_challenge_method: null }, 'invalid_request'],
    ['a challenge that is too short', { code_challenge: 'x' }, 'invalid_request'],
    ['nothing that it asks for', { scope: null }, 'invalid_request'],
    ['an unknown scope', { scope: 'residents:pilot' }, 'invalid_scope'],
    ['one unknown scope among others', { scope: 'residents:resident email' }, 'invalid_scope'],
    ['the scope of OpenID Connect', { scope: 'openid' }, 'invalid_scope'],
    ['a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
    ['an enormous scope', { scope: 'x'.repeat(5000) }, 'invalid_scope'],
    ['another resource', { resource: 'https://elsewhere.test' }, 'invalid_target'],
    ['a resource that is no address', { resource: 'residents' }, 'invalid_target'],
    ['a request URI', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
    ['a request object', { request: 'a.b.c' }, 'request_not_supported'],
    ['an issuer state of nobody', { issuer_state: 'x'.repeat(43) }, 'invalid_request'],
    ['an enormous issuer state', { issuer_state: 'x'.repeat(5000) }, 'invalid_request'],
    ['a DPoP key that is not the one of its proof', { dpop_jkt: 'x'.repeat(43) }, 'invalid_request'],
    [
      'details that are no JSON',
      { scope: null, authorization_details: '[' },
      'invalid_authorization_details',
    ],
    [
      'details that are no list',
      { scope: null, authorization_details: '{}' },
      'invalid_authorization_details',
    ],
    ['no details', { scope: null, authorization_details: '[]' }, 'invalid_request'],
    [
      'details of another type',
      { scope: null, authorization_details: detail({ type: 'payment' }) },
      'invalid_authorization_details',
    ],
    [
      'details of no configuration',
      { scope: null, authorization_details: detail({ credential_configuration_id: 7 }) },
      'invalid_authorization_details',
    ],
    [
      'details of an unknown configuration',
      { scope: null, authorization_details: detail({ credential_configuration_id: 'pilot' }) },
      'invalid_authorization_details',
    ],
    [
      'details at another place',
      { scope: null, authorization_details: detail({ locations: ['https://elsewhere.test'] }) },
      'invalid_authorization_details',
    ],
    [
      'places that are no list',
      { scope: null, authorization_details: detail({ locations: 'here' }) },
      'invalid_authorization_details',
    ],
  ])('is refused with %s', async (_case, change, error) => {
    const options: RequestOptions = 'dpop_jkt' in change ? { dpop: {} } : {}
    const { status, body } = await flowOf().push(change, options)
    expect([status, body['error']]).toEqual([400, error])
    expect(String(body['error_description'])).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
  })

  test('is refused with a parameter that is there twice', async () => {
    const { parameters } = flowOf()
    const form = new URLSearchParams(parameters as Record<string, string>).toString()
    for (const name of [...Object.keys(parameters), 'authorization_details', 'issuer_state', 'dpop_jkt']) {
      const { status, body } = await wallet.client.send('/par', `${form}&${name}=a&${name}=b`, { dpop: null })
      expect([name, status, body['error']]).toEqual([name, 400, 'invalid_request'])
    }
  })

  test('that comes as JSON, or as something else, is refused', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const { status, body } = await wallet.client.send('/par', '{}', { headers: { 'content-type': type } })
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
    }
  })

  test.each(['GET', 'PUT', 'DELETE', 'PATCH'])('is not sent by %s', async (method) => {
    const response = await fetch(`${office.url}/oauth/par`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('may name its issuer as resource', async () => {
    const flow = flowOf()
    const answer = await flow.authorize({ resource: `${office.url}/issuers/residents` })
    expect((await flow.redeem(answer.get('code'))).body).toMatchObject({ scope: 'residents:resident' })
  })

  test.each([
    'https://wallet.test/cb',
    'http://localhost:9999/cb',
    'http://127.0.0.1/cb',
    'org.example.wallet://cb',
  ])('may be called back at %s, which nobody registered', async (redirect_uri) => {
    expect((await flowOf().push({ redirect_uri })).status).toBe(201)
  })
})

describe('the authorization endpoint', () => {
  const open = (query: string) => createBrowser(office.url).open(`${office.url}/oauth/authorize?${query}`)
  const isPage = (
    page: { status: number; headers: Headers; text: string; leaves?: string },
    status = 400,
  ) => {
    expect([page.status, page.leaves]).toEqual([status, undefined])
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(page.text).not.toMatch(/\bat \w+ \(|node_modules|Error:/)
  }

  test('wants the request pushed: all of it in the address is a page that leads nowhere', async () => {
    const { parameters } = flowOf()
    isPage(await open(new URLSearchParams(parameters as Record<string, string>).toString()))
  })

  test.each([
    ['nothing', ''],
    [
      'a request URI of nobody',
      'client_id=https%3A%2F%2Fwallet.test%2Fapp&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax',
    ],
    [
      'a request URI elsewhere',
      'client_id=https%3A%2F%2Fwallet.test%2Fapp&request_uri=https%3A%2F%2Felsewhere.test',
    ],
    ['no client', 'request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax'],
    ['an unknown client', 'client_id=x&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax'],
    ['a client twice', 'client_id=a&client_id=b'],
  ])('answers %s with a page', async (_case, query) => isPage(await open(query)))

  test('takes no request URI that ran out', async () => {
    const flow = flowOf()
    const { body } = await flow.push()
    office.advance(61)
    isPage(await createBrowser(office.url).open(flow.addressOf(body['request_uri'])))
  })

  test('takes no request URI of another client', async () => {
    const other = await makeForeignProvider({ clientId: 'https://second.test/app', clock: office.clock })
    const second = await startOffice({ memory: true })
    await second.close()
    const flow = flowOf()
    const { body } = await flow.push()
    isPage(await createBrowser(office.url).open(flow.addressOf(body['request_uri'], other.clientId)))
    isPage(await createBrowser(office.url).open(flow.addressOf(body['request_uri'], `${office.url}/wallet`)))
  })

  test('takes a request URI once: what was opened twice is completed once', async () => {
    const flow = flowOf()
    const { body } = await flow.push()
    const [first, second] = [
      await flow.signInFor(body['request_uri']),
      await flow.signInFor(body['request_uri']),
    ]
    const done = await second.browser.submit(second.consent, { decision: 'keep' })
    expect(new URL(done.leaves ?? '').searchParams.get('code')).toBeTruthy()
    const late = await first.browser.submit(first.consent, { decision: 'keep' })
    expect(new URL(late.leaves ?? 'about:blank').searchParams.get('code')).toBeNull()
    isPage(await createBrowser(office.url).open(flow.addressOf(body['request_uri'])))
  })

  test('takes a request URI once, however long the sign-in took', async () => {
    const flow = flowOf()
    const { body } = await flow.push()
    const [first, second] = [
      await flow.signInFor(body['request_uri']),
      await flow.signInFor(body['request_uri']),
    ]
    office.advance(600)
    const answers = []
    for (const { browser, consent } of [first, second])
      answers.push((await browser.submit(consent, { decision: 'keep' })).leaves ?? 'about:blank')
    expect(answers.filter((url) => new URL(url).searchParams.has('code'))).toHaveLength(1)
  })

  test('does not look at a state beside the request URI', async () => {
    const flow = flowOf()
    for (const [pushed, expected] of [
      [{}, flow.state],
      [{ state: null }, null],
    ] as const) {
      const { body } = await flow.push(pushed)
      const browser = createBrowser(office.url)
      const away = await browser.open(`${flow.addressOf(body['request_uri'])}&state=outside`)
      const consent = await flow.comeBack(browser, away, { resident: office.subject })
      const back = await browser.submit(consent, { decision: 'keep' })
      expect(new URL(back.leaves ?? '').searchParams.get('state')).toBe(expected)
    }
  })

  test('tells a wallet that wants no page that one is needed', async () => {
    const { away } = await flowOf().begin({ prompt: 'none' })
    const answer = new URL(away.leaves ?? '').searchParams
    expect([answer.get('error'), answer.get('code')]).toEqual(['login_required', null])
    expect(answer.get('iss')).toBe(`${office.url}/oauth`)
  })

  test('tells a program in its own form', async () => {
    const response = await fetch(`${office.url}/oauth/authorize`, { headers: { accept: 'application/json' } })
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_request' }),
    ])
  })
})

describe('a DPoP proof at the token endpoint', () => {
  const redeem = async (options: RequestOptions) => {
    const flow = flowOf()
    return flow.redeem((await flow.authorize()).get('code'), {}, options)
  }

  test.each<[string, RequestOptions, string]>([
    ['nothing', { dpop: null }, 'invalid_grant'],
    ['no JWT', { dpop: 'a.b' }, 'invalid_dpop_proof'],
    ['another typ', { dpop: { header: { typ: 'jwt' } } }, 'invalid_dpop_proof'],
    ['no key', { dpop: { header: { jwk: undefined } } }, 'invalid_dpop_proof'],
    ['another method', { dpop: { payload: { htm: 'GET' } } }, 'invalid_dpop_proof'],
    ['another address', { dpop: { payload: { htu: 'https://elsewhere.test/token' } } }, 'invalid_dpop_proof'],
    ['no jti', { dpop: { payload: { jti: undefined } } }, 'invalid_dpop_proof'],
    ['no time', { dpop: { payload: { iat: undefined } } }, 'invalid_dpop_proof'],
    ['a time that is none', { dpop: { payload: { iat: 'now' } } }, 'invalid_dpop_proof'],
    ['a nonce that is no text', { dpop: { payload: { nonce: 7 } } }, 'invalid_dpop_proof'],
  ])('is refused with %s', async (_case, options, error) => {
    const { status, body } = await redeem(options)
    expect([status, body['error']]).toEqual([400, error])
  })

  test('is refused when the key in it is not the one that signed', async () => {
    const { jwk } = await newClientKey()
    expect((await redeem({ dpop: { header: { jwk } } })).body['error']).toBe('invalid_dpop_proof')
  })

  test.each([undefined, 'x'.repeat(43)])('with the nonce %s is sent back for one', async (nonce) => {
    const { status, body, headers } = await redeem({ dpop: { payload: { nonce } } })
    expect([status, body['error']]).toEqual([400, 'use_dpop_nonce'])
    expect(headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/)
  })

  test.each<[string, (url: string) => RequestOptions]>([
    ['an address with a query', (url) => ({ dpop: { payload: { htu: `${url}?a=b#c` } } })],
    ['a device whose clock is wrong', () => ({ dpop: { payload: { iat: 1_000_000 } } })],
    ['members that nobody knows', () => ({ dpop: { payload: { nbf: 1, exp: 9_999_999_999, foo: 'bar' } } })],
  ])('is accepted with %s', async (_case, options) => {
    expect((await redeem(options(`${office.url}/oauth/token`))).status).toBe(200)
  })

  test('works once', async () => {
    const flow = flowOf()
    const code = (await flow.authorize()).get('code')
    await flow.redeem('x'.repeat(43))
    const dpop = await wallet.client.dpop(`${office.url}/oauth/token`)
    const { status, body } = await flow.redeem(code, {}, { dpop })
    expect(status).toBe(200)
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    const again = await wallet.client.token(form, { dpop })
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_dpop_proof'])
  })
})
