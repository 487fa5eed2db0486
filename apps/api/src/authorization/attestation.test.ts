import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWallet, offerTo, type TestWallet } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { makeForeignProvider } from '../wallet-trust/testing/foreign-provider.ts'
import { createAttestedClient, newClientKey, type RequestOptions } from './testing/attested-client.ts'
import { createCodeFlow } from './testing/code-flow.ts'

let office: Office
let wallet: TestWallet
beforeAll(async () => {
  office = await startOffice({ memory: true })
  wallet = await createWallet(office)
})
afterAll(() => office?.close())

const seconds = () => Math.floor(office.clock().getTime() / 1000)
const push = (options: RequestOptions) => createCodeFlow(office, wallet.client).push({}, options)
const attest = (changes: Parameters<typeof wallet.client.attest>[0]) => wallet.client.attest(changes)
const broken = (jws: string | null) => `${jws?.slice(0, -6)}AAAAAA`

describe('the attestation of a wallet', () => {
  test.each<[string, () => Promise<string | null>]>([
    ['a signature that does not match', async () => broken(await attest({}))],
    ['a time that ran out', () => attest({ claims: { exp: seconds() - 600 } })],
    ['no time when it runs out', () => attest({ claims: { exp: undefined } })],
    ['a time in the future', () => attest({ claims: { iat: seconds() + 600 } })],
    ['nobody that it is for', () => attest({ claims: { sub: undefined } })],
    ['another client that it is for', () => attest({ claims: { sub: 'https://elsewhere.test' } })],
    ['no key', () => attest({ claims: { cnf: undefined } })],
    ['another typ', () => attest({ header: { typ: 'jwt' } })],
    ['no certificate', () => attest({ header: { x5c: undefined } })],
    [
      'a private key in it',
      async () => attest({ claims: { cnf: { jwk: { ...wallet.client.instanceKey.jwk, d: 'x' } } } }),
    ],
    ['nothing', async () => null],
    ['no JWT', async () => 'a.b.c'],
    ['an enormous one', async () => `a.${'b'.repeat(9000)}.c`],
    [
      'the signature of a maker that nobody trusts',
      async () => {
        const { kty, crv, x = '', y = '' } = wallet.client.instanceKey.jwk
        const stranger = await makeForeignProvider({ clientId: wallet.client.clientId, clock: office.clock })
        return stranger.attestClient({ kty, crv, x, y } as never)
      },
    ],
  ])('is refused with %s', async (_case, make) => {
    const { status, body } = await push({ attestation: await make() })
    expect([400, 401]).toContain(status)
    expect(['invalid_client', 'invalid_request', 'invalid_client_attestation']).toContain(body['error'])
    expect((await push({})).status).toBe(201)
  })

  test('may run out, and be renewed for the same key', async () => {
    const flow = createCodeFlow(office, wallet.client)
    const code = (await flow.authorize()).get('code')
    const attestation = await attest({ claims: { iat: seconds(), exp: seconds() + 30 } })
    const { body } = await flow.redeem(code, {}, { attestation })
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    office.advance(31)
    const late = await wallet.client.token(form, { attestation })
    expect([late.status, late.body['error']]).toEqual([401, 'invalid_client'])
    expect((await wallet.client.token(form)).status).toBe(200)
  })

  test("of the city's own wallet stops counting when the instance is revoked", async () => {
    const client = await createAttestedClient({
      issuer: `${office.url}/oauth`,
      provider: office.ownMaker,
      clock: office.clock,
    })
    const flow = createCodeFlow(office, client)
    const refused = async (answer: Promise<{ status: number; body: Record<string, unknown> }>) => {
      const { status, body } = await answer
      expect([status, body['error']]).toEqual([401, 'invalid_client'])
    }
    await refused(flow.push())
    const id = crypto.randomUUID()
    const { thumbprint } = client.instanceKey
    await office.db.sql`
      INSERT INTO "WalletInstance" ("id", "thumbprint", "createdAt", "lastSeenAt")
      VALUES (${id}::uuid, ${thumbprint}, ${office.clock()}, ${office.clock()})`
    await office.db.sql`
      INSERT INTO "WalletAttestation" ("thumbprint", "instanceId", "expiresAt")
      VALUES (${thumbprint}, ${id}::uuid, ${office.clock()})`
    const granted = await flow.redeem((await flow.authorize()).get('code'))
    expect(granted.status).toBe(200)
    const code = (await flow.authorize()).get('code')
    await office.db.sql`UPDATE "WalletInstance" SET "revokedAt" = ${office.clock()} WHERE "id" = ${id}::uuid`
    await refused(flow.push())
    await refused(flow.redeem(code))
    const refreshToken = String(granted.body['refresh_token'])
    await refused(client.token({ grant_type: 'refresh_token', refresh_token: refreshToken }))
  })
})

describe('the proof of the attested key', () => {
  test.each<[string, RequestOptions]>([
    ['another audience', { pop: { payload: { aud: 'https://elsewhere.test' } } }],
    ['a list of audiences', { pop: { payload: { aud: ['a', 'b'] } } }],
    ['no audience', { pop: { payload: { aud: undefined } } }],
    ['no time', { pop: { payload: { iat: undefined } } }],
    ['no jti', { pop: { payload: { jti: undefined } } }],
    ['a jti that is no text', { pop: { payload: { jti: 7 } } }],
    ['an enormous jti', { pop: { payload: { jti: 'x'.repeat(2000) } } }],
    ['another typ', { pop: { header: { typ: 'jwt' } } }],
    ['a time that ran out', { pop: { payload: { exp: 1 } } }],
    ['nothing', { pop: null }],
    ['no JWT', { pop: 'a.b.c' }],
  ])('is refused with %s', async (_case, options) => {
    const { status, body } = await push(options)
    expect([400, 401]).toContain(status)
    expect(['invalid_client', 'invalid_request', 'use_dpop_nonce']).toContain(body['error'])
    expect((await push({})).status).toBe(201)
  })

  test('is refused when another key signed it', async () => {
    const { status, body } = await push({ pop: { key: await newClientKey() } })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
  })

  test('is refused when its signature does not match', async () => {
    const { status, body } = await push({ pop: broken(await wallet.client.pop()) })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
  })

  test.each([
    ['a challenge of nobody', 'x'.repeat(43)],
    ['a challenge that is no text', 7],
  ])('with %s is sent back for one, which the answer brings', async (_case, challenge) => {
    const first = await push({ pop: { payload: { challenge } } })
    expect([first.status, first.body['error']]).toEqual([400, 'use_attestation_challenge'])
    const given = first.headers.get('oauth-client-attestation-challenge')
    expect(given).toMatch(/^[\w.~-]{16,512}$/)
    expect((await push({ pop: { payload: { challenge: given } } })).status).toBe(201)
  })

  test('that answers no challenge is accepted while its time is right, and once', async () => {
    for (const off of [0, -50, 50]) {
      const pop = await wallet.client.pop({ payload: { challenge: undefined, iat: seconds() + off } })
      expect((await push({ pop })).status).toBe(201)
      expect((await push({ pop })).body['error']).toBe('invalid_client')
    }
    for (const off of [-90, 90, -1e9]) {
      const { status, body, headers } = await push({
        pop: { payload: { challenge: undefined, iat: seconds() + off } },
      })
      expect([status, body['error']]).toEqual([400, 'use_attestation_challenge'])
      expect(headers.get('oauth-client-attestation-challenge')).toBeTruthy()
    }
  })

  test('works once', async () => {
    const pop = await wallet.client.pop()
    expect((await push({ pop })).status).toBe(201)
    const again = await push({ pop })
    expect([again.status, again.body['error']]).toEqual([401, 'invalid_client'])
  })

  test('works once also when it comes many times at the same moment', async () => {
    const pop = await wallet.client.pop()
    const answers = await Promise.all(Array.from({ length: 6 }, () => push({ pop })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  test('may be the DPoP proof, where one key does both', async () => {
    const combined = { pop: null, key: wallet.client.instanceKey, dpop: {} } satisfies RequestOptions
    const { code, txCode } = await offerTo(office, wallet)
    const form = { 'pre-authorized_code': code, tx_code: txCode }
    expect((await wallet.token(form, { ...combined, key: await newClientKey() })).body['error']).toBe(
      'invalid_client',
    )
    expect((await wallet.token(form, combined)).status).toBe(200)
  })

  test('a challenge is for all who ask, and names nobody', async () => {
    const ask = () => fetch(`${office.url}/oauth/challenge`, { method: 'POST' })
    const answer = await ask()
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const body = await answer.json()
    expect(body).toEqual({ attestation_challenge: expect.stringMatching(/^[\w-]{43}$/) })
    expect(await (await ask()).json()).toEqual(body)
  })
})

describe('another wallet', () => {
  test('has no use for a code', async () => {
    const other = await createAttestedClient({
      issuer: `${office.url}/oauth`,
      provider: office.maker,
      clock: office.clock,
    })
    const flow = createCodeFlow(office, wallet.client)
    const code = (await flow.authorize()).get('code')
    const stolen = await createCodeFlow(office, other).redeem(code, { code_verifier: flow.verifier })
    expect([stolen.status, stolen.body['error']]).toEqual([400, 'invalid_grant'])
    expect((await flow.redeem(code)).status).toBe(200)
  })

  test('that says it is another client than the one attested is not authenticated', async () => {
    const flow = createCodeFlow(office, wallet.client)
    const { status, body } = await flow.redeem('x'.repeat(43), { client_id: 'https://elsewhere.test' })
    expect([status, body['error']]).toEqual([401, 'invalid_client'])
  })
})
