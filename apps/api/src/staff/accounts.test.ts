import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { accountRoutes } from './account-routes.ts'
import { createAccounts } from './accounts.ts'
import { staffRoutes } from './routes.ts'
import { createStaff } from './service.ts'

let api: TestApi
let operator: string
beforeAll(async () => {
  api = await startTestApi({
    routes: ({ context, sessions, audit, apiKeys }) => {
      const staff = createStaff(context, { sessions, audit })
      const accounts = createAccounts(context, { staff, apiKeys, audit })
      return [...accountRoutes(accounts), ...staffRoutes(staff, context.config.publicUrl)]
    },
  })
  const names = { nameKo: '도서관', nameEn: 'Library' }
  await api.db.prisma.agency.create({ data: { id: 'harbour', ...names, did: 'did:ethr:1', types: [] } })
  await api.db.prisma.verifier.create({
    data: { id: 'library', ...names, keyRef: 'k', publicJwk: {}, x5c: [] },
  })
  operator = (await api.apiKeys.create({ name: 'op', role: 'operator' })).key
})
afterAll(() => api.close())

const ask = (path: string, json?: unknown, key = operator) =>
  api.call(path, { key, ...(json === undefined ? {} : { json }) })
const OFFICER = { name: '한담당', role: 'officer', agency: 'harbour' }

describe('an operator', () => {
  it('gives a new agency an officer, who enters with the link and is shut out when disabled', async () => {
    const made = await ask('/api/staff', OFFICER)
    expect(made.status).toBe(201)
    const signedIn = await api.call('/api/session/link', {
      json: { token: made.body.link.split('#')[1] },
      headers: { 'x-requested-with': 'pass' },
    })
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const whoAmI = () => api.call('/api/session', { headers: { cookie } })
    expect((await whoAmI()).body).toMatchObject({
      name: '한담당',
      role: 'officer',
      agency: { id: 'harbour' },
    })
    const invitedAgain = await ask('/api/staff', OFFICER)
    expect(invitedAgain.body.id).toBe(made.body.id)
    expect((await ask(`/api/staff/${made.body.id}/disable`, {})).status).toBe(204)
    expect((await whoAmI()).status).toBe(401)
    expect((await ask('/api/staff', OFFICER)).body.code).toBe('conflict')
    expect((await ask('/api/staff')).body).toMatchObject([{ name: '한담당', disabled: true }])
  })

  it('gives a machine a key of its own, which works until it is withdrawn', async () => {
    const { body } = await ask('/api/api-keys', { name: 'gate', role: 'verifier', verifier: 'library' })
    expect((await ask('/api/session', undefined, body.key)).body).toMatchObject({
      role: 'verifier',
      verifier: { id: 'library' },
    })
    const listed = await ask('/api/api-keys')
    expect(listed.body.map(({ name }: { name: string }) => name)).toContain('gate')
    expect(listed.text).not.toContain(body.key)
    expect((await api.call(`/api/api-keys/${body.id}`, { method: 'DELETE', key: operator })).status).toBe(204)
    expect((await ask('/api/session', undefined, body.key)).status).toBe(401)
  })

  it('has each of these acts written down, without names', async () => {
    const { items } = await api.audit.list({ limit: 50 })
    const acts = items.filter(({ actor }) => actor.startsWith('key:')).map(({ action }) => action)
    expect(acts).toEqual(['api-key.revoke', 'api-key.add', 'staff.disable', 'staff.invite', 'staff.add'])
    expect(JSON.stringify(items)).not.toMatch(/한담당|gate/)
  })

  it.each([
    [{ ...OFFICER, agency: 'ghosts' }, 'unknown_agency'],
    [{ name: 'x', role: 'officer' }, 'bad_request'],
    [{ name: 'x', role: 'operator', agency: 'harbour' }, 'bad_request'],
    [{ name: 'x', role: 'verifier', agency: 'harbour' }, 'bad_request'],
    [{ name: 'x', role: 'verifier', verifier: 'ghosts' }, 'not_found'],
    [{ name: ' ', role: 'operator' }, 'bad_request'],
  ])('cannot let in %j', async (account, code) => {
    for (const path of ['/api/staff', '/api/api-keys'])
      expect((await ask(path, account)).body.code).toBe(code)
  })
})

it('nobody but an operator lets anyone in', async () => {
  const { key } = await api.apiKeys.create({ name: 'of', role: 'officer', agencyId: 'harbour' })
  expect((await ask('/api/staff', OFFICER, key)).status).toBe(403)
  expect((await ask('/api/api-keys', OFFICER, key)).status).toBe(403)
  expect((await api.call('/api/api-keys', { json: OFFICER })).status).toBe(401)
})
