import { createHash } from 'node:crypto'
import { DATABASES } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWallet, offerTo, type TestWallet, tokenFor } from './test-wallet.ts'
import { type Office, startOffice } from './testing.ts'

describe.each(DATABASES)('offers over HTTP on %s', (_name, open) => {
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

  const create = (body: Record<string, unknown>, agency?: string) =>
    office.call('POST', '/api/offers', body, agency)
  const good = () => ({ agency: 'residents', type: 'resident', subject: office.subject })

  test('an offer is a link by reference, one by value, one for this device, and six digits', async () => {
    const { status, body } = await create(good())
    expect(status).toBe(201)
    const reference = `${office.url}/issuers/residents/offers/${String(body['id'])}`
    expect(body).toMatchObject({
      offerUri: `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(reference)}`,
      haipOfferUri: `haip-vci://?credential_offer_uri=${encodeURIComponent(reference)}`,
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
    ['a grant that nobody knows', { grant: 'implicit' }, 400, 'bad_request'],
    ['the grant of those who began by themselves', { grant: 'sign-in' }, 400, 'bad_request'],
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

  describe('for a person who signs in', () => {
    const signIn = () => ({ ...good(), grant: 'authorization_code' })

    test('an offer has an issuer_state in place of codes, by reference and by value', async () => {
      const { status, body } = await create(signIn())
      expect(status).toBe(201)
      expect(body).not.toHaveProperty('txCode')
      const { body: offer } = await wallet.readOffer(String(body['offerUri']))
      expect(offer).toEqual({
        credential_issuer: `${office.url}/issuers/residents`,
        credential_configuration_ids: ['resident'],
        grants: { authorization_code: { issuer_state: expect.stringMatching(/^[\w-]{43}$/) } },
      })
      const byValue = new URL(String(body['offerUriByValue'])).searchParams.get('credential_offer')
      expect(JSON.parse(byValue ?? '')).toEqual(offer)
    })

    const stateOf = async (offerUri: unknown) => {
      const { body } = await wallet.readOffer(String(offerUri))
      const grants = body['grants'] as unknown as { authorization_code: { issuer_state: string } }
      return grants.authorization_code.issuer_state
    }

    test('the state finds the offer and its person, until it was taken, once', async () => {
      const { body } = await create(signIn())
      const state = await stateOf(body['offerUri'])
      const { offers } = office.issuance
      const found = {
        offerId: body['id'],
        agencyId: 'residents',
        typeId: 'resident',
        subjectId: office.subject,
      }
      expect(await offers.forIssuerState(state)).toEqual(found)
      for (const wrong of [`${state}x`, '', 'x'.repeat(10_000)])
        expect(await offers.forIssuerState(wrong)).toBeUndefined()
      const take = () => office.db.transaction((sql) => offers.redeemForSignIn(sql, String(body['id'])))
      expect((await Promise.all([take(), take()])).sort()).toEqual([false, true])
      expect(await offers.forIssuerState(state)).toBeUndefined()
      expect((await wallet.readOffer(String(body['offerUri']))).body['code']).toBe('offer_already_used')
      expect((await office.call('GET', `/api/offers/${String(body['id'])}`)).body['state']).toBe('redeemed')
    })

    test('the state ends with the offer', async () => {
      const { body } = await create(signIn())
      const state = await stateOf(body['offerUri'])
      office.advance(901)
      expect(await office.issuance.offers.forIssuerState(state)).toBeUndefined()
      const taken = await office.db.transaction((sql) =>
        office.issuance.offers.redeemForSignIn(sql, String(body['id'])),
      )
      expect(taken).toBe(false)
    })

    test('the state is no pre-authorized code, and a pre-authorized code no state', async () => {
      const { body } = await create(signIn())
      const state = await stateOf(body['offerUri'])
      const { status, body: refused } = await wallet.token({ 'pre-authorized_code': state })
      expect(status).toBe(400)
      expect(refused['error']).toMatch(/^invalid_(grant|request)$/)
      const { code, id } = await offerTo(office, wallet)
      expect(await office.issuance.offers.forIssuerState(code)).toBeUndefined()
      const taken = await office.db.transaction((sql) => office.issuance.offers.redeemForSignIn(sql, id))
      expect(taken).toBe(false)
    })

    test('the database does not yield the state', async () => {
      const { body } = await create(signIn())
      const state = await stateOf(body['offerUri'])
      const [row] = await office.db.sql`SELECT * FROM "Offer" WHERE "id" = ${String(body['id'])}::uuid`
      const text = JSON.stringify(row, (_key, value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      )
      expect(text).not.toContain(state)
    })

    test('what a citizen began by signing in is nothing that others can fetch', async () => {
      const { id } = await office.db.transaction((sql) =>
        office.issuance.offers.createForSignIn(sql, {
          agencyId: 'residents',
          typeId: 'resident',
          subjectId: office.subject,
        }),
      )
      expect((await fetch(`${office.url}/issuers/residents/offers/${id}`)).status).toBe(404)
    })
  })
})
