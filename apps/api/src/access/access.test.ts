import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { requireAgency } from './access.ts'
import type { Role } from './principal.ts'

const base = { tag: 'Test', summary: 'For the test', responses: { 200: z.unknown() } }
const only = (role: Role): Route =>
  route({
    ...base,
    method: 'get',
    path: `/api/only/${role}`,
    access: [role],
    handle: ({ principal }) => ({ body: principal }),
  })
const ROUTES = [
  only('officer'),
  only('verifier'),
  only('operator'),
  route({
    ...base,
    method: 'post',
    path: '/api/write',
    access: ['officer'],
    body: z.object({ agency: z.string() }),
    handle: ({ principal, body }) => {
      requireAgency(principal, body.agency)
      return { body: { done: true } }
    },
  }),
]

const TRIED = ['officer', 'verifier', 'operator'] as const
let api: TestApi
let keys: Record<(typeof TRIED)[number], string>
let cookie: string

beforeAll(async () => {
  api = await startTestApi({ routes: () => ROUTES })
  keys = {
    officer: (await api.apiKeys.create({ name: 'o', role: 'officer', agencyId: 'residents' })).key,
    verifier: (await api.apiKeys.create({ name: 'v', role: 'verifier', verifierId: 'library' })).key,
    operator: (await api.apiKeys.create({ name: 'p', role: 'operator' })).key,
  }
  const staff = await api.db.prisma.staff.create({
    data: { id: crypto.randomUUID(), name: '김담당', role: 'officer', agencyId: 'residents' },
  })
  cookie = `pass_session=${await api.sessions.open(staff.id)}`
})
afterAll(() => api.close())

describe('an API key', () => {
  it('opens its own role and no other', async () => {
    for (const role of TRIED)
      for (const path of TRIED) {
        const { status, body } = await api.call(`/api/only/${path}`, { key: keys[role] })
        expect(status).toBe(role === path ? 200 : 403)
        if (role === path) expect(body).toMatchObject({ role, actor: expect.stringMatching(/^key:/) })
      }
  })

  it('lies in the database as a hash only', async () => {
    const rows = await api.db.prisma.apiKey.findMany()
    expect(JSON.stringify(rows)).not.toContain(keys.officer.slice(5))
    expect(rows.every(({ keyHash }) => /^[0-9a-f]{64}$/.test(keyHash))).toBe(true)
  })

  it.each([
    ['none', undefined],
    ['an unknown one', `Bearer pass_${'A'.repeat(43)}`],
    ['one with another scheme', 'Basic cGFzczpwYXNz'],
    ['SQL', "Bearer ' OR 1=1 --"],
    ['the hash instead of the key', `Bearer ${'a'.repeat(64)}`],
  ])('is refused when it is %s', async (_what, authorization) => {
    const { status, body, headers } = await api.call('/api/only/officer', {
      headers: authorization === undefined ? {} : { authorization },
    })
    expect([status, body.code]).toEqual([401, 'unauthenticated'])
    expect(headers.get('www-authenticate')).toBe('Bearer')
  })

  it('does not work any more once withdrawn', async () => {
    const { id, key } = await api.apiKeys.create({ name: 'gone', role: 'officer', agencyId: 'residents' })
    expect((await api.call('/api/only/officer', { key })).status).toBe(200)
    await api.apiKeys.revoke(id)
    expect((await api.call('/api/only/officer', { key })).status).toBe(401)
  })

  it('is not outvoted by a cookie beside it', async () => {
    const { status } = await api.call('/api/only/officer', {
      key: `pass_${'B'.repeat(43)}`,
      headers: { cookie },
    })
    expect(status).toBe(401)
  })

  it('stays the same over starts as long as it fits, and is replaced when it does not', async () => {
    const definition = { name: 'sample', role: 'officer', agencyId: 'residents' } as const
    const first = await api.apiKeys.ensure(definition)
    expect(await api.apiKeys.ensure(definition, first)).toBe(first)
    const second = await api.apiKeys.ensure({ ...definition, agencyId: 'families' }, first)
    expect(second).not.toBe(first)
    expect((await api.call('/api/only/officer', { key: first })).status).toBe(401)
    expect((await api.call('/api/only/officer', { key: second })).body.agencyId).toBe('families')
  })
})

describe('an officer', () => {
  it('acts for the own agency alone', async () => {
    const write = (agency: string) => api.call('/api/write', { key: keys.officer, json: { agency } })
    expect((await write('residents')).status).toBe(200)
    expect((await write('families')).body.code).toBe('forbidden')
  })
})

describe('a stranger', () => {
  it('is refused before the body is read', async () => {
    const { status } = await api.call('/api/write', { json: { agency: 'x'.repeat(500_000) } })
    expect(status).toBe(401)
  })
})

describe('a session', () => {
  const own = () => ({ cookie, origin: api.url, 'x-requested-with': 'pass' })
  const write = (headers: Record<string, string>) =>
    api.call('/api/write', { json: { agency: 'residents' }, headers })

  it('reads and writes from our own page', async () => {
    const { body } = await api.call('/api/only/officer', { headers: { cookie } })
    expect(body).toMatchObject({ name: '김담당', role: 'officer', agencyId: 'residents' })
    expect((await write(own())).status).toBe(200)
  })

  it('writes nothing for a foreign page', async () => {
    expect((await write({ cookie })).status).toBe(403)
    expect((await write({ ...own(), origin: 'https://evil.example' })).status).toBe(403)
    expect((await write({ ...own(), origin: 'null' })).status).toBe(403)
  })

  it('ends after twelve hours, when closed, and when the person leaves', async () => {
    const staff = await api.db.prisma.staff.create({
      data: { id: crypto.randomUUID(), name: 'leaver', role: 'officer', agencyId: 'residents' },
    })
    const status = async (token: string) =>
      (await api.call('/api/only/officer', { headers: { cookie: `pass_session=${token}` } })).status
    const [closed, kept] = [await api.sessions.open(staff.id), await api.sessions.open(staff.id)]
    await api.sessions.close(closed)
    expect([await status(closed), await status(kept)]).toEqual([401, 200])
    await api.db.prisma.staff.update({ where: { id: staff.id }, data: { disabledAt: new Date() } })
    expect(await status(kept)).toBe(401)
    await api.db.prisma.staff.update({ where: { id: staff.id }, data: { disabledAt: null } })
    expect(await status(kept)).toBe(200)
    api.advance(12 * 3600 + 1)
    expect(await status(kept)).toBe(401)
    api.advance(-12 * 3600 - 1)
  })
})
