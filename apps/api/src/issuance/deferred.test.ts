import { createHash } from 'node:crypto'
import { parseSdJwt } from '@pass/credentials'
import { DATABASES } from '@pass/database/testing'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Applying, createApplying } from './testing/applying.ts'
import { type Desk, startDesk } from './testing/desk.ts'
import {
  answerKey,
  copiesIn,
  createTestHolder,
  encrypted,
  newKeys,
  type TestHolder,
} from './testing/holder.ts'

describe.each(DATABASES)('what an officer must approve on %s', (_name, open) => {
  let desk: Desk
  let stop: () => Promise<void>
  let holder: TestHolder
  let office: Applying

  beforeAll(async () => {
    const database = await open()
    stop = database.stop
    desk = await startDesk(database.location)
    holder = await createTestHolder(desk)
    office = createApplying(desk, holder)
  })
  afterAll(async () => {
    await desk?.close()
    await stop?.()
  })

  const copiesOf = (id: string) =>
    desk.db.sql`SELECT "hash" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`

  test('is told to wait, and arrives for the keys that were proven once the officer has said yes', async () => {
    const { id, offerId, keys, token, transaction, answer } = await office.apply()
    expect(answer.body).toEqual({ transaction_id: expect.stringMatching(/^[\w-]{43}$/), interval: 5 })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await copiesOf(offerId)).toHaveLength(0)
    const waiting = await holder.deferred(token, transaction)
    expect([waiting.status, waiting.body]).toEqual([202, { transaction_id: transaction, interval: 5 }])

    expect(await office.approve(id)).toEqual({ status: 200, body: { id, state: 'approved' } })
    const { status, body, headers } = await holder.deferred(token, transaction)
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(Object.keys(body).sort()).toEqual(['credentials', 'notification_id'])
    const copies = copiesIn(body).map((copy) => parseSdJwt(copy))
    expect(copies.map(({ payload }) => payload['cnf'])).toEqual(keys.map(({ jwk }) => ({ jwk })))
    expect(copies[0]?.claims).toMatchObject({ veteran_number: '12-345' })
    expect(await copiesOf(offerId)).toHaveLength(3)
    expect((await desk.call('GET', `/api/offers/${offerId}`)).body['state']).toBe('issued')
  })

  test('is not asked of an officer when an officer offered it', async () => {
    const subject = await desk.resident()
    const { body } = await desk.call('POST', '/api/offers', { agency: 'veterans', type: 'veteran', subject })
    const request = await holder.request(await newKeys(1))
    expect((await holder.credential(holder.tokenFor(String(body['id'])), request)).status).toBe(200)
  })

  test('does not end when the wallet asks too soon: it is told the same again, and to ask less often as it waits', async () => {
    const { id, token, transaction } = await office.apply()
    for (let i = 0; i < 5; i++) expect((await holder.deferred(token, transaction)).status).toBe(202)
    desk.advance(600)
    expect((await holder.deferred(token, transaction)).body.interval).toBeGreaterThanOrEqual(60)
    desk.advance(5 * 86_400)
    expect((await holder.deferred(token, transaction)).body.interval).toBe(3600)
    await office.approve(id)
    expect((await holder.deferred(token, transaction)).status).toBe(200)
  })

  test('may be asked for again at the credential endpoint by a wallet whose answer got lost', async () => {
    const { offerId, keys, token, transaction } = await office.apply()
    const again = await holder.credential(token, await holder.request([...keys].reverse()))
    expect([again.status, again.body.transaction_id]).toEqual([202, transaction])
    const refreshed = await holder.credential(holder.tokenFor(offerId), await holder.request(keys))
    expect(refreshed.body.transaction_id).toBe(transaction)
    const others = await holder.credential(token, await holder.request(await newKeys(3)))
    expect([others.status, others.body.code]).toEqual([400, 'already_applied'])
    const rows = await desk.db.sql`SELECT 1 FROM "DeferredIssuance" WHERE "offerId" = ${offerId}::uuid`
    expect(rows).toHaveLength(1)
  })

  test('is applied for once when a wallet asks several times at once', async () => {
    const { id: offerId } = await desk.signedIn('veterans', 'veteran', await desk.resident())
    const token = holder.tokenFor(offerId)
    const keys = await newKeys(1)
    const bodies = await Promise.all(Array.from({ length: 5 }, () => holder.request(keys)))
    const answers = await Promise.all(bodies.map((body) => holder.credential(token, body)))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    expect(new Set(answers.map(({ body }) => body.transaction_id)).size).toBe(1)
  })

  test('that the officer refuses is refused to the wallet with the reason, at both endpoints', async () => {
    const { id, keys, token, transaction } = await office.apply()
    expect(await office.refuse(id)).toEqual({ status: 200, body: { id, state: 'refused' } })
    const refused = {
      error: 'credential_request_denied',
      code: 'application_refused',
      reason: '서류가 더 필요해요.',
      error_description: expect.stringMatching(/^[\x20-\x7e]+$/),
    }
    for (const answer of [
      await holder.deferred(token, transaction),
      await holder.credential(token, await holder.request(keys)),
      await holder.deferred(token, transaction),
    ])
      expect([answer.status, answer.body]).toEqual([400, refused])
  })

  describe('a transaction id', () => {
    test('that is unknown, of another wallet or another agency is invalid, and all the same to look at', async () => {
      const mine = await office.apply()
      const stranger = await createTestHolder(desk)
      const { id: foreignOffer } = await desk.signedIn('veterans', 'veteran', await desk.resident())
      const foreign = stranger.tokenFor(foreignOffer)
      const elsewhere = await createTestHolder(desk, 'families')
      await office.approve(mine.id)
      const answers = [
        await holder.deferred(mine.token, 'x'.repeat(43)),
        await holder.deferred(mine.token, 'x'.repeat(5000)),
        await stranger.deferred(foreign, mine.transaction),
        await elsewhere.deferred(elsewhere.tokenFor(mine.offerId), mine.transaction),
      ]
      for (const { status, body } of answers)
        expect([status, body]).toEqual([
          400,
          { error: 'invalid_transaction_id', error_description: answers[0]?.body.error_description },
        ])
      expect((await holder.deferred(mine.token, mine.transaction)).status).toBe(200)
    })

    test('needs a token, bound to the key that asks', async () => {
      const { token, transaction } = await office.apply()
      const stranger = await createTestHolder(desk)
      const stolen = await holder.deferred(token, transaction, { key: stranger.dpopKey })
      expect([stolen.status, stolen.body.error]).toEqual([401, 'invalid_token'])
      const url = `${holder.issuer}/deferred-credential`
      const elsewhere = await holder.dpop(`${holder.issuer}/credential`, token)
      expect((await holder.deferred(token, transaction, { dpop: elsewhere })).body.error).toBe(
        'invalid_dpop_proof',
      )
      const dpop = await holder.dpop(url, token)
      expect((await holder.deferred(token, transaction, { dpop })).status).toBe(202)
      const replayed = await holder.deferred(token, transaction, { dpop })
      expect([replayed.status, replayed.body.error]).toEqual([401, 'invalid_dpop_proof'])
      expect(replayed.headers.get('dpop-nonce')).toMatch(/./)
    })

    test.each([null, 7, '', [], {}, undefined, true])('that is %j is an invalid request', async (value) => {
      const { token } = await office.apply()
      const { status, body } = await holder.deferred(token, value)
      expect([status, body.error]).toEqual([400, 'invalid_credential_request'])
    })

    test('is used up by the answer: the same token brings the same copies again, another one nothing', async () => {
      const { id, offerId, token, transaction } = await office.apply()
      await office.approve(id)
      const first = await holder.deferred(token, transaction)
      const again = await holder.deferred(token, transaction)
      expect([again.status, again.body]).toEqual([200, first.body])
      const other = await holder.deferred(holder.tokenFor(offerId), transaction)
      expect([other.status, other.body.error]).toEqual([400, 'invalid_transaction_id'])
      desk.advance(601)
      await desk.issuance.sweep()
      expect((await holder.deferred(token, transaction)).body.error).toBe('invalid_transaction_id')
      // The right to the credential goes on: a refreshed token brings fresh copies of it.
      const fresh = await holder.credential(holder.tokenFor(offerId), await holder.request(await newKeys(2)))
      expect(fresh.status).toBe(200)
      expect(await copiesOf(offerId)).toHaveLength(5)
    })

    test('issues once when it is asked several times at once', async () => {
      const { id, offerId, token, transaction } = await office.apply()
      await office.approve(id)
      const answers = await Promise.all(Array.from({ length: 5 }, () => holder.deferred(token, transaction)))
      const good = answers.filter(({ status }) => status === 200)
      expect(good.length).toBeGreaterThan(0)
      expect(answers.every(({ status }) => status === 200 || status === 202)).toBe(true)
      expect(new Set(good.map(({ text }) => text)).size).toBe(1)
      expect(await copiesOf(offerId)).toHaveLength(3)
    })

    test('ends after thirty days without a decision, and the application leaves no trace', async () => {
      const { id, offerId, keys, token, transaction } = await office.apply()
      desk.advance(30 * 86_400 + 1)
      expect((await holder.deferred(token, transaction)).body.error).toBe('invalid_transaction_id')
      const asked = await holder.credential(token, await holder.request(keys))
      expect(asked.body.code).toBe('application_expired')
      expect((await office.approve(id)).body['code']).toBe('not_found')
      await desk.issuance.sweep()
      expect(
        await desk.db.sql`SELECT 1 FROM "DeferredIssuance" WHERE "offerId" = ${offerId}::uuid`,
      ).toHaveLength(0)
    })

    test('lies in the database as a hash alone', async () => {
      const { transaction } = await office.apply()
      const rows = JSON.stringify(await desk.db.sql`SELECT * FROM "DeferredIssuance"`)
      expect(rows).not.toContain(transaction)
      expect(rows).toContain(createHash('sha256').update(transaction).digest('hex'))
    })
  })

  describe('encryption', () => {
    test('of a deferred answer goes by the deferred request, whatever the first one asked', async () => {
      const { id: offerId } = await desk.signedIn('veterans', 'veteran', await desk.resident())
      const token = holder.tokenFor(offerId)
      const [before, after] = [await answerKey(), await answerKey({ kid: 'later' })]
      const wish = (key: typeof before) => ({
        credential_response_encryption: { jwk: key.jwk, enc: 'A128GCM' },
      })
      const body = { ...(await holder.request(await newKeys(1))), ...wish(before) }
      const first = await holder.post('credential', token, await holder.encrypt(body), encrypted)
      expect([first.status, first.headers.get('content-type')]).toEqual([202, 'application/jwt'])
      const { transaction_id } = (await before.open(first.text)).body

      const ask = async (more = {}) =>
        holder.post(
          'deferred-credential',
          token,
          await holder.encrypt({ transaction_id, ...more }),
          encrypted,
        )
      const waiting = await ask(wish(after))
      expect(waiting.status).toBe(202)
      expect((await after.open(waiting.text)).body).toEqual({ transaction_id, interval: 5 })
      const [row] = await desk.db.sql<{ id: string }>`
        SELECT "id" FROM "DeferredIssuance" WHERE "offerId" = ${offerId}::uuid`
      await office.approve(row?.id ?? '')
      const arrived = await ask(wish(after))
      expect([arrived.status, arrived.headers.get('content-type')]).toEqual([200, 'application/jwt'])
      const opened = await after.open(arrived.text)
      expect(opened.header.kid).toBe('later')
      // And the same in the open, when the repetition does not ask for encryption.
      expect((await ask()).body).toEqual(opened.body)
    })

    test('is not given to a deferred request in the open', async () => {
      const { token, transaction } = await office.apply()
      const { jwk } = await answerKey()
      const body = { transaction_id: transaction, credential_response_encryption: { jwk, enc: 'A128GCM' } }
      const answer = await holder.post('deferred-credential', token, JSON.stringify(body))
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_encryption_parameters'])
    })
  })

  describe('between the application and the answer', () => {
    test('a person who is no longer entitled cannot be approved, and is refused when that comes later', async () => {
      const [early, late] = [await office.apply(), await office.apply()]
      const lose = (subjectId: string) =>
        desk.db.sql`UPDATE "Resident" SET "attributes" = '{}'::jsonb WHERE "id" = ${subjectId}::uuid`
      await lose(early.subjectId)
      const refused = await office.approve(early.id)
      expect([refused.status, refused.body['code']]).toEqual([409, 'not_entitled'])
      expect((await holder.deferred(early.token, early.transaction)).status).toBe(202)
      await office.approve(late.id)
      await lose(late.subjectId)
      const { status, body } = await holder.deferred(late.token, late.transaction)
      expect([status, body.error, body.code]).toEqual([400, 'credential_request_denied', 'not_entitled'])
      expect(await copiesOf(late.offerId)).toHaveLength(0)
    })

    test('a suspended agency approves nothing, and makes the wallet wait until it may issue again', async () => {
      const [open, approved] = [await office.apply(), await office.apply()]
      await office.approve(approved.id)
      await desk.db.sql`UPDATE "Agency" SET "suspendedAt" = now() WHERE "id" = 'veterans'`
      desk.advance(3)
      expect((await office.approve(open.id)).body['code']).toBe('issuer_suspended')
      expect((await holder.deferred(approved.token, approved.transaction)).status).toBe(202)
      await desk.db.sql`UPDATE "Agency" SET "suspendedAt" = NULL WHERE "id" = 'veterans'`
      desk.advance(3)
      expect((await holder.deferred(approved.token, approved.transaction)).status).toBe(200)
    })

    test('an agency without a key makes the wallet wait, and one with another key signs with that', async () => {
      const { id, token, transaction } = await office.apply()
      await office.approve(id)
      const former = desk.keys.get('veterans')
      desk.keys.delete('veterans')
      expect((await holder.deferred(token, transaction)).status).toBe(202)
      const next = desk.newAgencyKey('veterans')
      desk.keys.set('veterans', next)
      const { body } = await holder.deferred(token, transaction)
      const { jwt, header } = parseSdJwt(copiesIn(body)[0] ?? '')
      expect(header['kid']).toBe(next.didUrl)
      expect(header['kid']).not.toBe(former?.didUrl)
      await compactVerify(jwt, await importJWK(next.publicJwk, 'ES256'))
    })
  })

  test('nobody applies without being in the register for it, nor all day long', async () => {
    const civilian = await desk.resident({})
    await expect(desk.signedIn('veterans', 'veteran', civilian)).rejects.toMatchObject({
      code: 'not_entitled',
    })
    await expect(desk.signedIn('veterans', 'pilot', civilian)).rejects.toMatchObject({ code: 'unknown_type' })
    await expect(desk.signedIn('residents', 'veteran', civilian)).rejects.toMatchObject({
      code: 'type_not_accredited',
    })
    for (let i = 0; i < 20; i++) await desk.signedIn('veterans', 'resident', civilian)
    await expect(desk.signedIn('veterans', 'resident', civilian)).rejects.toMatchObject({
      code: 'too_many_requests',
    })
    desk.advance(86_401)
    await desk.signedIn('veterans', 'resident', civilian)
  })
})
