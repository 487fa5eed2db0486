import { type Route, route } from '../http/route.ts'
import { auditPageSchema, auditQuerySchema } from './schema.ts'
import type { Audit } from './service.ts'

export function auditRoutes(audit: Audit): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/audit',
      tag: 'Operation',
      summary: 'The append-only record of what staff and machines did, newest first',
      access: ['operator'],
      query: auditQuerySchema,
      responses: { 200: auditPageSchema },
      handle: async ({ query }) => ({
        body: await audit.list({
          limit: query.limit,
          ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
        }),
      }),
    }),
  ]
}
