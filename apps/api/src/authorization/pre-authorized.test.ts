import { DATABASES } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createWallet,
  newKey,
  newKeys,
  offerTo,
  type TestWallet,
  tokenFor,
  wrongCode,
} from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { createAttestedClient } from './testing/attested-client.ts'

describe.each(DATABASES)('the pre-authorized code over HTTP on %s', (_name, open) => {
  let office: Office
  let stop: () => Promise<void>
  let wallet: TestWallet

  beforeAll(async () => {
    const database = await open()
    stop = database.stop
    office = await startOffice(database.location)
    wallet = await createWallet(office)
  })
  afterAll(async () => {
    await office?.close()
    await stop?.()
  })

  const redeem = ({ code, txCode }: { code: string; txCode: string }) =>
    wallet.token({ 'pre-authorized_code': code, tx_code: txCode })

  test('gives an attested wallet an access token and a refresh token', async () => {
    const granted = await redeem(await offerTo(office, wallet))
    expect([granted.status, granted.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(granted.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'DPoP',
      expires_in: 600,
    })
    const refreshed = await wallet.client.token({
      grant_type: 'refresh_token',
      refresh_token: String(granted.body['refresh_token']),
    })
    expect(refreshed.status).toBe(200)
    const naming = (resource: string) =>
      wallet.client.token({
        grant_type: 'refresh_token',
        refresh_token: String(granted.body['refresh_token']),
        resource,
      })
    expect((await naming(wallet.issuer)).status).toBe(200)
    expect(await naming('https://other.example/issuers/residents')).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    })
    const [first, second] = await Promise.all(
      [granted, refreshed].map(({ body }) => office.authorization.grantOf(String(body['access_token']))),
    )
    expect(second?.offers).toEqual(first?.offers)
  })

  test.each([
    ['no grant type', { grant_type: null }, 400, 'invalid_request'],
    ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['no code', { 'pre-authorized_code': null }, 400, 'invalid_request'],
    ['an unknown code', { 'pre-authorized_code': 'x'.repeat(43) }, 400, 'invalid_grant'],
    ['a huge code', { 'pre-authorized_code': 'x'.repeat(9000) }, 400, 'invalid_request'],
    ['no transaction code', { tx_code: null }, 400, 'invalid_request'],
    ['the client id of another', { client_id: 'https://other.test' }, 401, 'invalid_client'],
    ['malformed authorization details', { authorization_details: '{' }, 400, 'invalid_authorization_details'],
    [
      'details of another type',
      { authorization_details: '[{"type":"payment"}]' },
      400,
      'invalid_authorization_details',
    ],
    [
      'details of a card that nobody issues',
      { authorization_details: '[{"type":"openid_credential","credential_configuration_id":"pilot"}]' },
      400,
      'invalid_authorization_details',
    ],
  ])('is refused with %s, and nothing is spent', async (_case, change, status, error) => {
    const offer = await offerTo(office, wallet)
    const answer = await wallet.token({
      'pre-authorized_code': offer.code,
      tx_code: offer.txCode,
      ...change,
    })
    expect([answer.status, answer.body['error']]).toEqual([status, error])
    expect((await redeem(offer)).status).toBe(200)
  })

  test('is refused with a parameter that is there twice', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code',
      'pre-authorized_code': code,
      tx_code: txCode,
    })
    for (const name of form.keys()) {
      const { status, body } = await wallet.client.send('/token', `${form}&${name}=x`)
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
    }
    expect((await redeem({ code, txCode })).status).toBe(200)
  })

  test('names the credential when it was asked for by authorization details', async () => {
    const { id, code, txCode } = await offerTo(office, wallet)
    const details = JSON.stringify([{ type: 'openid_credential', credential_configuration_id: 'resident' }])
    const { body } = await wallet.token({
      'pre-authorized_code': code,
      tx_code: txCode,
      authorization_details: details,
    })
    expect(body['authorization_details']).toEqual([
      {
        type: 'openid_credential',
        credential_configuration_id: 'resident',
        locations: [wallet.issuer],
        credential_identifiers: [id],
      },
    ])
  })

  test('a wrong transaction code says how many tries are left, and five lock the offer for good', async () => {
    const { id, code, txCode, offerUri } = await offerTo(office, wallet)
    for (const left of [4, 3, 2, 1]) {
      expect((await redeem({ code, txCode: wrongCode(txCode) })).body).toMatchObject({
        error: 'invalid_grant',
        code: 'tx_code_wrong',
        attempts_left: left,
      })
    }
    expect((await redeem({ code, txCode: wrongCode(txCode) })).body).toMatchObject({
      error: 'invalid_grant',
      code: 'offer_locked',
    })
    const right = await redeem({ code, txCode })
    expect([right.status, right.body['code']]).toEqual([400, 'offer_locked'])
    expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('locked')
    expect((await wallet.readOffer(offerUri)).body['code']).toBe('offer_locked')
  })

  test('twenty guesses at once are five', async () => {
    const { id, code, txCode } = await offerTo(office, wallet)
    await redeem({ code: 'x'.repeat(43), txCode })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        redeem({ code, txCode: String((Number(txCode) + 1 + n) % 1_000_000).padStart(6, '0') }),
      ),
    )
    expect(answers.every(({ body }) => body['error'] === 'invalid_grant')).toBe(true)
    expect(answers.filter(({ body }) => body['code'] === 'tx_code_wrong')).toHaveLength(4)
    const [row] = await office.db.sql`SELECT "attempts" FROM "Offer" WHERE "id" = ${id}::uuid`
    expect(row?.['attempts']).toBe(5)
  })

  test('an offer expires', async () => {
    const { id, code, txCode, offerUri } = await offerTo(office, wallet)
    office.advance(901)
    const { status, body } = await redeem({ code, txCode })
    expect([status, body['error'], body['code']]).toEqual([400, 'invalid_grant', 'offer_expired'])
    expect((await wallet.readOffer(offerUri)).body['code']).toBe('offer_expired')
    expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('expired')
  })

  test('a suspended office gives no token, and the offer is kept for later', async () => {
    const offer = await offerTo(office, wallet)
    const suspend = (at: Date | null) =>
      office.db.sql`UPDATE "Agency" SET "suspendedAt" = ${at} WHERE "id" = 'residents'`
    await suspend(office.clock())
    expect((await redeem(offer)).body).toMatchObject({ error: 'invalid_grant', code: 'issuer_suspended' })
    await suspend(null)
    expect((await redeem(offer)).status).toBe(200)
  })

  test('an offer for those who sign in is no pre-authorized code', async () => {
    const { body } = await office.call('POST', '/api/offers', {
      agency: 'residents',
      type: 'resident',
      subject: office.subject,
      grant: 'authorization_code',
    })
    const offer = (await wallet.readOffer(String(body['offerUri']))).body as Record<string, never>
    const code = String(offer['grants']?.['authorization_code']?.['issuer_state'])
    const refused = await redeem({ code, txCode: '123456' })
    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_grant'])
  })

  test('a code works once: another DPoP key is refused', async () => {
    const { code, txCode } = await tokenFor(office, wallet)
    const { status, body } = await wallet.token(
      { 'pre-authorized_code': code, tx_code: txCode },
      { key: await newKey() },
    )
    expect([status, body['error'], body['code']]).toEqual([400, 'invalid_grant', 'offer_already_used'])
  })

  test('of eight wallets that redeem at once one succeeds', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const others = await Promise.all(Array.from({ length: 8 }, () => createWallet(office)))
    const answers = await Promise.all(
      others.map((other) => other.token({ 'pre-authorized_code': code, tx_code: txCode })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('a lost answer can be asked for again with the same key, and only the new token works', async () => {
    const { code, txCode, token } = await tokenFor(office, wallet)
    const again = await redeem({ code, txCode })
    expect(again.status).toBe(200)
    const keys = await newKeys(1)
    expect((await wallet.credential(token, { keys })).body['error']).toBe('invalid_token')
    expect((await wallet.credential(String(again.body['access_token']), { keys })).status).toBe(200)
    expect((await redeem({ code, txCode })).body['code']).toBe('offer_already_used')
  })

  test('a lost answer can not be asked for again after ten minutes', async () => {
    const { code, txCode } = await tokenFor(office, wallet)
    office.advance(601)
    expect((await redeem({ code, txCode })).body['code']).toBe('offer_already_used')
  })

  test('a large body is refused unread', async () => {
    const { status, body } = await wallet.client.send('/token', `a=${'x'.repeat(30_000)}`)
    expect([status, body['error']]).toEqual([413, 'invalid_request'])
  })

  test('a wallet without an attestation is refused in a city of high assurance', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const anonymous = await createAttestedClient({ issuer: wallet.client.issuer, clock: office.clock })
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code',
      'pre-authorized_code': code,
      tx_code: txCode,
    }
    for (const [client_id, status, error] of [
      [null, 400, 'invalid_request'],
      [wallet.client.clientId, 401, 'invalid_client'],
      ['anonymous', 401, 'invalid_client'],
    ] as const) {
      const answer = await anonymous.token({ ...form, client_id })
      expect([answer.status, answer.body['error']]).toEqual([status, error])
    }
    expect((await redeem({ code, txCode })).status).toBe(200)
  })
})

describe('in an open city', () => {
  let office: Office
  let wallet: TestWallet
  beforeAll(async () => {
    office = await startOffice({ memory: true }, { config: { assurance: 'open' } })
    wallet = await createWallet(office)
  })
  afterAll(() => office?.close())

  const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
  const anonymously = async (form: Record<string, string | null> = {}) => {
    const { code, txCode } = await offerTo(office, wallet)
    const anonymous = await createAttestedClient({ issuer: wallet.client.issuer, clock: office.clock })
    return anonymous.token({
      grant_type: PRE_AUTHORIZED,
      'pre-authorized_code': code,
      tx_code: txCode,
      ...form,
    })
  }

  test.each([
    ['without a client id', {}],
    ['with one of its own', { client_id: 'some-wallet' }],
    ['with an empty one', { client_id: '' }],
  ])('an anonymous wallet redeems an offer %s, without a refresh token', async (_case, form) => {
    const { status, body } = await anonymously(form)
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'DPoP', expires_in: 600 },
    ])
  })

  test('an attested wallet is welcome too', async () => {
    const { code, txCode } = await offerTo(office, wallet)
    const { status, body } = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
    expect([status, typeof body['refresh_token']]).toEqual([200, 'string'])
  })

  test.each(['authorization_code', 'refresh_token'])('an anonymous wallet has no %s', async (grant_type) => {
    const { status, body } = await anonymously({
      grant_type,
      client_id: 'some-wallet',
      code: 'x'.repeat(43),
      refresh_token: 'x'.repeat(43),
    })
    expect([status, body['error']]).toEqual([400, 'invalid_request'])
  })

  test('an anonymous wallet may not push a request', async () => {
    const anonymous = await createAttestedClient({ issuer: wallet.client.issuer, clock: office.clock })
    for (const client_id of [null, 'anonymous', wallet.client.clientId]) {
      const { status, body } = await anonymous.send('/par', { client_id, response_type: 'code' })
      expect([400, 401]).toContain(status)
      expect(['invalid_request', 'invalid_client']).toContain(body['error'])
    }
  })

  test('the metadata says so', async () => {
    const read = async (url: string) =>
      (await (await fetch(`${url}/.well-known/oauth-authorization-server/oauth`)).json()) as Record<
        string,
        unknown
      >
    expect(await read(office.url)).toMatchObject({
      'pre-authorized_grant_anonymous_access_supported': true,
      token_endpoint_auth_methods_supported: [
        'attest_jwt_client_auth',
        'attest_jwt_client_auth_dpop',
        'none',
      ],
    })
  })
})
