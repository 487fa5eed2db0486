import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Metrics } from './metrics.ts'
import type { Health } from './service.ts'

const state = z.enum(['up', 'down'])
const readinessSchema = z.object({
  ready: z.boolean(),
  degraded: z.boolean().describe('Something waits to be mended, and requests are served all the same'),
  database: state,
  chain: state,
  reader: z
    .enum(['following', 'behind', 'stopped', 'unknown'])
    .describe('How the events of the chain come into the tables; stopped at one that cannot be applied'),
  lag: z.int().nullable().describe('Final blocks that were not read yet'),
})

export function healthRoutes(health: Health, metrics: Metrics): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      tag: 'Operation',
      summary: 'Whether the process is alive',
      access: 'public',
      rateLimit: 6000,
      responses: { 200: z.object({ status: z.literal('ok') }) },
      handle: () => ({ body: { status: 'ok' } }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      tag: 'Operation',
      summary:
        'Whether requests can be served, with the state of the database, the chain and what follows it',
      access: 'public',
      rateLimit: 6000,
      responses: { 200: readinessSchema, 503: readinessSchema },
      handle: async () => {
        const readiness = await health.readiness()
        return { status: readiness.ready ? 200 : 503, body: readiness }
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      tag: 'Operation',
      summary: 'Figures for Prometheus',
      access: 'public',
      rateLimit: 600,
      responses: { 200: { mediaType: 'text/plain', description: 'Prometheus text format' } },
      handle: async () => ({ headers: { 'Content-Type': metrics.contentType }, body: await metrics.text() }),
    }),
  ]
}
