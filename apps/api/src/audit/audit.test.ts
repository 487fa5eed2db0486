import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { auditRoutes } from './routes.ts'

let api: TestApi
let operator: string
beforeAll(async () => {
  api = await startTestApi({ routes: ({ audit }) => auditRoutes(audit) })
  operator = (await api.apiKeys.create({ name: 'op', role: 'operator' })).key
})
afterAll(() => api.close())

describe('the audit log', () => {
  it('pages through every entry once, newest first', async () => {
    for (let i = 0; i < 7; i++) await api.audit.record('system', 'test.act', `target-${i}`, { i })
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body } = await api.call(`/api/audit?limit=3${cursor && `&cursor=${cursor}`}`, { key: operator })
      seen.push(...body.items.map(({ target }: { target: string }) => target))
      cursor = body.nextCursor
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `target-${i}`))
  })

  it('is for operators alone', async () => {
    const { key } = await api.apiKeys.create({ name: 'of', role: 'officer', agencyId: 'residents' })
    expect((await api.call('/api/audit', { key })).status).toBe(403)
    expect((await api.call('/api/audit')).status).toBe(401)
  })

  it.each(['cursor=abc', 'cursor=1;DROP TABLE', 'limit=0', 'limit=100000', 'cursor=99999999999999999999'])(
    'refuses %s',
    async (query) => {
      expect((await api.call(`/api/audit?${query}`, { key: operator })).status).toBe(400)
    },
  )

  it('cannot be changed, emptied or shortened, not even by whoever holds the database', async () => {
    await expect(api.db.sql`UPDATE "AuditEntry" SET "actor" = 'nobody'`).rejects.toThrow()
    await expect(api.db.sql`DELETE FROM "AuditEntry"`).rejects.toThrow()
    await expect(api.db.sql`TRUNCATE "AuditEntry"`).rejects.toThrow()
  })

  it('has an entry exactly when the act itself was kept', async () => {
    const act = (fails: boolean) =>
      api.db.transaction(async (sql) => {
        await api.audit.recordIn(sql, { actor: 'system', action: 'test.transaction', target: String(fails) })
        if (fails) throw new Error('the act failed')
      })
    await expect(act(true)).rejects.toThrow('the act failed')
    await act(false)
    const { items } = await api.audit.list({ limit: 50 })
    expect(items.filter(({ action }) => action === 'test.transaction').map(({ target }) => target)).toEqual([
      'false',
    ])
  })
})
