import { createHash } from 'node:crypto'
import { getStatus, parseSdJwt } from '@pass/credentials'
import { DATABASES } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import { copiesIn, createTestHolder, newKey, newKeys, type TestHolder } from './testing/holder.ts'

describe.each(DATABASES)('access tokens and their batches on %s', (database, open) => {
  let desk: Desk
  let stop: () => Promise<void>
  let holder: TestHolder

  beforeAll(async () => {
    const opened = await open()
    stop = opened.stop
    desk = await startDesk(opened.location)
    holder = await createTestHolder(desk)
  })
  afterAll(async () => {
    await desk?.close()
    await stop?.()
  })

  const RESIDENT = { credential_configuration_id: 'resident' }

  /** A card that needs no officer. */
  async function signedIn(subject?: string) {
    const subjectId = subject ?? (await desk.resident())
    const { id } = await desk.signedIn('veterans', 'resident', subjectId)
    return { id, subjectId, token: holder.tokenFor(id) }
  }

  async function issued() {
    const offer = await signedIn()
    const answer = await holder.credential(offer.token, await holder.request(await newKeys(3), RESIDENT))
    expect(answer.status).toBe(200)
    return { ...offer, copies: copiesIn(answer.body), answer }
  }

  const copiesOf = (id: string) => desk.db.sql<{ hash: string; statusListId: string; statusIndex: number }>`
    SELECT "hash", "statusListId", "statusIndex" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`

  const statusOf = (copy: string) =>
    (parseSdJwt(copy).payload['status'] as { status_list: { uri: string; idx: number } }).status_list

  test('an answer holds the copies and the name to report them by, and nothing else', async () => {
    const { answer, id, copies } = await issued()
    expect(Object.keys(answer.body).sort()).toEqual(['credentials', 'notification_id'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const hashes = copies.map((copy) =>
      createHash('sha256')
        .update(copy.split('~')[0] ?? '')
        .digest('hex'),
    )
    expect((await copiesOf(id)).map(({ hash }) => hash).sort()).toEqual(hashes.sort())
    const anchors = await desk.db.sql<{ key: string }>`SELECT "key" FROM "Outbox" WHERE "kind" = 'anchor'`
    expect(anchors.map(({ key }) => key)).toEqual(expect.arrayContaining(hashes))
  })

  describe('a repetition', () => {
    test('with the same keys and fresh proofs brings the same copies, however often', async () => {
      const { id, token } = await signedIn()
      const keys = await newKeys(3)
      const first = await holder.credential(token, await holder.request(keys, RESIDENT))
      for (const again of [keys, [...keys].reverse(), keys]) {
        const answer = await holder.credential(token, await holder.request(again, RESIDENT))
        expect([answer.status, answer.body]).toEqual([200, first.body])
      }
      expect(await copiesOf(id)).toHaveLength(3)
    })

    test('with other keys, fewer or more brings nothing', async () => {
      const { id, token } = await signedIn()
      const keys = await newKeys(3)
      await holder.credential(token, await holder.request(keys, RESIDENT))
      for (const others of [await newKeys(3), keys.slice(1), [...keys, await newKey()]]) {
        const { status, body } = await holder.credential(token, await holder.request(others, RESIDENT))
        expect([status, body.error, body.code]).toEqual([400, 'credential_request_denied', 'already_issued'])
      }
      expect(await copiesOf(id)).toHaveLength(3)
    })

    test('of requests that come at once with one token, those with the same keys agree and the others get nothing', async () => {
      const { id, token } = await signedIn()
      const [mine, other] = await Promise.all([newKeys(2), newKeys(2)])
      const bodies = await Promise.all(
        [mine, mine, mine, other, other, other].map((keys) => holder.request(keys, RESIDENT)),
      )
      const answers = await Promise.all(bodies.map((body) => holder.credential(token, body)))
      const good = answers.filter(({ status }) => status === 200)
      expect(good).toHaveLength(3)
      expect(new Set(good.map(({ text }) => text)).size).toBe(1)
      expect(answers.filter(({ body }) => body.error === 'credential_request_denied')).toHaveLength(3)
      expect(await copiesOf(id)).toHaveLength(2)
    })

    test('is kept for ten minutes at most', async () => {
      const { id, token } = await signedIn()
      const body = await holder.request(await newKeys(1), RESIDENT)
      await holder.credential(token, body)
      desk.advance(601)
      await desk.issuance.sweep()
      const [row] = await desk.db.sql`
        SELECT "sealedResponse" FROM "CredentialBatch" WHERE "credentialId" = ${id}::uuid`
      expect(row?.['sealedResponse']).toBeNull()
    })
  })

  describe('a refreshed token', () => {
    test('brings fresh copies of the same credential, with the same end and places of their own', async () => {
      const { id, copies, subjectId } = await issued()
      desk.advance(3 * 86_400)
      const keys = await newKeys(2)
      const { status, body } = await holder.credential(
        holder.tokenFor(id),
        await holder.request(keys, RESIDENT),
      )
      expect(status).toBe(200)
      const fresh = copiesIn(body)
      expect(fresh.map((copy) => parseSdJwt(copy).payload['cnf'])).toEqual(keys.map(({ jwk }) => ({ jwk })))
      expect(new Set([...copies, ...fresh].map((copy) => parseSdJwt(copy).payload['exp'])).size).toBe(1)
      const rows = await copiesOf(id)
      expect(rows).toHaveLength(5)
      expect(
        new Set(rows.map(({ statusListId, statusIndex }) => `${statusListId}/${statusIndex}`)).size,
      ).toBe(5)
      const credentials = await desk.db.sql`SELECT 1 FROM "Credential" WHERE "subjectId" = ${subjectId}::uuid`
      expect(credentials).toHaveLength(1)
    })

    test('brings copies for the same keys too', async () => {
      const { id } = await signedIn()
      const keys = await newKeys(2)
      for (const token of [holder.tokenFor(id), holder.tokenFor(id)])
        expect((await holder.credential(token, await holder.request(keys, RESIDENT))).status).toBe(200)
    })

    test("says what today's register says", async () => {
      const { id, subjectId } = await issued()
      await desk.db.sql`UPDATE "Resident" SET "nameKo" = '김바다' WHERE "id" = ${subjectId}::uuid`
      const { body } = await holder.credential(
        holder.tokenFor(id),
        await holder.request(await newKeys(1), RESIDENT),
      )
      expect(parseSdJwt(copiesIn(body)[0] ?? '').claims).toMatchObject({ name_ko: '김바다' })
    })

    const refresh = async (id: string) => {
      const request = await holder.request(await newKeys(1), RESIDENT)
      const { status, body } = await holder.credential(holder.tokenFor(id), request)
      return [status, body.error, body.code]
    }

    test.each([
      ['revoked', 'revoke', 'credential_revoked'],
      ['suspended', 'suspend', 'credential_suspended'],
    ])('brings nothing when the credential was %s', async (_case, act, code) => {
      const { id, token } = await issued()
      expect((await desk.call('POST', `/api/credentials/${id}/${act}`, { reason: '분실' })).status).toBe(200)
      expect(await refresh(id)).toEqual([400, 'credential_request_denied', code])
      // Nor does the former token with other keys.
      const request = await holder.request(await newKeys(1), RESIDENT)
      expect((await holder.credential(token, request)).status).toBe(400)
    })

    test('brings nothing when the person is no longer entitled, or the agency suspended', async () => {
      const { id, subjectId } = await issued()
      await desk.db.sql`UPDATE "Resident" SET "residentSince" = '' WHERE "id" = ${subjectId}::uuid`
      expect(await refresh(id)).toEqual([400, 'credential_request_denied', 'not_entitled'])
      await desk.db.sql`UPDATE "Resident" SET "residentSince" = '2015-03-02' WHERE "id" = ${subjectId}::uuid`
      await desk.db.sql`UPDATE "Agency" SET "suspendedAt" = now() WHERE "id" = 'veterans'`
      expect(await refresh(id)).toEqual([400, 'credential_request_denied', 'issuer_suspended'])
      await desk.db.sql`UPDATE "Agency" SET "suspendedAt" = NULL WHERE "id" = 'veterans'`
      expect(await refresh(id)).toEqual([200, undefined, undefined])
    })

    test('brings nothing after the credential has expired', async () => {
      const { id } = await issued()
      await desk.db
        .sql`UPDATE "Credential" SET "expiresAt" = now() - interval '1 day' WHERE "id" = ${id}::uuid`
      expect(await refresh(id)).toEqual([400, 'credential_request_denied', 'credential_expired'])
    })

    test('brings at most twelve batches in a day, also when all ask at once', async () => {
      const { id } = await issued()
      const answers = await Promise.all(Array.from({ length: 15 }, () => refresh(id)))
      expect(answers.filter(([status]) => status === 200)).toHaveLength(11)
      expect(answers.filter(([, , code]) => code === 'too_many_copies')).toHaveLength(4)
      desk.advance(86_401)
      expect((await refresh(id))[0]).toBe(200)
    })

    test('while the first batch is on its way brings a second one, not a second credential', async () => {
      const { id } = await signedIn()
      const bodies = await Promise.all(
        Array.from({ length: 4 }, async () => holder.request(await newKeys(2), RESIDENT)),
      )
      const answers = await Promise.all(bodies.map((body) => holder.credential(holder.tokenFor(id), body)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(await copiesOf(id)).toHaveLength(8)
    })
  })

  test('revoking reaches the copies of every batch, also of one that is just being made', async () => {
    const { id, copies } = await issued()
    const bodies = await Promise.all(
      Array.from({ length: 3 }, async () => holder.request(await newKeys(2), RESIDENT)),
    )
    const [revoked, ...answers] = await Promise.all([
      desk.call('POST', `/api/credentials/${id}/revoke`, { reason: '분실' }),
      ...bodies.map((body) => holder.credential(holder.tokenFor(id), body)),
    ])
    expect(revoked.status).toBe(200)
    const all = [...copies, ...answers.flatMap(({ status, body }) => (status === 200 ? copiesIn(body) : []))]
    expect(await copiesOf(id)).toHaveLength(all.length)
    for (const { uri, idx } of all.map(statusOf)) {
      const list = await desk.status.currentList(uri.split('/').at(-1) ?? '')
      expect(list?.statusAt(idx)).toBe(1)
    }
    expect(getStatus(new Uint8Array(1), 2, 0)).toBe(0)
  })

  // The embedded database has one connection: there is nobody to wait.
  if (database === 'PostgreSQL')
    test('a batch that waits for a revocation is not made after it', async () => {
      const { id } = await issued()
      const request = await holder.request(await newKeys(2), RESIDENT)
      const token = holder.tokenFor(id)
      let asked: ReturnType<TestHolder['credential']> | undefined
      await desk.db.transaction(async (sql) => {
        await sql`UPDATE "Credential" SET "status" = 'revoked' WHERE "id" = ${id}::uuid`
        asked = holder.credential(token, request)
        await expect
          .poll(() => desk.db.sql`SELECT 1 FROM pg_stat_activity WHERE "wait_event_type" = 'Lock'`, {
            timeout: 15_000,
          })
          .toHaveLength(1)
      })
      expect((await asked)?.body).toMatchObject({
        error: 'credential_request_denied',
        code: 'credential_revoked',
      })
      expect(await copiesOf(id)).toHaveLength(3)
    })

  test('an offer that was never fetched ends a day after it expired', async () => {
    const [late, later] = [await signedIn(), await signedIn()]
    desk.advance(900 + 86_000)
    const ask = async ({ id }: { id: string }) =>
      holder.credential(holder.tokenFor(id), await holder.request(await newKeys(1), RESIDENT))
    expect((await ask(late)).status).toBe(200)
    desk.advance(1000)
    expect((await ask(later)).body).toMatchObject({
      error: 'credential_request_denied',
      code: 'offer_expired',
    })
  })
})
