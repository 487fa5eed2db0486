import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import { createTestHolder, newKeys, type TestHolder } from './testing/holder.ts'

let desk: Desk
let holder: TestHolder
beforeAll(async () => {
  desk = await startDesk()
  holder = await createTestHolder(desk)
})
afterAll(() => desk?.close())

const RESIDENT = { credential_configuration_id: 'resident' }

/** A card that needs no officer. */
async function signedIn(subject?: string) {
  const subjectId = subject ?? (await desk.resident())
  const { id } = await desk.signedIn('veterans', 'resident', subjectId)
  return { id, subjectId, token: holder.tokenFor(id) }
}

const copiesOf = (id: string) =>
  desk.db.sql`SELECT "hash" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`

describe('who asks', () => {
  const ask = async (token: string, sent = {}, more: Record<string, unknown> = RESIDENT) => {
    const { status, body, headers } = await holder.credential(
      token,
      await holder.request(await newKeys(1), more),
      sent,
    )
    return { status, error: body.error, headers }
  }

  test('with a token for another agency gets nothing here', async () => {
    const { id } = await desk.signedIn('residents', 'resident', await desk.resident())
    expect(await ask(holder.tokenFor(id))).toMatchObject({ status: 401, error: 'invalid_token' })
  })

  test("with another wallet's token gets nothing", async () => {
    const { id } = await signedIn()
    const stranger = await createTestHolder(desk)
    expect(await ask(stranger.tokenFor(id))).toMatchObject({ status: 401, error: 'invalid_token' })
    expect(await ask(stranger.tokenFor(id), { key: stranger.dpopKey })).toMatchObject({ status: 200 })
  })

  test('names a credential of its token, by identifier or by configuration', async () => {
    const { id, token } = await signedIn()
    const other = await signedIn()
    const identified = (credential_identifier: unknown) => ask(token, {}, { credential_identifier })
    expect((await identified(other.id)).error).toBe('unknown_credential_identifier')
    expect((await identified('resident')).error).toBe('unknown_credential_identifier')
    expect((await identified(7)).error).toBe('unknown_credential_identifier')
    const configured = (credential_configuration_id: unknown) =>
      ask(token, {}, { credential_configuration_id })
    expect((await configured('pilot')).error).toBe('unknown_credential_configuration')
    expect((await configured(null)).error).toBe('unknown_credential_configuration')
    expect((await configured('veteran')).error).toBe('credential_request_denied')
    expect((await identified(id)).status).toBe(200)
  })

  test('with a token for two cards gets each', async () => {
    const subjectId = await desk.resident()
    const [one, two] = [await signedIn(subjectId), await desk.signedIn('veterans', 'resident', subjectId)]
    const token = holder.tokenFor(one.id, two.id)
    for (const { id } of [one, two])
      expect((await ask(token, {}, { credential_identifier: id })).status).toBe(200)
    expect(await copiesOf(two.id)).toHaveLength(1)
  })

  test.each([
    ['no nonce', { nonce: undefined }, 'use_dpop_nonce'],
    ['a foreign nonce', { nonce: 'x' }, 'use_dpop_nonce'],
    ['another method', { htm: 'GET' }, 'invalid_dpop_proof'],
    ['another address', { htu: 'https://elsewhere.test/credential' }, 'invalid_dpop_proof'],
    ['the hash of another token', { ath: 'x' }, 'invalid_dpop_proof'],
    ['no jti', { jti: undefined }, 'invalid_dpop_proof'],
  ])('is refused a DPoP proof with %s, and told a nonce that works', async (_case, payload, error) => {
    const { token } = await signedIn()
    const url = `${holder.issuer}/credential`
    const first = await ask(token, { dpop: await holder.dpop(url, token, { payload }) })
    expect(first).toMatchObject({ status: 401, error })
    expect(first.headers.get('www-authenticate')).toContain(`DPoP error="${error}"`)
    const nonce = first.headers.get('dpop-nonce')
    const dpop = await holder.dpop(url, token, { payload: { nonce } })
    const second = await ask(token, { dpop })
    expect(second.status).toBe(200)
    expect(second.headers.get('dpop-nonce')).toMatch(/./)
    // And each proof works once, also for who was sent away for something else.
    expect(await ask(token, { dpop })).toMatchObject({ status: 401, error: 'invalid_dpop_proof' })
  })

  test('is told a nonce by the nonce endpoint too', async () => {
    const response = await fetch(`${holder.issuer}/nonce`, { method: 'POST' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    const { token } = await signedIn()
    const payload = { nonce: response.headers.get('dpop-nonce') }
    const dpop = await holder.dpop(`${holder.issuer}/credential`, token, { payload })
    expect((await ask(token, { dpop })).status).toBe(200)
  })

  test('keeps the use of a request whose DPoP nonce was too old', async () => {
    const { token } = await signedIn()
    const body = await holder.request(await newKeys(1), RESIDENT)
    const dpop = await holder.dpop(`${holder.issuer}/credential`, token, { payload: { nonce: 'old' } })
    expect((await holder.credential(token, body, { dpop })).status).toBe(401)
    expect((await holder.credential(token, body)).status).toBe(200)
  })

  test.each([
    ['no proof', (_token: string) => ({ dpop: null })],
    ['no token', () => ({ headers: { authorization: '' } })],
    ['a bearer token', (token: string) => ({ headers: { authorization: `Bearer ${token}` } })],
    [
      'the token in the address',
      (token: string) => ({ headers: { authorization: '' }, query: `?access_token=${token}` }),
    ],
  ])('is refused with %s', async (_case, sent) => {
    const { token } = await signedIn()
    expect(await ask(token, sent(token))).toMatchObject({ status: 401 })
  })

  test('may write the scheme in any case', async () => {
    const { token } = await signedIn()
    expect((await ask(token, { headers: { authorization: `dPOP ${token}` } })).status).toBe(200)
  })

  test('is refused once the token has ended', async () => {
    const { token } = await signedIn()
    desk.revoke(token)
    expect(await ask(token)).toMatchObject({ status: 401, error: 'invalid_token' })
  })
})

describe('the body', () => {
  test.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['a text', '"x"', 400],
    ['nothing', '', 400],
    ['a parameter twice', '{"credential_identifier":"a","credential_identifier":"b"}', 400],
    ['what is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('latin1'), 400],
    ['deep nesting', `${'['.repeat(5000)}${']'.repeat(5000)}`, 400],
  ])('that is %s is an invalid credential request', async (_case, text, status) => {
    const { token } = await signedIn()
    const answer = await holder.post('credential', token, text)
    expect([answer.status, answer.body.error]).toEqual([status, 'invalid_credential_request'])
    expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description'])
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', '', 'application/json; charset=utf-16'])(
    'of the type "%s" is refused by a sentence that says which ones there are',
    async (type) => {
      const { token } = await signedIn()
      const { status, body } = await holder.post('credential', token, '{}', {
        headers: { 'content-type': type },
      })
      expect([status, body.error]).toEqual([415, 'invalid_credential_request'])
      expect(body.error_description).toMatch(/application\/json/)
    },
  )

  test('that is too large is refused unread', async () => {
    const { token } = await signedIn()
    const { status, body } = await holder.credential(token, { filler: 'x'.repeat(100_000) })
    expect([status, body.error]).toEqual([413, 'invalid_request'])
  })

  const WRONG = [null, true, 7, 'x', [], [7], {}, { a: 1 }]
  test.each([
    'credential_configuration_id',
    'credential_identifier',
    'proofs',
    'proof',
    'credential_response_encryption',
  ])('with any other type for %s is refused by a code of the protocol', async (name) => {
    const { token } = await signedIn()
    for (const value of WRONG) {
      const request: Record<string, unknown> = await holder.request(await newKeys(1), RESIDENT)
      if (name === 'credential_identifier') delete request['credential_configuration_id']
      const { status, body } = await holder.credential(token, { ...request, [name]: value })
      expect(status).toBe(400)
      expect(body.error).toMatch(
        /^(invalid_credential_request|unknown_credential_configuration|unknown_credential_identifier|invalid_proof|invalid_encryption_parameters)$/,
      )
      expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    }
  })

  test('with members that nobody knows is taken', async () => {
    const { token } = await signedIn()
    const request = await holder.request(await newKeys(1), { ...RESIDENT, hello: { deep: [1, null] } })
    expect((await holder.credential(token, request)).status).toBe(200)
  })
})
