import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agencyRoutes } from '../agencies/routes.ts'
import { auditRoutes } from '../audit/routes.ts'
import { catalogueRoutes } from '../catalogue/routes.ts'
import { createCatalogue } from '../catalogue/service.ts'
import type { Route } from '../http/route.ts'
import { registerRoutes } from '../register/routes.ts'
import { staffRoutes } from '../staff/routes.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { docsRoutes } from './routes.ts'

let api: TestApi
let described: Route[]
beforeAll(async () => {
  api = await startTestApi({
    routes: ({ context, audit }) => {
      described = [
        ...catalogueRoutes(createCatalogue(context)),
        ...auditRoutes(audit),
        ...agencyRoutes({} as never),
        ...registerRoutes({} as never),
        ...staffRoutes({} as never, context.config.publicUrl),
      ]
      return [...described, ...docsRoutes(described, context.config.publicUrl)]
    },
  })
})
afterAll(() => api.close())

type Operation = {
  operationId: string
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, unknown> }
  responses: Record<string, { content?: Record<string, unknown> }>
  security: unknown[]
}

describe('/api/openapi.json', () => {
  it('describes every route that is mounted, and who may use it', async () => {
    const { body } = await api.call('/api/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    const ids = new Set<string>()
    for (const route of described) {
      const operation: Operation = body.paths[route.path][route.method]
      ids.add(operation.operationId)
      expect(operation.security.length > 0).toBe(route.access !== 'public')
      const named = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => name)).toEqual(named)
      expect(operation.responses['default']?.content).toHaveProperty('application/problem+json')
      expect(operation.requestBody !== undefined).toBe(route.body !== undefined || route.bodyType === 'raw')
    }
    expect(ids.size).toBe(described.length)
  })

  it('refers to nothing that it does not define', async () => {
    const { body, text } = await api.call('/api/openapi.json')
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name = '']) => name,
    )
    expect(references.length).toBeGreaterThan(5)
    for (const name of references) expect(body.components.schemas).toHaveProperty(name)
  })
})

describe('/api/docs', () => {
  it('is a page that needs nothing from elsewhere and nothing inline', async () => {
    const { text, headers } = await api.call('/api/docs')
    expect(headers.get('content-type')).toContain('text/html')
    expect(text).not.toMatch(/https?:|<script>|<style|\son\w+=|style=/)
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
    expect(files.length).toBe(4)
    for (const path of files) {
      const file = await api.call(path)
      expect(file.status).toBe(200)
      expect(file.headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  it.each(['package.json', '..%2fpackage.json', '__proto__', 'swagger-ui.js.map'])(
    'serves no other file: %s',
    async (name) => {
      expect((await api.call(`/api/docs/files/${name}`)).status).toBe(404)
    },
  )
})
