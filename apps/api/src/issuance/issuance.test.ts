import { createHash } from 'node:crypto'
import { getStatus, parseSdJwt } from '@pass/credentials'
import type { DatabaseLocation } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createWallet,
  newKey,
  newKeys,
  offerTo,
  type TestWallet,
  tokenFor,
  wrongCode,
} from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

const databases: [string, () => Promise<{ location: DatabaseLocation; stop: () => Promise<void> }>][] = [
  ['PGlite', async () => ({ location: { memory: true }, stop: async () => {} })],
  ['PostgreSQL', async () => startPostgres().then(({ url, stop }) => ({ location: { url }, stop }))],
]

describe.each(databases)('issuance over HTTP on %s', (_name, open) => {
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

  const rowsOf = async (id: string) => ({
    copies: await office.db.sql<{ hash: string; statusListId: string; statusIndex: number }>`
      SELECT "hash", "statusListId", "statusIndex" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`,
    anchors: await office.db.sql<{ key: string }>`SELECT "key" FROM "Outbox" WHERE "kind" = 'anchor'`,
  })

  describe('the way of a credential', () => {
    test('an offer becomes a batch of ten copies, each for its own key, hashed for the chain', async () => {
      const { id, txCode, code } = await offerTo(office, wallet)
      const granted = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      expect(granted.status).toBe(200)
      expect(granted.headers.get('cache-control')).toBe('no-store')
      expect(granted.body).toEqual({ access_token: expect.any(String), token_type: 'DPoP', expires_in: 600 })

      const keys = await newKeys(10)
      const issued = await wallet.credential(String(granted.body['access_token']), { keys })
      expect(issued.status).toBe(200)
      expect(issued.headers.get('cache-control')).toBe('no-store')
      const compacts = (issued.body['credentials'] as { credential: string }[]).map(
        ({ credential }) => credential,
      )
      const copies = compacts.map((compact) => parseSdJwt(compact))
      expect(copies.map(({ payload }) => payload['cnf'])).toEqual(
        keys.map(({ jwk: { kty, crv, x, y } }) => ({ jwk: { kty, crv, x, y } })),
      )
      const agencyKey = await importJWK(office.keys.get('residents')?.publicJwk ?? {}, 'ES256')
      for (const { jwt, header, payload, claims } of copies) {
        await compactVerify(jwt, agencyKey)
        expect(header).toMatchObject({
          typ: 'dc+sd-jwt',
          alg: 'ES256',
          kid: 'did:ethr:0x205a:residents#delegate-1',
          x5c: ['MIIB'],
        })
        expect(payload).toMatchObject({ iss: wallet.issuer, vct: `${office.url}/credential-types/resident` })
        expect(payload).not.toHaveProperty('name_ko')
        expect(claims).toMatchObject({
          name_ko: '김하늘',
          district_name: '연수구',
          age_equal_or_over: { '19': true },
        })
      }
      const { copies: rows, anchors } = await rowsOf(id)
      const hashes = compacts.map((compact) =>
        createHash('sha256')
          .update(compact.split('~')[0] ?? '')
          .digest('hex'),
      )
      expect(rows.map(({ hash }) => hash).sort()).toEqual(hashes.sort())
      expect(anchors.map(({ key }) => key)).toEqual(expect.arrayContaining(hashes))
      expect((await office.call('GET', `/api/offers/${id}`)).body).toMatchObject({
        id,
        state: 'issued',
        type: 'resident',
      })
    })

    test('the times of a copy are those of everybody on that day, so they link nothing', async () => {
      const { token } = await tokenFor(office, wallet)
      const { body } = await wallet.credential(token, { keys: await newKeys(1) })
      const { payload } = parseSdJwt((body['credentials'] as { credential: string }[])[0]!.credential)
      expect((Number(payload['iat']) + 9 * 3600) % 86_400).toBe(0)
      // The last second of a day in Seoul.
      expect((Number(payload['exp']) + 1 + 9 * 3600) % 86_400).toBe(0)
    })

    test('status indices of concurrent issuances are unique', async () => {
      const wallets = await Promise.all(Array.from({ length: 6 }, () => createWallet(office)))
      const ids = await Promise.all(
        wallets.map(async (each) => {
          const { id, token } = await tokenFor(office, each)
          expect((await each.credential(token, { keys: await newKeys(5) })).status).toBe(200)
          return id
        }),
      )
      const rows = (await Promise.all(ids.map(rowsOf))).flatMap(({ copies }) => copies)
      expect(
        new Set(rows.map(({ statusListId, statusIndex }) => `${statusListId}/${statusIndex}`)).size,
      ).toBe(30)
    })

    test('copies name their place in a status list that says they are valid', async () => {
      const { token } = await tokenFor(office, wallet)
      const { body } = await wallet.credential(token, { keys: await newKeys(1) })
      const { payload } = parseSdJwt((body['credentials'] as { credential: string }[])[0]!.credential)
      const { uri, idx } = (payload['status'] as { status_list: { uri: string; idx: number } }).status_list
      expect((await fetch(uri)).status).toBe(200)
      const list = await office.status.currentList(uri.split('/').at(-1) ?? '')
      expect(list?.statusAt(idx)).toBe(0)
      expect(getStatus(new Uint8Array(1), 2, 0)).toBe(0)
    })
  })

  describe('offers', () => {
    const create = (body: Record<string, unknown>, agency?: string) =>
      office.call('POST', '/api/offers', body, agency)
    const good = () => ({ agency: 'residents', type: 'resident', subject: office.subject })

    test('an offer is a link by reference, one by value, one for this device, and six digits', async () => {
      const { status, body } = await create(good())
      expect(status).toBe(201)
      const reference = `${office.url}/issuers/residents/offers/${String(body['id'])}`
      expect(body).toMatchObject({
        offerUri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(reference)}`,
        walletLink: `${office.url}/wallet/receive#credential_offer_uri=${encodeURIComponent(reference)}`,
        txCode: expect.stringMatching(/^\d{6}$/),
      })
      const byValue = new URL(String(body['offerUriByValue'])).searchParams.get('credential_offer')
      expect(JSON.parse(byValue ?? '')).toEqual((await wallet.readOffer(String(body['offerUri']))).body)
      expect(Date.parse(String(body['expiresAt'])) - office.clock().getTime()).toBeGreaterThan(890_000)
    })

    test('the database yields neither the code nor the transaction code', async () => {
      const { id, code, txCode } = await offerTo(office, wallet)
      const [row] = await office.db.sql`SELECT * FROM "Offer" WHERE "id" = ${id}::uuid`
      const text = JSON.stringify(row, (_key, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      )
      expect(text).not.toContain(code)
      expect(text).not.toContain(txCode)
      expect(text).not.toContain(createHash('sha256').update(txCode).digest('hex'))
    })

    test('the person may be named by the number of the register', async () => {
      expect((await create({ ...good(), subject: 'R-0001' })).status).toBe(201)
    })

    test.each([
      ['another agency', { agency: 'families' }, 403, 'forbidden'],
      ['a type that does not exist', { type: 'pilot' }, 404, 'unknown_type'],
      ['a type the agency is not accredited for', { type: 'multi-child-family' }, 409, 'type_not_accredited'],
      ['a person the register does not know', { subject: crypto.randomUUID() }, 404, 'unknown_subject'],
      ['a number the register does not know', { subject: 'R-9999' }, 404, 'unknown_subject'],
      ['a body with more in it', { extra: 1 }, 400, 'bad_request'],
    ])('an offer is refused for %s', async (_case, change, status, code) => {
      const answer = await create({ ...good(), ...change })
      expect([answer.status, answer.body['code']]).toEqual([status, code])
    })

    test('an offer is refused when the register does not show what the type requires', async () => {
      const { status, body } = await create(
        { agency: 'families', type: 'multi-child-family', subject: office.subject },
        'families',
      )
      expect([status, body['code']]).toEqual([409, 'not_entitled'])
    })

    test("another agency's officer does not see an offer", async () => {
      const { id } = await offerTo(office, wallet)
      expect((await office.call('GET', `/api/offers/${id}`, undefined, 'families')).status).toBe(404)
      expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('open')
    })

    test('an offer by reference is gone once it was used', async () => {
      const { offerUri } = await tokenFor(office, wallet)
      const { status, body } = await wallet.readOffer(offerUri)
      expect([status, body['code']]).toEqual([410, 'offer_already_used'])
    })
  })

  describe('the token endpoint', () => {
    test.each([
      ['no grant type', { grant_type: null }, 'invalid_request'],
      ['another grant type', { grant_type: 'authorization_code' }, 'unsupported_grant_type'],
      ['no code', { 'pre-authorized_code': null }, 'invalid_request'],
      ['an unknown code', { 'pre-authorized_code': 'x'.repeat(43) }, 'invalid_grant'],
      ['no transaction code', { tx_code: null }, 'invalid_request'],
      ['a client secret', { client_id: 'a', client_secret: 'b' }, 'invalid_client'],
      ['malformed authorization details', { authorization_details: '{' }, 'invalid_request'],
    ])('refuses %s as %s says', async (_case, change, error) => {
      const { code, txCode } = await offerTo(office, wallet)
      const { status, body } = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode, ...change })
      expect([status, body['error']]).toEqual([error === 'invalid_client' ? 401 : 400, error])
      expect((await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })).status).toBe(200)
    })

    test('refuses a parameter that is there twice', async () => {
      const url = `${wallet.issuer}/token`
      const headers = { 'content-type': 'application/x-www-form-urlencoded', DPoP: await wallet.dpop(url) }
      expect((await wallet.post(url, headers, 'grant_type=a&grant_type=b')).body['error']).toBe(
        'invalid_request',
      )
    })

    test('names the credential when it was asked for by authorization details', async () => {
      const { code, txCode } = await offerTo(office, wallet)
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
          credential_identifiers: ['resident'],
        },
      ])
    })

    test('a wrong transaction code says how many tries are left, and five lock the offer for good', async () => {
      const { id, code, txCode, offerUri } = await offerTo(office, wallet)
      const guess = () => wallet.token({ 'pre-authorized_code': code, tx_code: wrongCode(txCode) })
      for (const left of [4, 3, 2, 1]) {
        expect((await guess()).body).toMatchObject({
          error: 'invalid_grant',
          code: 'tx_code_wrong',
          attempts_left: left,
        })
      }
      expect((await guess()).body).toMatchObject({ error: 'invalid_grant', code: 'offer_locked' })
      const right = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      expect([right.status, right.body['code']]).toEqual([400, 'offer_locked'])
      expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('locked')
      expect((await wallet.readOffer(offerUri)).body['code']).toBe('offer_locked')
    })

    test('twenty guesses at once are five', async () => {
      const { id, code, txCode } = await offerTo(office, wallet)
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          wallet.token({
            'pre-authorized_code': code,
            tx_code: String((Number(txCode) + 1 + n) % 1_000_000).padStart(6, '0'),
          }),
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
      const { status, body } = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      expect([status, body['error'], body['code']]).toEqual([400, 'invalid_grant', 'offer_expired'])
      expect((await wallet.readOffer(offerUri)).body['code']).toBe('offer_expired')
      expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('expired')
    })

    test('a code works once: another DPoP key is refused', async () => {
      const { code, txCode } = await tokenFor(office, wallet)
      const { status, body } = await wallet.token(
        { 'pre-authorized_code': code, tx_code: txCode },
        { key: await newKey() },
      )
      expect([status, body['error'], body['code']]).toEqual([400, 'invalid_grant', 'offer_already_used'])
    })

    test('of two wallets that redeem at once one succeeds', async () => {
      const { code, txCode } = await offerTo(office, wallet)
      const others = await Promise.all(Array.from({ length: 8 }, () => createWallet(office)))
      const answers = await Promise.all(
        others.map((other) => other.token({ 'pre-authorized_code': code, tx_code: txCode })),
      )
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    })

    test('a lost answer can be asked for again with the same key, and only the new token works', async () => {
      const { code, txCode, token } = await tokenFor(office, wallet)
      const again = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      expect(again.status).toBe(200)
      const keys = await newKeys(1)
      expect((await wallet.credential(token, { keys })).body['error']).toBe('invalid_token')
      expect((await wallet.credential(String(again.body['access_token']), { keys })).status).toBe(200)
      const afterwards = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      expect(afterwards.body['code']).toBe('offer_already_used')
    })

    test('a large body is refused unread', async () => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const { status, body } = await wallet.post(`${wallet.issuer}/token`, headers, `a=${'x'.repeat(20_000)}`)
      expect([status, body['error']]).toEqual([413, 'invalid_request'])
    })
  })

  describe('DPoP', () => {
    const redeem = async (options: Parameters<TestWallet['token']>[1]) => {
      const { code, txCode } = await offerTo(office, wallet)
      return wallet.token({ 'pre-authorized_code': code, tx_code: txCode }, options)
    }

    test.each([
      ['no proof', { proof: null }],
      ['no JWT', { proof: 'a.b' }],
      ['another typ', { header: { typ: 'jwt' } }],
      ['another method', { payload: { htm: 'GET' } }],
      ['another address', { payload: { htu: 'https://elsewhere.test/token' } }],
      ['no jti', { payload: { jti: '' } }],
      ['no time', { payload: { iat: 'now' } }],
      [
        'a private key in the header',
        { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43), d: 'c' } } },
      ],
      [
        "a key that is not the signer's",
        {
          header: {
            jwk: {
              kty: 'EC',
              crv: 'P-256',
              x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
              y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
            },
          },
        },
      ],
    ])('a token request with %s is refused', async (_case, options) => {
      const { status, body } = await redeem(options)
      expect([status, body['error']]).toEqual([400, 'invalid_dpop_proof'])
    })

    test('the address may be written with a query, which does not count', async () => {
      expect((await redeem({ payload: { htu: `${wallet.issuer}/token?a=b#c` } })).status).toBe(200)
    })

    test('a device whose clock is wrong is given a nonce, with which it succeeds', async () => {
      const { code, txCode } = await offerTo(office, wallet)
      const form = { 'pre-authorized_code': code, tx_code: txCode }
      const iat = Math.floor(office.clock().getTime() / 1000) - 7200
      const first = await wallet.token(form, { payload: { iat } })
      expect([first.status, first.body['error']]).toEqual([400, 'use_dpop_nonce'])
      const nonce = first.headers.get('dpop-nonce')
      expect((await wallet.token(form, { payload: { iat, nonce: `${nonce}x` } })).body['error']).toBe(
        'use_dpop_nonce',
      )
      expect((await wallet.token(form, { payload: { iat, nonce } })).status).toBe(200)
    })

    test('a proof works once at the token endpoint', async () => {
      const { code, txCode } = await offerTo(office, wallet)
      const proof = await wallet.dpop(`${wallet.issuer}/token`)
      const form = { 'pre-authorized_code': code, tx_code: txCode }
      expect((await wallet.token(form, { proof })).status).toBe(200)
      expect((await wallet.token(form, { proof })).body['error']).toBe('invalid_dpop_proof')
    })

    test('a proof works once at the credential endpoint', async () => {
      const { token } = await tokenFor(office, wallet)
      const proof = await wallet.dpop(`${wallet.issuer}/credential`, { token })
      const keys = await newKeys(1)
      expect((await wallet.credential(token, { keys, proof })).status).toBe(200)
      const again = await wallet.credential(token, { keys, proof })
      expect([again.status, again.body['error']]).toEqual([401, 'invalid_dpop_proof'])
      expect(again.headers.get('www-authenticate')).toContain('DPoP error="invalid_dpop_proof"')
    })
  })

  describe('the credential endpoint', () => {
    const ask = async (
      change: (
        request: Record<string, unknown>,
      ) => Record<string, unknown> | Promise<Record<string, unknown>>,
    ) => {
      const { token } = await tokenFor(office, wallet)
      const answer = await wallet.credential(token, {
        body: await change(await wallet.request(await newKeys(1))),
      })
      // What was refused has spent nothing: the wallet may correct itself.
      if (answer.status !== 200)
        expect((await wallet.credential(token, { keys: await newKeys(1) })).status).toBe(200)
      return [answer.status, answer.body['error']]
    }

    test.each<[string, (request: Record<string, unknown>) => Record<string, unknown>, string]>([
      [
        'an unknown configuration',
        (r) => ({ ...r, credential_configuration_id: 'pilot' }),
        'unknown_credential_configuration',
      ],
      [
        'an unknown identifier',
        ({ proofs }) => ({ proofs, credential_identifier: 'x' }),
        'unknown_credential_identifier',
      ],
      ['both names', (r) => ({ ...r, credential_identifier: 'resident' }), 'invalid_credential_request'],
      ['neither name', ({ proofs }) => ({ proofs }), 'invalid_credential_request'],
      [
        'the proof of former drafts',
        (r) => ({ ...r, proof: { proof_type: 'jwt', jwt: '' } }),
        'invalid_credential_request',
      ],
      ['no proofs', ({ proofs, ...r }) => r, 'invalid_proof'],
      ['an empty list of proofs', (r) => ({ ...r, proofs: { jwt: [] } }), 'invalid_proof'],
      ['another type of proof', (r) => ({ ...r, proofs: { attestation: ['a'] } }), 'invalid_proof'],
      ['what is no JWT', (r) => ({ ...r, proofs: { jwt: ['a'] } }), 'invalid_proof'],
      [
        'a wish for encryption',
        (r) => ({ ...r, credential_response_encryption: { jwk: {} } }),
        'invalid_encryption_parameters',
      ],
    ])('refuses %s', async (_case, change, error) => {
      expect(await ask(change)).toEqual([400, error])
    })

    test('takes the credential identifier too', async () => {
      expect(await ask(({ proofs }) => ({ proofs, credential_identifier: 'resident' }))).toEqual([
        200,
        undefined,
      ])
    })

    const askWith = async (
      changes: { header?: Record<string, unknown>; payload?: Record<string, unknown> },
      nonce?: string,
    ) =>
      ask(async (request) => ({
        ...request,
        proofs: { jwt: [await wallet.proof(await newKey(), nonce ?? (await wallet.nonce()), changes)] },
      }))

    test.each([
      ['another typ', { header: { typ: 'jwt' } }, 'invalid_proof'],
      ['another audience', { payload: { aud: 'https://elsewhere.test' } }, 'invalid_proof'],
      ['no nonce', { payload: { nonce: undefined } }, 'invalid_proof'],
      ['no time', { payload: { iat: undefined } }, 'invalid_proof'],
      ['a time two days off', { payload: { iat: 1_000_000 } }, 'invalid_proof'],
      ['a key by two names', { header: { kid: 'did:jwk:abc' } }, 'invalid_proof'],
      ['a nonce of another maker', { payload: { nonce: 'abc' } }, 'invalid_nonce'],
    ])('refuses a proof with %s', async (_case, changes, error) => {
      expect(await askWith(changes)).toEqual([400, error])
    })

    test('refuses a nonce that is too old, or of another issuer', async () => {
      const old = await wallet.nonce()
      office.advance(301)
      expect(await askWith({}, old)).toEqual([400, 'invalid_nonce'])
      const foreign = await (await createWallet(office, 'families')).nonce()
      expect(await askWith({}, foreign)).toEqual([400, 'invalid_nonce'])
    })

    test('refuses a proof that another key signed', async () => {
      const { jwk } = await newKey()
      expect(await askWith({ header: { jwk } })).toEqual([400, 'invalid_proof'])
    })

    test('takes a key that is named by did:jwk', async () => {
      const key = await newKey()
      const kid = `did:jwk:${Buffer.from(JSON.stringify(key.jwk)).toString('base64url')}#0`
      const proof = await wallet.proof(key, await wallet.nonce(), { header: { jwk: undefined, kid } })
      expect(await ask((request) => ({ ...request, proofs: { jwt: [proof] } }))).toEqual([200, undefined])
    })

    test('refuses the same key twice', async () => {
      const [key] = await newKeys(1)
      expect(await ask(() => wallet.request([key!, key!]))).toEqual([400, 'invalid_proof'])
    })

    test('refuses eleven proofs', async () => {
      expect(await ask(async () => wallet.request(await newKeys(11)))).toEqual([
        400,
        'invalid_credential_request',
      ])
    })

    test('refuses a large body unread', async () => {
      expect(await ask((request) => ({ ...request, filler: 'x'.repeat(100_000) }))).toEqual([
        413,
        'invalid_request',
      ])
    })

    test.each(['Bearer', 'Basic'])('refuses a token that comes as %s', async (scheme) => {
      const { token } = await tokenFor(office, wallet)
      const { status, body, headers } = await wallet.credential(token, { keys: await newKeys(1), scheme })
      expect([status, body['error']]).toEqual([401, 'invalid_token'])
      expect(headers.get('www-authenticate')).toMatch(/^DPoP /)
    })

    test("refuses a token with another's DPoP key", async () => {
      const { token } = await tokenFor(office, wallet)
      const { status, body } = await wallet.credential(token, {
        keys: await newKeys(1),
        dpopKey: await newKey(),
      })
      expect([status, body['error']]).toEqual([401, 'invalid_token'])
    })

    test('refuses a proof for another token, an unknown token, and one that ran out', async () => {
      const { token } = await tokenFor(office, wallet)
      const proof = await wallet.dpop(`${wallet.issuer}/credential`, { token: 'x'.repeat(43) })
      expect((await wallet.credential(token, { keys: await newKeys(1), proof })).body['error']).toBe(
        'invalid_dpop_proof',
      )
      expect((await wallet.credential('x'.repeat(43), { keys: await newKeys(1) })).body['error']).toBe(
        'invalid_token',
      )
      office.advance(601)
      expect((await wallet.credential(token, { keys: await newKeys(1) })).body['error']).toBe('invalid_token')
    })

    test('a lost answer can be asked for again: the same keys get the same copies', async () => {
      const { id, token } = await tokenFor(office, wallet)
      const keys = await newKeys(3)
      const first = await wallet.credential(token, { keys })
      const second = await wallet.credential(token, { keys: [...keys].reverse() })
      expect(second.status).toBe(200)
      expect(second.body).toEqual(first.body)
      expect((await rowsOf(id)).copies).toHaveLength(3)
    })

    test('other keys get nothing once it was issued', async () => {
      const { token } = await tokenFor(office, wallet)
      expect((await wallet.credential(token, { keys: await newKeys(1) })).status).toBe(200)
      const { status, body } = await wallet.credential(token, { keys: await newKeys(1) })
      expect([status, body['error']]).toEqual([400, 'credential_request_denied'])
    })

    test('requests that come at once issue once, and those with the same keys agree', async () => {
      const { id, token } = await tokenFor(office, wallet)
      const [mine, other] = await Promise.all([newKeys(2), newKeys(2)])
      const bodies = await Promise.all(
        [mine, mine, mine, other, other, other].map((keys) => wallet.request(keys)),
      )
      const answers = await Promise.all(bodies.map((body) => wallet.credential(token, { body })))
      const good = answers.filter(({ status }) => status === 200)
      expect(good).toHaveLength(3)
      expect(new Set(good.map(({ body }) => JSON.stringify(body))).size).toBe(1)
      expect(answers.filter(({ body }) => body['error'] === 'credential_request_denied')).toHaveLength(3)
      expect((await rowsOf(id)).copies).toHaveLength(2)
    })

    test('the copies are kept for a repetition for ten minutes at most', async () => {
      const { id, token } = await tokenFor(office, wallet)
      await wallet.credential(token, { keys: await newKeys(1) })
      office.advance(601)
      await office.issuance.sweep()
      const [row] = await office.db.sql`SELECT "sealedResponse" FROM "Credential" WHERE "id" = ${id}::uuid`
      expect(row?.['sealedResponse']).toBeNull()
    })
  })

  describe('an agency that was suspended', () => {
    test('offers nothing, grants nothing, issues nothing, and goes on when reinstated', async () => {
      const offer = await offerTo(office, wallet)
      const { token } = await tokenFor(office, wallet)
      await office.db.sql`UPDATE "Agency" SET "suspendedAt" = now() WHERE "id" = 'residents'`
      office.advance(3)
      const form = { 'pre-authorized_code': offer.code, tx_code: offer.txCode }
      const keys = await newKeys(1)
      const body = { agency: 'residents', type: 'resident', subject: office.subject }
      expect((await office.call('POST', '/api/offers', body)).body['code']).toBe('issuer_suspended')
      expect((await wallet.token(form)).body).toMatchObject({
        error: 'invalid_grant',
        code: 'issuer_suspended',
      })
      expect((await wallet.credential(token, { keys })).body).toMatchObject({
        error: 'credential_request_denied',
        code: 'issuer_suspended',
      })
      await office.db.sql`UPDATE "Agency" SET "suspendedAt" = NULL WHERE "id" = 'residents'`
      office.advance(3)
      expect((await wallet.token(form)).status).toBe(200)
      expect((await wallet.credential(token, { keys })).status).toBe(200)
    })
  })

  test('an issuer that does not exist has no metadata, nonce or token', async () => {
    for (const path of [
      '/.well-known/openid-credential-issuer/issuers/nobody',
      '/.well-known/oauth-authorization-server/issuers/nobody',
    ])
      expect((await fetch(`${office.url}${path}`)).status).toBe(404)
    expect((await fetch(`${office.url}/issuers/nobody/nonce`, { method: 'POST' })).status).toBe(404)
  })
})
