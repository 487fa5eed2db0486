import { DATABASES } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Applying, createApplying } from './testing/applying.ts'
import { type Desk, startDesk } from './testing/desk.ts'
import { createTestHolder, type TestHolder } from './testing/holder.ts'

describe.each(DATABASES)('applications at the office, on %s', (_name, open) => {
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

  test('officers see their own applications, waiting ones first, page by page', async () => {
    const [first, second, decided] = [await office.apply(), await office.apply(), await office.apply()]
    desk.advance(1)
    await office.refuse(decided.id, '대상이 아니에요.')
    const ids: string[] = []
    const states: string[] = []
    let cursor: string | null = null
    do {
      const page = await desk.call('GET', `/api/applications?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      expect(page.status).toBe(200)
      const items = page.body['items'] as Record<string, unknown>[]
      ids.push(...items.map(({ id }) => String(id)))
      states.push(...items.map(({ state }) => String(state)))
      cursor = page.body['nextCursor'] as string | null
    } while (cursor)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.indexOf(first.id)).toBeLessThan(ids.indexOf(second.id))
    expect(ids.indexOf(second.id)).toBeLessThan(ids.indexOf(decided.id))
    expect(states.lastIndexOf('waiting')).toBeLessThan(states.findIndex((state) => state !== 'waiting'))
    const refused = await desk.call('GET', '/api/applications?state=refused&limit=1')
    expect((refused.body['items'] as unknown[])[0]).toEqual({
      id: decided.id,
      type: 'veteran',
      subject: { id: decided.subjectId, name: '김하늘', birthDate: '1950-05-05' },
      state: 'refused',
      reason: '대상이 아니에요.',
      createdAt: expect.any(String),
      decidedAt: expect.any(String),
      expiresAt: expect.any(String),
    })
    expect((await desk.call('GET', '/api/applications', undefined, 'families')).body['items']).toEqual([])
    expect((await desk.call('GET', '/api/applications?cursor=x')).status).toBe(400)
  })

  test("another agency's officer neither approves nor refuses", async () => {
    const { id, token, transaction } = await office.apply()
    for (const answer of [
      await office.approve(id, 'families'),
      await office.refuse(id, '안 돼요.', 'families'),
    ])
      expect([answer.status, answer.body['code']]).toEqual([404, 'not_found'])
    expect((await holder.deferred(token, transaction)).status).toBe(202)
  })

  test('of two officers who decide at once one does, and the record says who', async () => {
    const { id, token, transaction } = await office.apply()
    const answers = await Promise.all([
      office.approve(id),
      office.refuse(id),
      office.approve(id),
      office.refuse(id),
    ])
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status, body } of answers.filter((answer) => answer !== won[0]))
      expect([status, body['code']]).toEqual([409, 'already_decided'])
    const entries = await desk.db.sql<{ actor: string; action: string }>`
        SELECT "actor", "action" FROM "AuditEntry" WHERE "target" = ${id}`
    expect(entries).toEqual([
      {
        actor: 'staff:veterans',
        action: won[0]?.body['state'] === 'approved' ? 'application.approve' : 'application.refuse',
      },
    ])
    const { status } = await holder.deferred(token, transaction)
    expect(status).toBe(won[0]?.body['state'] === 'approved' ? 200 : 400)
  })

  test('a refusal needs a reason', async () => {
    const { id } = await office.apply()
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(501) }, { reason: 7 }])
      expect((await desk.call('POST', `/api/applications/${id}/refuse`, body)).status).toBe(400)
  })
})
