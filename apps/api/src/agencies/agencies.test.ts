import { AgentError } from '@pass/agent'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { agencyRoutes } from './routes.ts'
import { createAgencyOffice } from './service.ts'

/** What the agent was asked to do; that it does so on the chain is tested in packages/agent and test/e2e. */
const asked: unknown[][] = []
let chainDown = false

function agentOver(api: () => TestApi) {
  const act =
    (name: string, then: (id: string) => Promise<unknown>) =>
    async (id: string, ...rest: unknown[]) => {
      if (chainDown) throw new AgentError('chain_unavailable' as never, 'no answer')
      asked.push([name, id, ...rest])
      return then(id)
    }
  const key = { id: crypto.randomUUID(), didUrl: 'did:ethr:0x1#delegate-2', validFrom: new Date() }
  return {
    ensure: async (definition: { id: string; name: { ko: string; en: string }; types: string[] }) => {
      if (chainDown) throw new AgentError('chain_unavailable' as never, 'no answer')
      asked.push(['ensure', definition])
      const { id, name, types } = definition
      const data = { nameKo: name.ko, nameEn: name.en, types, did: `did:ethr:${id}` }
      await api().db.prisma.agency.upsert({ where: { id }, create: { id, ...data }, update: data })
    },
    rotateKey: act('rotateKey', async () => key),
    suspend: act('suspend', (id) =>
      api().db.prisma.agency.update({ where: { id }, data: { suspendedAt: new Date() } }),
    ),
    reinstate: act('reinstate', (id) =>
      api().db.prisma.agency.update({ where: { id }, data: { suspendedAt: null } }),
    ),
  }
}

let api: TestApi
let operator: string
let officer: string
beforeAll(async () => {
  api = await startTestApi({
    context: { agent: { agencies: agentOver(() => api) } },
    routes: ({ context, audit }) => agencyRoutes(createAgencyOffice(context, { audit })),
  })
  operator = (await api.apiKeys.create({ name: 'op', role: 'operator' })).key
  officer = (await api.apiKeys.create({ name: 'of', role: 'officer', agencyId: 'residents' })).key
})
beforeEach(() => {
  asked.length = 0
  chainDown = false
})
afterAll(() => api.close())

const LIBRARY = { id: 'libraries', name: { ko: '도서관과', en: 'Libraries' }, types: ['resident'] }

describe('an operator', () => {
  it('accredits an agency, rotates its key, suspends and reinstates it, and each act is written down', async () => {
    const made = await api.call('/api/agencies', { key: operator, json: LIBRARY })
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: 'libraries',
        issuer: `${api.url}/issuers/libraries`,
        types: ['resident'],
        suspended: false,
      },
    })
    expect(asked).toEqual([['ensure', { ...LIBRARY, issuerUrl: `${api.url}/issuers/libraries` }]])
    const act = (name: string, json: unknown = {}) =>
      api.call(`/api/agencies/libraries/${name}`, { key: operator, json })
    expect((await act('rotate-key', { leaked: true })).body.didUrl).toContain('did:ethr')
    expect(asked.at(-1)).toEqual(['rotateKey', 'libraries', { leaked: true }])
    expect((await act('suspend')).body.suspended).toBe(true)
    expect((await act('reinstate')).body.suspended).toBe(false)
    const { items } = await api.audit.list({ limit: 10 })
    expect(items.map(({ action }) => action)).toEqual([
      'agency.reinstate',
      'agency.suspend',
      'agency.rotate-key',
      'agency.accredit',
    ])
  })

  it('may send no body to rotate a key', async () => {
    const { status } = await api.call('/api/agencies/libraries/rotate-key', { method: 'POST', key: operator })
    expect(status).toBe(200)
    expect(asked.at(-1)).toEqual(['rotateKey', 'libraries', { leaked: false }])
  })

  it('is told when the chain did not take an act, and then nothing is written down', async () => {
    chainDown = true
    const before = (await api.audit.list({ limit: 1 })).items[0]?.id
    expect(
      (await api.call('/api/agencies', { key: operator, json: { ...LIBRARY, id: 'parks' } })).body.code,
    ).toBe('chain_unavailable')
    expect((await api.audit.list({ limit: 1 })).items[0]?.id).toBe(before)
    expect((await api.call('/api/agencies')).body.map(({ id }: { id: string }) => id)).not.toContain('parks')
  })

  it.each([
    [{ ...LIBRARY, types: ['ghost'] }, 404],
    [{ ...LIBRARY, types: [] }, 400],
    [{ ...LIBRARY, id: '../residents' }, 400],
    [{ ...LIBRARY, id: 'Residents' }, 400],
    [{ ...LIBRARY, name: { ko: '' } }, 400],
  ])('cannot accredit %j', async (json, status) => {
    expect((await api.call('/api/agencies', { key: operator, json })).status).toBe(status)
    expect(asked).toEqual([])
  })

  it('cannot act on an agency that does not exist', async () => {
    expect((await api.call('/api/agencies/ghosts/suspend', { key: operator, json: {} })).body.code).toBe(
      'unknown_agency',
    )
  })
})

describe('an officer', () => {
  it('cannot accredit, rotate or suspend, not even the own agency', async () => {
    for (const path of ['', '/residents/rotate-key', '/residents/suspend', '/residents/reinstate'])
      expect((await api.call(`/api/agencies${path}`, { key: officer, json: LIBRARY })).status).toBe(403)
    expect(asked).toEqual([])
  })
})
