import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CITY, startTestApi, type TestApi } from '../testing/api.ts'
import { catalogueRoutes } from './routes.ts'
import { createCatalogue } from './service.ts'

let api: TestApi
beforeAll(async () => {
  api = await startTestApi({ routes: ({ context }) => catalogueRoutes(createCatalogue(context)) })
})
afterAll(() => api.close())

describe('type metadata', () => {
  it('is served at the vct of each type, for any wallet to keep', async () => {
    for (const id of CITY.types.keys()) {
      const { status, body, headers } = await api.call(`/credential-types/${id}`, {
        headers: { origin: 'https://other-wallet.example' },
      })
      expect(status).toBe(200)
      expect(body.vct).toBe(`${api.url}/credential-types/${id}`)
      expect(body.display.length).toBeGreaterThanOrEqual(2)
      expect(headers.get('content-type')).toContain('application/json')
      expect(headers.get('cache-control')).toContain('max-age')
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  it.each(['ghost', '__proto__', 'constructor', '..%2f..%2fetc%2fpasswd'])(
    'does not exist for %s',
    async (id) => {
      expect((await api.call(`/credential-types/${id}`)).status).toBe(404)
    },
  )
})

describe('the catalogue', () => {
  it('tells screens the types, templates and districts in both languages', async () => {
    const types = (await api.call('/api/credential-types')).body
    expect(types.map(({ id }: { id: string }) => id).sort()).toEqual([...CITY.types.keys()].sort())
    expect(types[0].name).toEqual({ ko: expect.any(String), en: expect.any(String) })
    const templates = (await api.call('/api/templates')).body
    expect(templates).toContainEqual(
      expect.objectContaining({ id: 'resident-of-district', params: { district: { kind: 'district' } } }),
    )
    expect(JSON.stringify(templates)).not.toContain('dcql')
    const districts = (await api.call('/api/districts')).body
    expect(districts).toHaveLength(11)
    expect(districts[3]).toMatchObject({ code: '28185', name: { ko: '연수구', en: 'Yeonsu-gu' } })
  })
})
