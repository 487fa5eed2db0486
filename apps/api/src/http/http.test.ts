import { request as rawRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { mountRoutes } from './mount.ts'
import { OAuthError, Problem } from './problem.ts'
import { type Route, route } from './route.ts'

const ok = { 200: z.unknown() }
const base = { tag: 'Test', summary: 'For the test', responses: ok }

const ROUTES: Route[] = [
  route({
    ...base,
    method: 'post',
    path: '/api/echo/{id}',
    access: 'public',
    params: z.object({ id: z.string().max(10) }),
    query: z.object({ page: z.coerce.number().optional() }),
    body: z.object({ name: z.string(), admin: z.boolean().optional() }),
    handle: ({ params, query, body }) => ({ body: { params, query, body } }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/issuers/{a}/token',
    access: 'public',
    errors: 'oauth',
    bodyType: 'form',
    body: z.object({ grant_type: z.string() }),
    handle: ({ body }) => {
      if (body.grant_type === 'boom') throw new Error('secret of 홍길동')
      throw new OAuthError('invalid_grant', 'No.', {
        status: 401,
        headers: { 'DPoP-Nonce': 'n' },
        extra: { code: 'x' },
      })
    },
  }),
  route({
    ...base,
    method: 'get',
    path: '/api/for-officers',
    access: ['officer'],
    handle: () => ({ body: {} }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/api/fails/{how}',
    access: 'public',
    handle: async ({ request }) => {
      if (request.params['how'] === 'problem')
        throw new Problem('unknown_agency', 'No such agency.', { hint: 1 })
      if (request.params['how'] === 'database')
        throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
      if (request.params['how'] === 'unique')
        throw Object.assign(new Error('Key (nameKo)=(홍길동) exists'), {
          severity: 'ERROR',
          code: '23505',
          detail: '홍길동',
        })
      throw new Error('secret inside')
    },
  }),
  route({
    ...base,
    method: 'post',
    path: '/api/raw',
    access: 'public',
    bodyType: 'raw',
    bodyLimit: 1000,
    handle: ({ body }) => ({ body: { bytes: (body as unknown as Uint8Array).length } }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/api/limited',
    access: 'public',
    rateLimit: 3,
    handle: () => ({ status: 204 }),
  }),
]

let api: TestApi
beforeAll(async () => {
  api = await startTestApi({ routes: () => ROUTES })
})
afterAll(() => api.close())

describe('a route', () => {
  it('hands its handler only what its schemas name', async () => {
    const { status, body } = await api.call('/api/echo/7?page=2&evil=1', {
      json: { name: 'x', role: 'operator' },
    })
    expect(status).toBe(200)
    expect(body).toEqual({ params: { id: '7' }, query: { page: 2 }, body: { name: 'x' } })
  })

  it('refuses what does not fit, naming the field and never its value', async () => {
    const { status, body, text } = await api.call('/api/echo/7', { json: { name: 900101 } })
    expect(status).toBe(400)
    expect(body.code).toBe('bad_request')
    expect(body.errors).toEqual([{ in: 'body', path: 'name', message: expect.any(String) }])
    expect(text).not.toContain('900101')
  })

  it('refuses a repeated query parameter instead of choosing one', async () => {
    expect((await api.call('/api/echo/7?page=1&page=2', { json: { name: 'x' } })).status).toBe(400)
  })

  it.each([
    ['malformed JSON', '{"name": ', 'application/json', 400],
    ['a bare value', '"name"', 'application/json', 400],
    ['a form where JSON is due', 'name=x', 'application/x-www-form-urlencoded', 415],
    [
      'text that claims to be JSON in another charset',
      '{"name":"x"}',
      'application/json; charset=utf-7',
      415,
    ],
    ['no body at all', '', 'application/json', 400],
  ])('refuses %s', async (_what, body, type, status) => {
    const answer = await api.call('/api/echo/7', { method: 'POST', body, headers: { 'content-type': type } })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  it('does not let a body reach into the prototype of objects', async () => {
    const { body } = await api.call('/api/echo/7', {
      method: 'POST',
      body: '{"name":"x","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}',
      headers: { 'content-type': 'application/json' },
    })
    expect(body.body).toEqual({ name: 'x' })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  it('takes the last of duplicate keys, as everything behind it would: there is one reader', async () => {
    const { body } = await api.call('/api/echo/7', {
      method: 'POST',
      body: '{"name":"first","name":"last"}',
      headers: { 'content-type': 'application/json' },
    })
    expect(body.body).toEqual({ name: 'last' })
  })

  it('refuses a body beyond its limit, also one that does not say how long it is', async () => {
    const large = await api.call('/api/echo/7', { json: { name: 'x'.repeat(200_000) } })
    expect([large.status, large.body.code]).toEqual([413, 'too_large'])
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(new Uint8Array(100))
        controller.close()
      },
    })
    const streamed = await api.call('/api/raw', {
      method: 'POST',
      body: chunks,
      duplex: 'half',
    } as RequestInit)
    expect(streamed.status).toBe(413)
  })

  it('refuses compressed bodies, which unfold', async () => {
    const { status } = await api.call('/api/raw', {
      method: 'POST',
      body: new Uint8Array(10),
      headers: { 'content-encoding': 'gzip' },
    })
    expect(status).toBe(415)
  })

  it('limits requests from one address, and says when to come back', async () => {
    const limited = await startTestApi({ routes: () => ROUTES, config: { rateLimitFactor: 1 } })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) {
      // A forged address changes nothing while no proxy is trusted.
      const headers = { 'x-forwarded-for': `10.0.0.${i}` }
      const { status, headers: answered } = await limited.call('/api/limited', { method: 'POST', headers })
      statuses.push(status)
      if (status === 429) expect(Number(answered.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(statuses).toEqual([204, 204, 204, 429, 429])
    await limited.close()
  })

  it('cannot exist without saying who may use it, nor twice', () => {
    const mount = (routes: Route[]) => () =>
      mountRoutes({ get: () => {} } as never, routes, {
        access: api.access,
        log: api.context.log,
        rateLimitFactor: 0,
      })
    const open = route({ ...base, method: 'get', path: '/a/{x}', access: 'public', handle: () => ({}) })
    expect(mount([{ ...open, access: undefined as never }])).toThrow('does not say who')
    expect(mount([{ ...open, access: [] }])).toThrow('does not say who')
    expect(mount([open, { ...open, path: '/a/{y}' }])).toThrow('described twice')
  })
})

describe('a refusal', () => {
  it('is a problem document with a stable code and the request id', async () => {
    const { status, body, headers } = await api.call('/api/fails/problem')
    expect(status).toBe(404)
    expect(body).toMatchObject({ status: 404, code: 'unknown_agency', detail: 'No such agency.', hint: 1 })
    expect(body.requestId).toBe(headers.get('x-request-id'))
  })

  it("speaks OAuth's own form on protocol endpoints", async () => {
    const form = (grant: string) =>
      api.call('/issuers/a/token', { method: 'POST', body: new URLSearchParams({ grant_type: grant }) })
    const refused = await form('x')
    expect([refused.status, refused.body]).toEqual([
      401,
      { error: 'invalid_grant', error_description: 'No.', code: 'x' },
    ])
    expect(refused.headers.get('dpop-nonce')).toBe('n')
    const twice = await api.call('/issuers/a/token', {
      method: 'POST',
      body: 'grant_type=a&grant_type=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect([twice.status, twice.body.error]).toEqual([400, 'invalid_request'])
    const broken = await form('boom')
    expect([broken.status, broken.body.error]).toEqual([500, 'server_error'])
    expect(broken.text).not.toContain('홍길동')
  })

  it('says nothing of what broke inside', async () => {
    const { status, text } = await api.call('/api/fails/inside')
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
  })

  it('tells a database that is down from a fault of ours', async () => {
    const { status, body, headers } = await api.call('/api/fails/database')
    expect([status, body.code]).toEqual([503, 'database_unavailable'])
    expect(headers.get('retry-after')).toBeTruthy()
  })

  it('is a 404 for unknown addresses and a 400 for addresses that cannot be decoded', async () => {
    expect((await api.call('/api/nothing')).body.code).toBe('not_found')
    expect((await api.call('/api/echo/%E0%A4%A', { json: { name: 'x' } })).status).toBe(400)
  })
})

describe('the log', () => {
  it('holds route, status and time of each request, and nothing of its content', async () => {
    api.logged.length = 0
    await api.call('/api/echo/7?name=%ED%99%8D', {
      json: { name: '홍길동' },
      headers: { cookie: 'pass_session=abc', authorization: 'Bearer secret-key-of-someone' },
    })
    await api.call('/api/fails/unique')
    const text = api.logged.join('')
    expect(text).toContain('/api/echo/{id}')
    for (const secret of ['홍', '%ED', 'secret-key', 'pass_session', '127.0.0.1'])
      expect(text).not.toContain(secret)
    expect(text).toContain('23505')
  })
})

describe('every answer', () => {
  it('allows scripts of this origin alone, no frames, and the camera to this origin', async () => {
    const { headers } = await api.call('/api/fails/problem')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('permissions-policy')).toContain('camera=(self)')
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('takes over a plain request id and replaces any other', async () => {
    const id = (given: string) => api.call('/healthz', { headers: { 'x-request-id': given } })
    expect((await id('abcdef-123456')).headers.get('x-request-id')).toBe('abcdef-123456')
    expect((await id('<script>alert(1)</script>')).headers.get('x-request-id')).not.toContain('<')
  })

  it('cannot be given a header by a request', async () => {
    const { port } = new URL(api.url)
    const answer = await new Promise<string>((resolve, reject) => {
      const request = rawRequest(
        { port, path: '/api/echo/a%0d%0aX-Evil:%201', method: 'GET' },
        (response) => {
          response.resume()
          resolve(JSON.stringify(response.headers))
        },
      )
      request.on('error', reject)
      request.end()
    })
    expect(answer.toLowerCase()).not.toContain('x-evil')
  })
})

describe('other origins', () => {
  const origin = { origin: 'https://other-wallet.example' }
  it('may call protocol addresses, without credentials', async () => {
    const { status, headers } = await api.call('/issuers/a/token', {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'dpop',
      },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toContain('DPoP')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })
  it('may call nothing else', async () => {
    for (const path of ['/api/for-officers', '/api/session', '/api/anchors/batches', '/wallet/']) {
      const { headers } = await api.call(path, { headers: origin })
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })
})
