import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { createAuthenticator } from '../testing/authenticator.ts'
import { staffRoutes } from './routes.ts'
import { createStaff, type Staff } from './service.ts'

let staff: Staff
let api: TestApi
let officer: string

async function start(publicUrl?: string, database?: { url: string }) {
  const made: { staff?: Staff } = {}
  const started = await startTestApi({
    ...(publicUrl ? { config: { publicUrl } } : {}),
    ...(database ? { database } : {}),
    routes: ({ context, sessions, audit }) => {
      made.staff = createStaff(context, { sessions, audit })
      return staffRoutes(made.staff, context.config.publicUrl)
    },
  })
  return { api: started, staff: made.staff as Staff }
}

beforeAll(async () => {
  ;({ api, staff } = await start())
  officer = (await staff.ensureStaff({ name: '김담당', role: 'officer', agencyId: 'residents' })).id
})
afterAll(() => api.close())

const page = (extra: Record<string, string> = {}) => ({
  origin: api.url,
  'x-requested-with': 'pass',
  ...extra,
})
const post = (path: string, json: unknown, headers: Record<string, string> = page()) =>
  api.call(`/api/session${path}`, { json, headers })
const cookieIn = (answer: { headers: Headers }) =>
  (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
const link = async () => (await staff.createEnrolmentLink(officer)).token

async function enrol(authenticator = createAuthenticator(api.url)) {
  const token = await link()
  const offered = await post('/enrol-options', { token })
  const answer = await post('/enrol', {
    token,
    response: authenticator.create(offered.body.options.challenge),
  })
  return { authenticator, token, offered, answer }
}

async function signIn(authenticator: ReturnType<typeof createAuthenticator>, from?: string) {
  const { body } = await post('/passkey-options', {})
  return post('/passkey', { response: authenticator.get(body.challenge, from) })
}

describe('a one-time link', () => {
  it('enrols a passkey that signs in, and is spent by it', async () => {
    const { authenticator, token, offered, answer } = await enrol()
    expect(offered.body).toMatchObject({ name: '김담당', role: 'officer', local: true })
    expect(offered.body.options.authenticatorSelection.userVerification).toBe('required')
    expect(answer.status).toBe(204)
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/)
    const session = await api.call('/api/session', { headers: { cookie: cookieIn(answer) } })
    expect(session.body).toMatchObject({ name: '김담당', role: 'officer' })
    expect((await post('/enrol-options', { token })).body.code).toBe('enrolment_link_spent')
    expect((await signIn(authenticator)).status).toBe(204)
  })

  it('runs out after a day, and ends when a newer one is made', async () => {
    const older = await link()
    const newer = await link()
    expect((await post('/enrol-options', { token: older })).status).toBe(401)
    expect((await post('/enrol-options', { token: newer })).status).toBe(200)
    api.advance(24 * 3600 + 1)
    expect((await post('/enrol-options', { token: newer })).status).toBe(401)
    api.advance(-24 * 3600 - 1)
  })

  it('is kept as a hash, and its address hides it from server logs', async () => {
    const { url, token } = await staff.createEnrolmentLink(officer)
    expect(new URL(url).hash).toBe(`#${token}`)
    expect(JSON.stringify(await api.db.prisma.enrolmentLink.findMany())).not.toContain(token)
  })

  it('signs in on this machine, once', async () => {
    const token = await link()
    const answers = await Promise.all([
      post('/link', { token }),
      post('/link', { token }),
      post('/link', { token }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401, 401])
  })

  it.each([
    ['a proxy in front', { 'x-forwarded-for': '127.0.0.1' }],
    ['a tunnel in front', { forwarded: 'for=203.0.113.7' }],
  ])('does not sign in through %s', async (_what, headers) => {
    const token = await link()
    expect((await post('/link', { token }, page(headers))).body.code).toBe('forbidden')
    expect((await post('/link', { token })).status).toBe(204)
  })

  it('does not sign in under another host name, as a rebound DNS name has', async () => {
    const { request } = await import('node:http')
    const token = await link()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...page(), host: 'evil.example', 'content-type': 'application/json' }
      const call = request(`${api.url}/api/session/link`, { method: 'POST', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      call.on('error', reject)
      call.end(JSON.stringify({ token }))
    })
    expect(status).toBe(403)
  })

  it('never signs in where the city is public, not even over loopback', async () => {
    const city = await start('https://pass.example.kr')
    const { id } = await city.staff.ensureStaff({ name: '김담당', role: 'officer', agencyId: 'residents' })
    const { token } = await city.staff.createEnrolmentLink(id)
    const answer = await city.api.call('/api/session/link', {
      json: { token },
      headers: { 'x-requested-with': 'pass', origin: 'https://pass.example.kr' },
    })
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
    expect(answer.headers.get('set-cookie')).toBeNull()
    const offered = await city.api.call('/api/session/enrol-options', {
      json: { token },
      headers: { 'x-requested-with': 'pass' },
    })
    expect(offered.body.local).toBe(false)
    await city.api.close()
  })

  it('is not taken from a foreign page', async () => {
    const token = await link()
    expect(
      (await post('/link', { token }, { origin: 'https://evil.example', 'x-requested-with': 'pass' })).status,
    ).toBe(403)
    expect((await post('/link', { token }, { origin: api.url })).status).toBe(403)
  })

  it.each(["' OR ''='", '', 'x'.repeat(43), null, { $ne: '' }, ['a']])('refuses %j', async (token) => {
    expect([400, 401]).toContain((await post('/link', { token })).status)
  })
})

describe('a passkey', () => {
  it('is refused for a challenge that was answered before, or that we never set', async () => {
    const { authenticator } = await enrol()
    const { body } = await post('/passkey-options', {})
    const response = authenticator.get(body.challenge)
    expect((await post('/passkey', { response })).status).toBe(204)
    expect((await post('/passkey', { response })).status).toBe(401)
    const unset = authenticator.get(Buffer.from('another challenge').toString('base64url'))
    expect((await post('/passkey', { response: unset })).status).toBe(401)
  })

  it('is refused for another origin, another key, or a challenge that ran out', async () => {
    const { authenticator } = await enrol()
    expect((await signIn(authenticator, 'https://evil.example')).status).toBe(401)
    expect((await signIn(createAuthenticator(api.url))).status).toBe(401)
    const { body } = await post('/passkey-options', {})
    api.advance(301)
    expect((await post('/passkey', { response: authenticator.get(body.challenge) })).status).toBe(401)
    api.advance(-301)
  })

  it('is refused when its counter went back: somebody copied the key', async () => {
    const { authenticator } = await enrol()
    authenticator.setCounter(10)
    expect((await signIn(authenticator)).status).toBe(204)
    authenticator.setCounter(3)
    expect((await signIn(authenticator)).status).toBe(401)
  })

  it('cannot be enrolled with the challenge of somebody else’s link', async () => {
    const other = await staff.ensureStaff({ name: '박운영', role: 'operator' })
    const { token: theirs } = await staff.createEnrolmentLink(other.id)
    const mine = await link()
    const offered = await post('/enrol-options', { token: mine })
    const response = createAuthenticator(api.url).create(offered.body.options.challenge)
    expect((await post('/enrol', { token: theirs, response })).status).toBe(400)
  })

  it('stays with whom it belongs to', async () => {
    const { authenticator } = await enrol()
    const again = await enrol(authenticator)
    expect(again.answer.body.code).toBe('conflict')
  })

  it('does not sign in a person who has left', async () => {
    const { authenticator } = await enrol()
    await api.db.prisma.staff.update({ where: { id: officer }, data: { disabledAt: new Date() } })
    expect((await signIn(authenticator)).status).toBe(401)
    await api.db.prisma.staff.update({ where: { id: officer }, data: { disabledAt: null } })
  })
})

describe('signing out', () => {
  it('ends the session on the server, not only in the browser', async () => {
    const { answer } = await enrol()
    const cookie = cookieIn(answer)
    const out = await api.call('/api/session', { method: 'DELETE', headers: page({ cookie }) })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await api.call('/api/session', { headers: { cookie } })).status).toBe(401)
  })
})

describe('each sign-in', () => {
  it('is in the audit log, by whom and how', async () => {
    await enrol()
    const { items } = await api.audit.list({ limit: 5 })
    expect(items.map(({ action }) => action)).toContain('session.open')
    expect(items.map(({ action }) => action)).toContain('staff.enrol')
    expect(JSON.stringify(items)).not.toContain('김담당')
  })
})

describe('on a server with several connections', () => {
  it('a link signs in once, and a passkey with one counter value once, whatever arrives at the same time', async () => {
    const postgres = await startPostgres()
    const city = await start(undefined, { url: postgres.url })
    const own = { origin: city.api.url, 'x-requested-with': 'pass' }
    const ask = (path: string, json: unknown) => city.api.call(`/api/session${path}`, { json, headers: own })
    const { id } = await city.staff.ensureStaff({ name: '김담당', role: 'officer', agencyId: 'residents' })
    expect((await city.staff.ensureStaff({ name: '김담당', role: 'officer', agencyId: 'families' })).id).toBe(
      id,
    )

    const { token } = await city.staff.createEnrolmentLink(id)
    const links = await Promise.all(Array.from({ length: 8 }, () => ask('/link', { token })))
    expect(links.filter(({ status }) => status === 204)).toHaveLength(1)

    const authenticator = createAuthenticator(city.api.url)
    const second = (await city.staff.createEnrolmentLink(id)).token
    const offered = await ask('/enrol-options', { token: second })
    const response = authenticator.create(offered.body.options.challenge)
    const enrolled = await Promise.all(
      Array.from({ length: 4 }, () => ask('/enrol', { token: second, response })),
    )
    expect(enrolled.filter(({ status }) => status === 204)).toHaveLength(1)

    const { body } = await ask('/passkey-options', {})
    const answer = authenticator.get(body.challenge)
    const signedIn = await Promise.all(Array.from({ length: 8 }, () => ask('/passkey', { response: answer })))
    expect(signedIn.filter(({ status }) => status === 204)).toHaveLength(1)
    await city.api.close()
    await postgres.stop()
  })
})
