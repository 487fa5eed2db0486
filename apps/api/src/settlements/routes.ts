import { z } from 'zod'
import { Problem } from '../http/problem.ts'
import { type Route, route } from '../http/route.ts'
import {
  closeBodySchema,
  closedSchema,
  paidBodySchema,
  settlementParamsSchema,
  settlementSchema,
} from './schema.ts'
import type { Settlements } from './service.ts'

const tag = 'Settlements'
const city = ['operator'] as const
const merchant = ['merchant'] as const

const FORMS = { csv: 'text/csv; charset=utf-8', pdf: 'application/pdf' } as const

export function settlementRoutes(settlements: Settlements): Route[] {
  const statement = (form: keyof typeof FORMS) =>
    route({
      method: 'get',
      path: `/api/merchant/settlements/{id}/statement.${form}`,
      tag,
      summary: `The statement of a settlement as ${form.toUpperCase()}`,
      access: ['merchant', 'operator'],
      params: settlementParamsSchema,
      responses: { 200: { mediaType: FORMS[form], description: 'Each payment and refund, and the sums' } },
      handle: async ({ principal, params }) => {
        const { bytes, name } = await settlements.statement(principal, params.id, form)
        return {
          headers: { 'Content-Type': FORMS[form], 'Content-Disposition': `attachment; filename="${name}"` },
          body: bytes,
        }
      },
    })
  return [
    route({
      method: 'get',
      path: '/api/merchant/settlements',
      tag,
      summary: "The merchant's settlements, newest first",
      access: merchant,
      responses: { 200: z.array(settlementSchema) },
      handle: async ({ principal: { payeeId } }) => {
        if (payeeId === null) throw new Problem('forbidden', 'You act for no merchant.')
        return { body: await settlements.list(payeeId) }
      },
    }),
    statement('csv'),
    statement('pdf'),
    route({
      method: 'get',
      path: '/api/settlements',
      tag,
      summary: 'The settlements of all merchants and funds, newest first',
      access: city,
      responses: { 200: z.array(settlementSchema) },
      handle: async () => ({ body: await settlements.list() }),
    }),
    route({
      method: 'post',
      path: '/api/settlements',
      tag,
      summary: 'Close a period of one payee; refused while anything in it is not final on the chain',
      access: city,
      body: closeBodySchema,
      responses: { 200: settlementSchema },
      handle: async ({ principal, body }) => ({
        body: await settlements.close(principal.actor, body.payee, body.from),
      }),
    }),
    route({
      method: 'post',
      path: '/api/settlements/close-due',
      tag,
      summary: 'Close every period that is over and final; the city also does it by itself each hour',
      access: city,
      rateLimit: 10,
      responses: { 200: closedSchema },
      handle: async ({ principal }) => ({ body: await settlements.closeDue(principal.actor) }),
    }),
    route({
      method: 'post',
      path: '/api/settlements/{id}/paid',
      tag,
      summary: 'Note that the money was transferred',
      access: city,
      params: settlementParamsSchema,
      body: paidBodySchema,
      responses: { 200: settlementSchema },
      handle: async ({ principal, params, body }) => ({
        body: await settlements.paid(principal, params.id, body.reference),
      }),
    }),
  ]
}
