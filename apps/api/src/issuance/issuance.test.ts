import { createHash } from 'node:crypto'
import { getStatus, parseSdJwt } from '@pass/credentials'
import { DATABASES } from '@pass/database/testing'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWallet, newKey, newKeys, offerTo, type TestWallet, tokenFor } from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

describe.each(DATABASES)('issuance over HTTP on %s', (_name, open) => {
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
      expect(granted.body).toMatchObject({ token_type: 'DPoP', expires_in: 600 })

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

  describe('the credential endpoint', () => {
    test("refuses a token with another's DPoP key, an unknown token, and one that ran out", async () => {
      const { token } = await tokenFor(office, wallet)
      const refused = async (given: string, options: Parameters<TestWallet['credential']>[1] = {}) => {
        const { status, body } = await wallet.credential(given, { keys: await newKeys(1), ...options })
        return [status, body['error']]
      }
      expect(await refused(token, { dpopKey: await newKey() })).toEqual([401, 'invalid_token'])
      expect(await refused('x'.repeat(43))).toEqual([401, 'invalid_token'])
      expect(await refused(token, { scheme: 'Bearer' })).toEqual([401, 'invalid_token'])
      office.advance(601)
      expect(await refused(token)).toEqual([401, 'invalid_token'])
    })

    test('takes a proof once', async () => {
      const { token } = await tokenFor(office, wallet)
      await wallet.nonce()
      const proof = await wallet.dpop(`${wallet.issuer}/credential`, { token })
      const keys = await newKeys(1)
      expect((await wallet.credential(token, { keys, proof })).status).toBe(200)
      const again = await wallet.credential(token, { keys, proof })
      expect([again.status, again.body['error']]).toEqual([401, 'invalid_dpop_proof'])
    })

    test('a lost answer can be asked for again: the same keys get the same copies, others nothing', async () => {
      const { id, token } = await tokenFor(office, wallet)
      const keys = await newKeys(3)
      const first = await wallet.credential(token, { keys })
      const second = await wallet.credential(token, { keys: [...keys].reverse() })
      expect([second.status, second.body]).toEqual([200, first.body])
      const { status, body } = await wallet.credential(token, { keys: await newKeys(1) })
      expect([status, body['error']]).toEqual([400, 'credential_request_denied'])
      expect((await rowsOf(id)).copies).toHaveLength(3)
    })

    test('a refreshed token brings further copies', async () => {
      const { code, txCode, id } = await offerTo(office, wallet)
      const granted = await wallet.token({ 'pre-authorized_code': code, tx_code: txCode })
      const first = await wallet.credential(String(granted.body['access_token']), { keys: await newKeys(2) })
      expect(first.status).toBe(200)
      const refresh = { grant_type: 'refresh_token', refresh_token: String(granted.body['refresh_token']) }
      const { body } = await wallet.client.token(refresh)
      const fresh = await wallet.credential(String(body['access_token']), { keys: await newKeys(2) })
      expect(fresh.status).toBe(200)
      expect((await rowsOf(id)).copies).toHaveLength(4)
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

  test('an issuer that does not exist has no metadata and no nonce', async () => {
    const path = '/.well-known/openid-credential-issuer/issuers/nobody'
    expect((await fetch(`${office.url}${path}`)).status).toBe(404)
    expect((await fetch(`${office.url}/issuers/nobody/nonce`, { method: 'POST' })).status).toBe(404)
  })
})
