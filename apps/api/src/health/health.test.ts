import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { route } from '../http/route.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { createReaderWatch } from './reader-watch.ts'
import { healthRoutes } from './routes.ts'
import { createHealth } from './service.ts'

let api: TestApi
let chain: () => Promise<boolean> = async () => true
let head: () => Promise<number> = async () => 100
beforeAll(async () => {
  api = await startTestApi({
    context: { chain: { isUp: () => chain(), blockNumber: () => head() } },
    routes: ({ context, metrics }) => [
      ...healthRoutes(createHealth(context, createReaderWatch(context)), metrics),
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
    expect((await api.call('/readyz')).body).toEqual({
      ready: true,
      degraded: false,
      database: 'up',
      chain: 'up',
      reader: 'unknown',
      lag: null,
    })
    chain = () => Promise.reject(new Error('gone'))
    expect(await api.call('/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, degraded: true, chain: 'down' },
    })
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
      routes: ({ context, metrics }) => {
        const down = { ...context, db: { ...context.db, sql: () => Promise.reject(new Error('down')) } }
        return healthRoutes(createHealth(down, createReaderWatch(down)), metrics)
      },
    })
    expect(await lost.call('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, degraded: true, database: 'down', reader: 'unknown' },
    })
    expect(await lost.call('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } })
    await lost.close()
  })
})

describe('the reader of the chain', () => {
  const at = (block: number, stoppedAt: number | null) => api.db.sql`
    INSERT INTO "ReaderCursor" ("id", "block", "blockHash", "handles", "stoppedAt")
    VALUES (1, ${block}, '0x', '{}', ${stoppedAt}::int)
    ON CONFLICT ("id") DO UPDATE SET "block" = EXCLUDED."block", "stoppedAt" = EXCLUDED."stoppedAt"`
  const seen = async () => {
    const [{ body, status }, { text }] = [await api.call('/readyz'), await api.call('/metrics')]
    const figure = (name: string) => new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]?.toLowerCase()
    return {
      status,
      ...body,
      figures: [figure('pass_reader_lag_blocks'), figure('pass_reader_stopped')],
    }
  }

  it('is seen to follow, to be behind, and to stop at an event, while requests are served', async () => {
    await at(98, null)
    expect(await seen()).toMatchObject({ degraded: false, reader: 'following', lag: 2, figures: ['2', '0'] })
    await at(20, null)
    expect(await seen()).toMatchObject({ degraded: true, reader: 'behind', lag: 80, figures: ['80', '0'] })
    await at(98, 99)
    const stopped = { status: 200, ready: true, degraded: true, reader: 'stopped' }
    expect(await seen()).toMatchObject({ ...stopped, lag: 2, figures: ['2', '1'] })
    // A chain that does not answer hides nothing of what the database knows.
    head = () => Promise.reject(new Error('gone'))
    expect(await seen()).toMatchObject({ ...stopped, lag: null, figures: ['nan', '1'] })
    await at(98, null)
    expect(await seen()).toMatchObject({ reader: 'unknown', lag: null, figures: ['nan', '0'] })
    head = async () => 100
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
