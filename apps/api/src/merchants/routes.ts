import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  addedStaffSchema,
  applicationSchema,
  appliedSchema,
  approveBodySchema,
  approvedSchema,
  categorySchema,
  fundBodySchema,
  merchantQuerySchema,
  merchantSchema,
  merchantStaffSchema,
  payeeParamsSchema,
  payeeQuerySchema,
  payeeSchema,
  reasonBodySchema,
  staffBodySchema,
  staffParamsSchema,
} from './schema.ts'
import type { Merchants } from './service.ts'
import type { MerchantStaff } from './staff.ts'

const tag = 'Merchants'
const city = ['operator'] as const
const merchant = ['merchant'] as const

export function merchantRoutes(merchants: Merchants, staff: MerchantStaff): Route[] {
  const decision = (verb: 'reject' | 'freeze' | 'unfreeze', summary: string) =>
    route({
      method: 'post',
      path: `/api/merchants/{id}/${verb}`,
      tag,
      summary,
      access: city,
      params: payeeParamsSchema,
      body: reasonBodySchema,
      responses: { 200: merchantSchema },
      handle: async ({ principal, params, body }) => ({
        body: await merchants[verb](principal, params.id, body.reason),
      }),
    })
  return [
    route({
      method: 'get',
      path: '/api/payees',
      tag,
      summary: 'Whom points can go to: merchants, donation funds, the exchange into local currency',
      access: 'public',
      query: payeeQuerySchema,
      responses: { 200: z.array(payeeSchema) },
      handle: async ({ query }) => ({ body: await merchants.payees(query.kind) }),
    }),
    route({
      method: 'get',
      path: '/api/merchant-categories',
      tag,
      summary: 'What merchants are',
      access: 'public',
      responses: { 200: z.array(categorySchema) },
      handle: () => ({ body: merchants.categories() }),
    }),
    route({
      method: 'post',
      path: '/api/merchants',
      tag,
      summary: 'Apply as a merchant; the city decides',
      access: 'public',
      rateLimit: 10,
      body: applicationSchema,
      responses: { 201: appliedSchema },
      handle: async ({ body }) => ({ status: 201, body: await merchants.apply(body) }),
    }),
    route({
      method: 'get',
      path: '/api/merchants',
      tag,
      summary: 'Merchants and funds with what the city knows of them',
      access: city,
      query: merchantQuerySchema,
      responses: { 200: z.array(merchantSchema) },
      handle: async ({ query }) => ({ body: await merchants.list(query.status) }),
    }),
    route({
      method: 'post',
      path: '/api/merchants/{id}/approve',
      tag,
      summary: 'Approve an application: registered on the chain, first member of staff invited',
      access: city,
      params: payeeParamsSchema,
      body: approveBodySchema,
      responses: { 200: approvedSchema },
      handle: async ({ principal, params, body }) => ({
        body: await merchants.approve(principal, params.id, body.staffName),
      }),
    }),
    decision('reject', 'Refuse an application, with the reason'),
    decision('freeze', 'From now on the merchant or fund is paid nothing'),
    decision('unfreeze', 'The merchant or fund may be paid again'),
    route({
      method: 'post',
      path: '/api/funds',
      tag,
      summary: 'Open a donation fund, or the exchange into local currency',
      access: city,
      body: fundBodySchema,
      responses: { 201: merchantSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await merchants.addFund(principal, body),
      }),
    }),
    route({
      method: 'get',
      path: '/api/merchant/staff',
      tag,
      summary: "The merchant's own staff",
      access: merchant,
      responses: { 200: z.array(merchantStaffSchema) },
      handle: async ({ principal }) => ({ body: await staff.list(principal) }),
    }),
    route({
      method: 'post',
      path: '/api/merchant/staff',
      tag,
      summary: 'Let somebody in at the counter; answers a link that enrols a passkey',
      access: merchant,
      rateLimit: 30,
      body: staffBodySchema,
      responses: { 201: addedStaffSchema },
      handle: async ({ principal, body }) => ({ status: 201, body: await staff.add(principal, body.name) }),
    }),
    route({
      method: 'post',
      path: '/api/merchant/staff/{id}/disable',
      tag,
      summary: 'Somebody does not work here any more: sessions end at once',
      access: merchant,
      params: staffParamsSchema,
      responses: { 204: { mediaType: 'text/plain', description: 'Done' } },
      handle: async ({ principal, params }) => {
        await staff.disable(principal, params.id)
        return { status: 204 }
      },
    }),
  ]
}
