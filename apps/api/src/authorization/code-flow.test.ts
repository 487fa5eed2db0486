import { createHash } from 'node:crypto'
import { DATABASES } from '@pass/database/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWallet, newKeys, type TestWallet } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { createAttestedClient, newClientKey } from './testing/attested-client.ts'
import { createCodeFlow } from './testing/code-flow.ts'

describe.each(DATABASES)('authorization by code over HTTP on %s', (_name, open) => {
  let office: Office
  let stop: () => Promise<void>
  let wallet: TestWallet

  beforeAll(async () => {
    const database = await open()
    stop = database.stop
    office = await startOffice(database.location)
    wallet = await createWallet(office)
  })
  // A person may begin so many cards a day.
  beforeEach(() => office.advance(86_400))
  afterAll(async () => {
    await office?.close()
    await stop?.()
  })

  const detailsOf = (locations?: string[]) =>
    JSON.stringify([
      {
        type: 'openid_credential',
        credential_configuration_id: 'resident',
        ...(locations ? { locations } : {}),
      },
    ])
  const issues = async (token: unknown) =>
    (await wallet.credential(String(token), { keys: await newKeys(1) })).status
  const grantedBy = async () => {
    const flow = createCodeFlow(office, wallet.client)
    const code = (await flow.authorize()).get('code')
    return { flow, code, ...(await flow.redeem(code)) }
  }

  describe('the way of a card', () => {
    test('one who signs in and agrees gets what the wallet asked for by scope', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const pushed = await flow.push()
      expect([pushed.status, pushed.headers.get('cache-control')]).toEqual([201, 'no-store'])
      expect(pushed.body).toEqual({
        request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
        expires_in: 60,
      })
      const answer = await flow.authorize()
      expect(Object.fromEntries(answer)).toEqual({
        code: expect.stringMatching(/^[\w-]{43}$/),
        state: flow.state,
        iss: `${office.url}/oauth`,
      })
      const granted = await flow.redeem(answer.get('code'))
      expect([granted.status, granted.headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(granted.body).toEqual({
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'DPoP',
        expires_in: 600,
        scope: 'residents:resident',
      })
      expect(await issues(granted.body['access_token'])).toBe(200)
    })

    test.each([
      ['naming the issuer', () => detailsOf([`${office.url}/issuers/residents`])],
      ['naming no issuer, where only one has it', () => detailsOf()],
    ])('asked for by authorization details, %s, it is told by its identifier', async (_case, details) => {
      const flow = createCodeFlow(office, wallet.client)
      const asked = { scope: null, authorization_details: details() }
      const granted = await flow.redeem((await flow.authorize(asked)).get('code'))
      expect(granted.body['authorization_details']).toEqual([
        {
          type: 'openid_credential',
          credential_configuration_id: 'resident',
          locations: [`${office.url}/issuers/residents`],
          credential_identifiers: [expect.any(String)],
        },
      ])
      const [{ credential_identifiers: [identifier] = [] } = {}] = granted.body['authorization_details'] as {
        credential_identifiers: string[]
      }[]
      const { proofs } = await wallet.request(await newKeys(1))
      const issued = await wallet.credential(String(granted.body['access_token']), {
        body: { proofs, credential_identifier: identifier },
      })
      expect(issued.status).toBe(200)
    })

    test('a wallet without a state gets none back; one with a long state gets all of it', async () => {
      const flow = createCodeFlow(office, wallet.client)
      expect((await flow.authorize({ state: null })).has('state')).toBe(false)
      const long = 'x'.repeat(1000)
      expect((await flow.authorize({ state: long })).get('state')).toBe(long)
    })

    test('the query of the redirect URI comes back with the answer', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const answer = await flow.authorize({
        redirect_uri: 'https://wallet.test/cb?dummy1=lorem&dummy2=ipsum',
      })
      expect([...answer.keys()]).toEqual(['dummy1', 'dummy2', 'code', 'state', 'iss'])
    })

    test('what OpenID Connect or nobody knows is ignored', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const unknown = {
        nonce: 'n',
        claims: '{',
        max_age: 'x',
        id_token_hint: 'x',
        acr_values: 'a',
        foo: 'bar',
      }
      expect((await flow.authorize(unknown)).get('code')).toBeTruthy()
    })

    test('each authorization asks for a sign-in anew, in the same browser too', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const { browser, consent } = await flow.signIn()
      expect((await browser.submit(consent, { decision: 'keep' })).leaves).toMatch(/^test-wallet/)
      expect(browser.cookies()).toEqual([])
      const { away } = await flow.begin({}, browser)
      expect(away.leaves).toMatch(/^https:\/\/sign-in\.test\//)
    })
  })

  describe('a code', () => {
    test('works once: whoever brings it again gets nothing, and what was given for it stops working', async () => {
      const { flow, code, body } = await grantedBy()
      const again = await flow.redeem(code)
      expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
      expect(await issues(body['access_token'])).toBe(401)
      const refreshed = await wallet.client.token({
        grant_type: 'refresh_token',
        refresh_token: String(body['refresh_token']),
      })
      expect([refreshed.status, refreshed.body['error']]).toEqual([400, 'invalid_grant'])
    })

    test('brought many times at once gives at most one token, and that one stops working', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const code = (await flow.authorize()).get('code')
      await flow.redeem('x'.repeat(43))
      const answers = await Promise.all(Array.from({ length: 6 }, () => flow.redeem(code)))
      const good = answers.filter(({ status }) => status === 200)
      expect(good.length).toBeLessThan(2)
      for (const { body } of good) expect(await issues(body['access_token'])).toBe(401)
    })

    test('runs out after a minute', async () => {
      const flow = createCodeFlow(office, wallet.client)
      const code = (await flow.authorize()).get('code')
      office.advance(61)
      expect((await flow.redeem(code)).body['error']).toBe('invalid_grant')
    })

    test.each([
      ['another redirect URI', { redirect_uri: 'test-wallet.app:/other' }, 'invalid_grant'],
      ['no redirect URI', { redirect_uri: null }, 'invalid_request'],
      ['another verifier', { code_verifier: 'x'.repeat(43) }, 'invalid_grant'],
      ['no verifier', { code_verifier: null }, 'invalid_grant'],
      ['a verifier that is too short', { code_verifier: 'x' }, 'invalid_request'],
      ['a code that nobody made', { code: 'x'.repeat(43) }, 'invalid_grant'],
      ['no code', { code: null }, 'invalid_request'],
    ])('is refused with %s', async (_case, change, error) => {
      const flow = createCodeFlow(office, wallet.client)
      const code = (await flow.authorize()).get('code')
      const { status, body } = await flow.redeem(code, change)
      expect([status, body['error']]).toEqual([400, error])
    })

    test('pushed with a DPoP proof, or for a DPoP key, is for that key alone', async () => {
      const key = await newClientKey()
      for (const [changes, options] of [
        [{}, { dpop: {}, key }],
        [{ dpop_jkt: key.thumbprint }, {}],
      ] as const) {
        const flow = createCodeFlow(office, wallet.client)
        const pushed = await flow.push(changes, options)
        const codeFor = async () => {
          const { browser, consent } = await flow.signInFor(pushed.body['request_uri'])
          return new URL((await browser.submit(consent, { decision: 'keep' })).leaves ?? '').searchParams
        }
        const code = (await codeFor()).get('code')
        const { status, body } = await flow.redeem(code)
        expect([status, body['error']]).toEqual([400, 'invalid_grant'])
        const other = createCodeFlow(office, wallet.client)
        const second = await other.push(changes, options)
        const { browser, consent } = await other.signInFor(second.body['request_uri'])
        const back = new URL((await browser.submit(consent, { decision: 'keep' })).leaves ?? '').searchParams
        expect((await other.redeem(back.get('code'), {}, { key })).status).toBe(200)
      }
    })
  })

  describe('a refresh token', () => {
    const refresh = (token: unknown, options: Parameters<typeof wallet.client.token>[1] = {}, form = {}) =>
      wallet.client.token({ grant_type: 'refresh_token', refresh_token: String(token), ...form }, options)

    test('gives access tokens for the same card again and again, also with a new DPoP key', async () => {
      const { body } = await grantedBy()
      for (const options of [{}, { key: await newClientKey() }]) {
        const again = await refresh(body['refresh_token'], options, { scope: 'residents:resident' })
        expect([again.status, again.headers.get('cache-control')]).toEqual([200, 'no-store'])
        expect(again.body).toEqual({
          access_token: expect.any(String),
          refresh_token: body['refresh_token'],
          token_type: 'DPoP',
          expires_in: 600,
          scope: 'residents:resident',
        })
        const first = await office.authorization.grantOf(String(body['access_token']))
        const second = await office.authorization.grantOf(String(again.body['access_token']))
        expect(second?.offers).toEqual(first?.offers)
        expect(second?.tokenHash).not.toBe(first?.tokenHash)
      }
    })

    test('is of no use to another wallet, even one of the same maker', async () => {
      const { body } = await grantedBy()
      const other = await createAttestedClient({
        issuer: `${office.url}/oauth`,
        provider: office.maker,
        clock: office.clock,
      })
      const stolen = await other.token({
        grant_type: 'refresh_token',
        refresh_token: String(body['refresh_token']),
      })
      expect([stolen.status, stolen.body['error']]).toEqual([400, 'invalid_grant'])
      expect((await refresh(body['refresh_token'])).status).toBe(200)
    })

    test.each([
      ['no DPoP proof', { dpop: null }, {}, 400, 'invalid_grant'],
      ['no authentication', { attestation: null, pop: null }, {}, 400, 'invalid_request'],
      ['a scope that was not granted', {}, { scope: 'families:multi-child-family' }, 400, 'invalid_scope'],
    ])('is refused with %s', async (_case, options, form, status, error) => {
      const { body } = await grantedBy()
      const answer = await refresh(body['refresh_token'], options, form)
      expect([answer.status, answer.body['error']]).toEqual([status, error])
    })

    test('runs out with the card', async () => {
      const { body } = await grantedBy()
      office.advance(365 * 86_400)
      expect((await refresh(body['refresh_token'])).status).toBe(200)
      office.advance(2 * 86_400)
      expect((await refresh(body['refresh_token'])).body['error']).toBe('invalid_grant')
    })

    test('a request that lacked but the nonce is repeated with the same proof of the attested key', async () => {
      const { body } = await grantedBy()
      const pop = await wallet.client.pop()
      const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
      const first = await wallet.client.token(form, { pop, dpop: { payload: { nonce: undefined } } })
      expect(first.body['error']).toBe('use_dpop_nonce')
      expect((await wallet.client.token(form, { pop })).status).toBe(200)
      const third = await wallet.client.token(form, { pop })
      expect([third.status, third.body['error']]).toEqual([401, 'invalid_client'])
    })
  })

  test('an access token runs out after ten minutes', async () => {
    const { body } = await grantedBy()
    expect(await office.authorization.grantOf(String(body['access_token']))).toBeDefined()
    office.advance(601)
    expect(await office.authorization.grantOf(String(body['access_token']))).toBeUndefined()
  })

  test('the database holds no code and no token, in any form that gives them back', async () => {
    const { code, body } = await grantedBy()
    const rows = await office.db.sql`SELECT * FROM "OauthRecord"`
    const text = JSON.stringify(rows, (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    for (const secret of [code, body['access_token'], body['refresh_token']])
      expect(text).not.toContain(String(secret))
    expect(text).not.toContain('residents:resident')
    const hash = createHash('sha256').update(String(body['access_token'])).digest('hex')
    expect((await office.authorization.grantOf(String(body['access_token'])))?.tokenHash).toBe(hash)
  })

  test('the log holds no code, token, state or address', async () => {
    const { code, flow, body } = await grantedBy()
    const log = office.logged.join('')
    for (const secret of [code, flow.state, body['access_token'], body['refresh_token'], office.subject])
      expect(log).not.toContain(String(secret))
    expect(log).toContain('"route":"/oauth/authorize/{uid}"')
  })

  test('what has run out is swept away', async () => {
    await grantedBy()
    office.advance(400 * 86_400)
    await office.authorization.sweep()
    for (const table of ['OauthRecord', 'SeenProof'])
      expect(await office.db.prisma.$queryRawUnsafe(`SELECT 1 FROM "${table}"`)).toEqual([])
  })
})
