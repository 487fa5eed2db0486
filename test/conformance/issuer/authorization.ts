import { describe, expect, test } from 'vitest'
import { authorizationRequest, authorize, authorizeUrl, push, redeem, scopeOf } from '../authorize.ts'
import { createBrowser } from '../browser.ts'
import { jti, newKey } from '../jose.ts'
import type { Parameters, RequestOptions, WalletClient } from '../wallet-client.ts'
import { OTHER_CLIENT_ID } from '../wallet-provider.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

export function authorizationTests(setup: () => Setup): void {
  const byScope = (client: WalletClient): Parameters => ({ scope: scopeOf(client, typeOf(setup())) })

  async function expectPushRefused(change: Parameters, errors: string[], options?: RequestOptions) {
    const client = await newWallet(setup())
    const { parameters } = authorizationRequest(client, { ...byScope(client), ...change })
    const answer = await client.par(parameters, options)
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(errors).toContain(answer.body.error)
  }

  /** The browser ends at a page of ours that says so: no sign-in, no way to the wallet. */
  async function expectErrorPage(url: string) {
    const { returned, page } = await createBrowser().visit(url, 'https://wallet.example/', { look: true })
    expect(returned).toBeUndefined()
    expect(page?.status).toBe(400)
    expect(page?.headers.get('content-type')).toContain('text/html')
    expect(page?.text).not.toContain('name="person"')
  }

  describe('the pushed authorization request', () => {
    test('is answered with an address that cannot be guessed and soon expires', async () => {
      const client = await newWallet(setup())
      const answer = await client.par(authorizationRequest(client, byScope(client)).parameters)
      expect(answer.status).toBe(201)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.body.request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:\S{22,}$/)
      expect(answer.body.expires_in).toBeGreaterThan(0)
      expect(answer.body.expires_in).toBeLessThanOrEqual(600)
    })

    test('without a redirect_uri', () => expectPushRefused({ redirect_uri: undefined }, ['invalid_request']))

    test.each(['code id_token', 'token'])('with response_type %s', (type) =>
      expectPushRefused({ response_type: type }, [
        'unsupported_response_type',
        'invalid_request',
        'unauthorized_client',
      ]),
    )

    test('without PKCE', () =>
      expectPushRefused({ code_challenge: undefined, code_challenge_method: undefined }, ['invalid_request']))

    test('with the plain challenge of PKCE', () =>
      expectPushRefused({ code_challenge_method: 'plain' }, ['invalid_request']))

    test('with a request_uri in it', () =>
      expectPushRefused({ request_uri: `urn:ietf:params:oauth:request_uri:${jti()}` }, [
        'invalid_request',
        'invalid_request_object',
        'request_uri_not_supported',
      ]))

    test('with a dpop_jkt of another key than that of its proof', async () =>
      expectPushRefused(
        { dpop_jkt: (await newKey()).thumbprint },
        ['invalid_request', 'invalid_dpop_proof'],
        {
          dpop: {},
        },
      ))

    test('by another method than POST', async () => {
      const client = await newWallet(setup())
      const { parameters } = authorizationRequest(client, byScope(client))
      const answer = await client.par(parameters, { sent: { method: 'PUT' } })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    })

    test('with a redirect_uri that nobody registered: the wallet gets its answer there', async () => {
      const client = await newWallet(setup(), { redirectUri: `https://wallet.example/${jti()}` })
      const { query, end } = await authorize(client, byScope(client))
      expect(query.get('code')).toBeTruthy()
      expect(end.returned?.toString()).toMatch(client.redirectUri)
    })
  })

  describe('the authorization endpoint', () => {
    test('answers without state when there was none, also when the address names one', async () => {
      const client = await newWallet(setup())
      for (const url of [{}, { state: 'from-the-address' }]) {
        const { query } = await authorize(client, { ...byScope(client), state: undefined }, { url })
        expect(query.get('code')).toBeTruthy()
        expect(query.has('state')).toBe(false)
        expect(query.get('iss')).toBe(client.server.issuer)
      }
    })

    test('goes by the pushed state when the address names another', async () => {
      const client = await newWallet(setup())
      const { query, state } = await authorize(client, byScope(client), {
        url: { state: 'from-the-address' },
      })
      expect(query.get('state')).toBe(state)
    })

    test('brings back a state of 1000 characters whole', async () => {
      const client = await newWallet(setup())
      const state = 's'.repeat(1000)
      const { query } = await authorize(client, { ...byScope(client), state })
      expect(query.get('state')).toBe(state)
    })

    test('refuses a request that was not pushed', async () => {
      const client = await newWallet(setup())
      const { parameters } = authorizationRequest(client, byScope(client))
      const url = authorizeUrl(client, {
        client_id: client.clientId,
        ...(parameters as Record<string, string>),
      })
      const { returned, page } = await createBrowser().visit(url, client.redirectUri, { look: true })
      if (returned) expect(returned.searchParams.get('error')).toBe('invalid_request')
      else expect(page?.status).toBe(400)
    })

    test('refuses a pushed request to another wallet', async () => {
      const client = await newWallet(setup())
      const requestUri = await push(client, authorizationRequest(client, byScope(client)).parameters)
      await expectErrorPage(authorizeUrl(client, { client_id: OTHER_CLIENT_ID, request_uri: requestUri }))
    })

    test('may be opened twice before the sign-in, and not once more after it', async () => {
      const client = await newWallet(setup())
      const { parameters } = authorizationRequest(client, byScope(client))
      const url = authorizeUrl(client, {
        client_id: client.clientId,
        request_uri: await push(client, parameters),
      })
      const glance = await createBrowser().visit(url, client.redirectUri, { look: true })
      expect(glance.page?.text).toContain('name="person"')
      const { returned } = await createBrowser().visit(url, client.redirectUri)
      expect(returned?.searchParams.get('code')).toBeTruthy()
      await expectErrorPage(url)
    })

    test.each([{ signIn: 'cancel' }, { decision: 'stop' }] as const)(
      'tells the wallet that the person said no (%o)',
      async (visit) => {
        const redirectUri = 'https://wallet.example/callback?dummy1=lorem'
        const client = await newWallet(setup(), { redirectUri })
        const { query, state } = await authorize(client, byScope(client), { visit })
        expect(Object.fromEntries(query)).toMatchObject({
          dummy1: 'lorem',
          error: 'access_denied',
          state,
          iss: client.server.issuer,
        })
        const names = ['dummy1', 'error', 'error_description', 'error_uri', 'state', 'iss']
        for (const name of query.keys()) expect(names).toContain(name)
      },
    )

    test.each(['by a proof', 'by dpop_jkt', 'by both'])('binds the code to the DPoP key %s', async (how) => {
      const client = await newWallet(setup())
      const more = how === 'by a proof' ? {} : { dpop_jkt: client.dpopKey.thumbprint }
      const par: RequestOptions = how === 'by dpop_jkt' ? {} : { dpop: {} }
      const begin = () => authorize(client, { ...byScope(client), ...more }, { par })
      expect((await redeem(client, await begin())).status).toBe(200)
      const stolen = await redeem(client, await begin(), {}, { dpop: { key: await newKey() } })
      expect(stolen.status).toBe(400)
      expect(['invalid_grant', 'invalid_request', 'invalid_dpop_proof']).toContain(stolen.body.error)
    })
  })
}
