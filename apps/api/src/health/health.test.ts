import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { route } from '../http/route.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { healthRoutes } from './routes.ts'
import { createHealth } from './service.ts'

let api: TestApi
let chain: () => Promise<boolean> = async () => true
beforeAll(async () => {
  api = await startTestApi({
    context: { chain: { isUp: () => chain() } },
    routes: ({ context, metrics }) => [
      ...healthRoutes(createHealth(context), metrics),
      route({
        method: 'get',
        path: '/api/things/{id}',
        tag: 'Test',
        summary: 'For the test',
        access: 'public',
        params: z.object({ id: z.string() }),
        responses: { 200: z.unknown() },
        handle: () => ({ body: {} }),
      }),
    ],
  })
})
afterAll(() => api.close())

describe('/readyz', () => {
  it('is ready while the chain is down: issuing goes on', async () => {
    expect((await api.call('/readyz')).body).toEqual({ ready: true, database: 'up', chain: 'up' })
    chain = () => Promise.reject(new Error('gone'))
    expect(await api.call('/readyz')).toMatchObject({ status: 200, body: { ready: true, chain: 'down' } })
  })

  it('does not wait for a chain that never answers', async () => {
    chain = () => new Promise(() => {})
    const begun = performance.now()
    expect((await api.call('/readyz')).body.chain).toBe('down')
    expect(performance.now() - begun).toBeLessThan(5000)
    chain = async () => true
  })

  it('is not ready without the database, while the process is alive', async () => {
    const lost = await startTestApi({
      routes: ({ context, metrics }) =>
        healthRoutes(
          createHealth({ ...context, db: { ...context.db, sql: () => Promise.reject(new Error('down')) } }),
          metrics,
        ),
    })
    expect(await lost.call('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, database: 'down' },
    })
    expect(await lost.call('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
    await lost.close()
  })
})

describe('/metrics', () => {
  it('counts by route template and never by what stands in an address', async () => {
    await api.call('/api/things/person-42?name=hong')
    await api.call('/api/unknown/person-43')
    const { text, headers } = await api.call('/metrics')
    expect(headers.get('content-type')).toContain('text/plain')
    expect(text).toContain('route="/api/things/{id}"')
    expect(text).not.toMatch(/person-4|hong/)
  })

  it('shows what waits for the chain', async () => {
    await api.db
      .sql`INSERT INTO "Outbox" ("kind", "key", "payload") VALUES ('anchor', 'a', '{}'), ('anchor', 'b', '{}')`
    expect((await api.call('/metrics')).text).toContain('pass_outbox_waiting{kind="anchor"} 2')
  })
})
