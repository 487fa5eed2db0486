import { type Route, route } from '../http/route.ts'
import {
  anchorHashSchema,
  batchesPageSchema,
  batchesQuerySchema,
  receiptSchema,
  rootsPageSchema,
  rootsQuerySchema,
} from './schema.ts'
import type { Anchoring } from './service.ts'

/** The fixed addresses come first: a router takes the first that fits. */
export function anchoringRoutes(anchoring: Anchoring): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/anchors/roots',
      tag: 'Anchors',
      summary: 'Roots that the chain has taken, for verifying receipts offline',
      access: 'public',
      query: rootsQuerySchema,
      responses: { 200: rootsPageSchema },
      handle: async ({ query }) => ({ body: await anchoring.roots(query) }),
    }),
    route({
      method: 'get',
      path: '/api/anchors/batches',
      tag: 'Anchors',
      summary: 'Batches, what is waiting, and the state of the chain',
      access: ['operator'],
      query: batchesQuerySchema,
      responses: { 200: batchesPageSchema },
      handle: async ({ query: { cursor, limit } }) => ({
        body: await anchoring.batches({ limit, ...(cursor === undefined ? {} : { cursor }) }),
      }),
    }),
    route({
      method: 'get',
      path: '/api/anchors/{hash}',
      tag: 'Anchors',
      summary: 'The receipt of a credential, by the hash of its signed part',
      access: 'public',
      rateLimit: 1200,
      params: anchorHashSchema,
      responses: { 200: receiptSchema },
      handle: async ({ params }) => ({ body: await anchoring.receipt(params.hash) }),
    }),
  ]
}
