import { createHash } from 'node:crypto'
import { decodeStatusList, getStatus, parseSdJwt } from '@pass/credentials'
import { DATABASES } from '@pass/database/testing'
import { enqueue } from '@pass/relay'
import { compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createWallet, newKeys, type TestWallet, tokenFor } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { createStatus } from './service.ts'

describe.each(DATABASES)('status and what officers do, on %s', (_name, open) => {
  let office: Office
  let stop: () => Promise<void>
  let wallet: TestWallet

  beforeAll(async () => {
    const database = await open()
    stop = database.stop
    // Lists of sixteen entries fill up while we look.
    office = await startOffice(database.location, { listSize: 16 })
    wallet = await createWallet(office)
  })
  afterAll(async () => {
    await office?.close()
    await stop?.()
  })

  const issue = async (copies = 2) => {
    const { id, token } = await tokenFor(office, wallet)
    const { body } = await wallet.credential(token, { keys: await newKeys(copies) })
    const entries = (body['credentials'] as { credential: string }[]).map(({ credential }) => {
      const { status } = parseSdJwt(credential).payload
      return (status as { status_list: { uri: string; idx: number } }).status_list
    })
    return { id, entries }
  }
  const act = (id: string, name: string, body: unknown = { reason: '주소 이전' }, agency?: string) =>
    office.call('POST', `/api/credentials/${id}/${name}`, body, agency)

  /** As another city's verifier reads it: over HTTP, with the list's signature checked. */
  const published = async (uri: string) => {
    const response = await fetch(uri)
    expect(response.headers.get('content-type')).toBe('application/statuslist+jwt')
    const token = await response.text()
    const key = await importJWK(office.keys.get('residents')?.publicJwk ?? {}, 'ES256')
    const { payload, protectedHeader } = await compactVerify(token, key)
    const claims = JSON.parse(Buffer.from(payload).toString())
    const bitmap = await decodeStatusList(claims.status_list.lst)
    return {
      token,
      response,
      claims,
      protectedHeader,
      statusAt: (index: number) => getStatus(bitmap, claims.status_list.bits, index),
    }
  }
  const statuses = async (entries: { uri: string; idx: number }[]) =>
    Promise.all(
      entries.map(async ({ uri, idx }) => {
        const inHouse = await office.status.currentList(uri.split('/').at(-1) ?? '')
        const outside = (await published(uri)).statusAt(idx)
        expect(inHouse?.statusAt(idx)).toBe(outside)
        return outside
      }),
    )

  test('a list is served as a signed token with its address, ttl and expiry', async () => {
    const { entries } = await issue(1)
    const { claims, protectedHeader, response } = await published(entries[0]!.uri)
    expect(protectedHeader).toMatchObject({ typ: 'statuslist+jwt', alg: 'ES256', x5c: ['MIIB'] })
    expect(claims).toMatchObject({ sub: entries[0]!.uri, ttl: 300, status_list: { bits: 2 } })
    expect(claims.exp - claims.iat).toBe(86_400)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
  })

  test('who has the current version is told so, and is sent the next one', async () => {
    const { id, entries } = await issue(1)
    const { uri } = entries[0]!
    const etag = (await published(uri)).response.headers.get('etag') ?? ''
    const again = (tag: string) => fetch(uri, { headers: { 'if-none-match': tag } })
    const unchanged = await again(`"other", W/${etag}`)
    expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([304, '', etag])
    await act(id, 'revoke')
    expect((await again(etag)).status).toBe(200)
  })

  test('a suspended credential can be reinstated, a revoked one stays so; every copy follows', async () => {
    const { id, entries } = await issue(3)
    expect(await statuses(entries)).toEqual([0, 0, 0])
    expect((await act(id, 'suspend')).body).toEqual({ id, status: 'suspended' })
    expect(await statuses(entries)).toEqual([2, 2, 2])
    expect((await act(id, 'suspend')).body['code']).toBe('not_valid')
    expect((await act(id, 'reinstate')).body).toEqual({ id, status: 'valid' })
    expect((await act(id, 'reinstate')).body['code']).toBe('not_suspended')
    expect(await statuses(entries)).toEqual([0, 0, 0])
    await act(id, 'suspend')
    expect((await act(id, 'revoke')).body).toEqual({ id, status: 'revoked' })
    expect(await statuses(entries)).toEqual([1, 1, 1])
    for (const name of ['revoke', 'suspend', 'reinstate']) {
      const { status, body } = await act(id, name)
      expect([status, body['code']]).toEqual([409, 'already_revoked'])
    }
  })

  test('an act changes nobody else', async () => {
    const [mine, other] = [await issue(2), await issue(2)]
    await act(mine.id, 'revoke')
    expect(await statuses(other.entries)).toEqual([0, 0])
  })

  test('each act leaves an audit entry and puts the hash of the new version on its way to the chain', async () => {
    const { id, entries } = await issue(1)
    await act(id, 'revoke', { reason: '분실 신고' })
    const listId = entries[0]!.uri.split('/').at(-1) ?? ''
    const { token } = await published(entries[0]!.uri)
    const hash = createHash('sha256').update(token).digest('hex')
    const [outbox] = await office.db
      .sql`SELECT "payload" FROM "Outbox" WHERE "kind" = 'statusList' AND "key" = ${hash}`
    const current = await office.status.currentList(listId)
    expect(outbox?.['payload']).toEqual({ listId, version: current?.version })
    const audit = await office.db
      .sql`SELECT "actor", "action", "detail" FROM "AuditEntry" WHERE "target" = ${id} ORDER BY "id"`
    expect(audit).toEqual([
      { actor: 'staff:residents', action: 'offer.create', detail: { type: 'resident' } },
      { actor: 'staff:residents', action: 'credential.revoke', detail: { reason: '분실 신고' } },
    ])
  })

  test('a reason is required, and the agency must be the one that issued', async () => {
    const { id, entries } = await issue(1)
    for (const body of [{}, { reason: ' ' }]) expect((await act(id, 'revoke', body)).status).toBe(400)
    expect((await act(id, 'revoke', { reason: 'x' }, 'families')).status).toBe(404)
    expect((await act(crypto.randomUUID(), 'revoke')).status).toBe(404)
    expect(await statuses(entries)).toEqual([0])
  })

  test('of two officers who revoke at once one is told that it was done', async () => {
    const { id, entries } = await issue(2)
    const answers = await Promise.all([1, 2, 3, 4].map(() => act(id, 'revoke')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    expect(await statuses(entries)).toEqual([1, 1])
  })

  test('acts on many credentials of one list at once lose nothing, and each is a version of its own', async () => {
    const issued = []
    for (let n = 0; n < 8; n++) issued.push(await issue(2))
    const answers = await Promise.all(issued.map(({ id }) => act(id, 'revoke')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    for (const { entries } of issued) expect(await statuses(entries)).toEqual([1, 1])
  })

  test('a full list is followed by the next, and no entry is given out twice', async () => {
    const issued = await Promise.all(Array.from({ length: 10 }, () => issue(5)))
    const places = issued.flatMap(({ entries }) => entries.map(({ uri, idx }) => `${uri}#${idx}`))
    expect(new Set(places).size).toBe(50)
    const lists = new Set(places.map((place) => place.split('#')[0]))
    expect(lists.size).toBeGreaterThan(3)
  })

  test('several processes on one database never give out the same entry', async () => {
    const processes = Array.from({ length: 4 }, () => createStatus(office.context, { enqueue, size: 16 }))
    const given = await Promise.all(
      Array.from({ length: 40 }, (_, n) => processes[n % 4]!.allocate('families', 3)),
    )
    const places = given.flatMap(({ listId, indices }) => indices.map((index) => `${listId}#${index}`))
    expect(new Set(places).size).toBe(120)
  })

  test('a token is signed again, as a new version, before it expires', async () => {
    const { entries } = await issue(1)
    const { uri, idx } = entries[0]!
    const before = await published(uri)
    expect(await office.status.refresh()).toBe(0)
    office.advance(13 * 3600)
    expect(await office.status.refresh()).toBeGreaterThan(0)
    const after = await published(uri)
    expect(after.claims.exp).toBeGreaterThan(before.claims.exp + 12 * 3600)
    expect(after.statusAt(idx)).toBe(0)
    expect(await office.status.refresh()).toBe(0)
  })

  test('a city that slept for days never serves an expired token', async () => {
    const { entries } = await issue(1)
    office.advance(3 * 86_400)
    const { claims } = await published(entries[0]!.uri)
    expect(claims.exp * 1000).toBeGreaterThan(office.clock().getTime())
  })

  test("a list is signed again when the agency's key was replaced", async () => {
    await issue(1)
    await office.status.refresh()
    const key = office.keys.get('residents')!
    const former = key.didUrl
    key.didUrl = `${former}0`
    expect(await office.status.refresh()).toBeGreaterThan(0)
    expect(await office.status.refresh()).toBe(0)
    key.didUrl = former
    await office.status.refresh()
  })

  test('a list that does not exist is not found', async () => {
    expect((await fetch(`${office.url}/status-lists/nobody-1`)).status).toBe(404)
    expect(await office.status.currentList('nobody-1')).toBeUndefined()
  })

  describe("the agency's credentials", () => {
    const list = async (query = '', agency?: string) => {
      const { status, body } = await office.call('GET', `/api/credentials${query}`, undefined, agency)
      return {
        status,
        items: (body['items'] ?? []) as Record<string, unknown>[],
        nextCursor: body['nextCursor'] as string | null,
      }
    }

    test('are found by name, number, id and status', async () => {
      const { id } = await issue(2)
      const [newest] = (await list()).items
      expect(newest).toEqual({
        id,
        type: 'resident',
        subject: { id: office.subject, name: '김하늘' },
        status: 'valid',
        statusReason: null,
        issuedAt: expect.any(String),
        expiresAt: expect.any(String),
        copies: 2,
        anchored: 0,
        walletEvent: null,
        walletEventAt: null,
      })
      for (const query of ['하늘', 'haneul', 'R-0001', id, office.subject])
        expect((await list(`?query=${encodeURIComponent(query)}`)).items[0]).toMatchObject({ id })
      for (const query of ['박', '%', '_', "'"])
        expect((await list(`?query=${encodeURIComponent(query)}`)).items).toEqual([])
      await act(id, 'revoke', { reason: '사망' })
      expect((await list(`?query=${id}&status=valid`)).items).toEqual([])
      expect((await list(`?query=${id}&status=revoked`)).items).toMatchObject([{ id, statusReason: '사망' }])
    })

    test('count a copy as anchored when its batch is confirmed', async () => {
      const { id } = await issue(3)
      const { sql } = office.db
      const hashes = await sql<{
        hash: string
      }>`SELECT "hash" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`
      for (const [status, copy] of [
        ['confirmed', 0],
        ['confirmed', 1],
        ['pending', 2],
      ] as const) {
        const root = `0x${hashes[copy]!.hash}`
        await sql`INSERT INTO "AnchorBatch" ("root", "leafCount", "status") VALUES (${root}, 1, ${status})`
        await sql`INSERT INTO "AnchorLeaf" ("hash", "root", "path") VALUES (${hashes[copy]!.hash}, ${root}, ${[]}::text[])`
      }
      expect((await list(`?query=${id}`)).items).toMatchObject([{ copies: 3, anchored: 2 }])
    })

    test('come page by page, each once, newest first', async () => {
      const all = (await list('?limit=200')).items.map(({ id }) => id)
      const seen: unknown[] = []
      let cursor: string | null = ''
      for (let page = 0; cursor !== null && page < 50; page++) {
        const answer = await list(`?limit=7${cursor ? `&cursor=${cursor}` : ''}`)
        seen.push(...answer.items.map(({ id }) => id))
        cursor = answer.nextCursor
      }
      expect(seen).toEqual(all)
      expect((await list('?cursor=nonsense')).status).toBe(400)
    })

    test('are not shown to another agency', async () => {
      expect((await list('', 'families')).items).toEqual([])
    })
  })
})
