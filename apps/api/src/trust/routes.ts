import { localizedSchema, transactionTypeSchema } from '@pass/credentials'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Trust } from './service.ts'

const trustSchema = z.object({
  rootCertificates: z.array(z.string()),
  authority: z.string(),
  chain: z.object({ chainId: z.number(), contracts: z.record(z.string(), z.string()) }),
  city: z.object({ name: localizedSchema }),
  transactionTypes: z.array(transactionTypeSchema),
})

export function trustRoutes(trust: Trust): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/trust',
      tag: 'Trust',
      summary: "The city's root certificates, and where its chain and contracts are",
      access: 'public',
      rateLimit: 1200,
      responses: { 200: trustSchema },
      handle: () => ({ body: trust.document(), headers: { 'Cache-Control': 'public, max-age=300' } }),
    }),
  ]
}
