import { decodePaymentCode } from '@pass/holder/payment-code'
import { Problem } from '../http/problem.ts'
import { type Route, route } from '../http/route.ts'
import { heldView } from './routes.ts'
import {
  codeBodySchema,
  createdRequestSchema,
  dateQuerySchema,
  idempotencyKeySchema,
  idParamsSchema,
  listQuerySchema,
  merchantPaymentPageSchema,
  ownRequestSchema,
  paymentSchema,
  refundBodySchema,
  refundSchema,
  requestBodySchema,
  requestSchema,
  totalsSchema,
} from './schema.ts'
import type { Payments } from './service.ts'
import { toJson } from './views.ts'

const tag = 'Merchant'
const access = ['merchant'] as const

/** What a merchant's counter asks for. */
export function counterRoutes({ hold, requests, refunds, books }: Payments): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/merchant/payment-requests',
      tag,
      summary: 'Ask for an amount; answers the text for the QR code',
      access,
      body: requestBodySchema,
      responses: { 201: createdRequestSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: toJson(await requests.create(principal, body)),
      }),
    }),
    route({
      method: 'get',
      path: '/api/merchant/payment-requests/{id}',
      tag,
      summary: 'Whether it has been paid',
      access,
      rateLimit: 1200,
      params: idParamsSchema,
      responses: { 200: ownRequestSchema },
      handle: async ({ principal, params }) => ({
        body: toJson(await requests.readOwn(principal, params.id)),
      }),
    }),
    route({
      method: 'post',
      path: '/api/merchant/payment-requests/{id}/cancel',
      tag,
      summary: 'Withdraw a request',
      access,
      params: idParamsSchema,
      responses: { 200: requestSchema },
      handle: async ({ principal, params }) => ({
        body: toJson(await requests.cancel(principal, params.id)),
      }),
    }),
    route({
      method: 'post',
      path: '/api/merchant/payment-codes',
      tag,
      summary: 'Take the signed code of a phone without a network. Each counts once',
      access,
      body: codeBodySchema,
      responses: { 201: paymentSchema },
      handle: async ({ principal, body }) => {
        const payment = decodePaymentCode(body.code)
        if (!payment) throw new Problem('bad_request', 'This is no payment code.')
        if (payment.payee !== principal.payeeId)
          throw new Problem('code_of_another', 'This code pays another merchant. Nothing was taken.')
        const held = await hold(payment, { via: 'code' })
        if (held.repeated)
          throw new Problem('code_used', 'This code was taken already. Nothing was taken again.', {
            payment: toJson({ id: held.id, amount: held.amount, heldAt: held.heldAt }),
          })
        return { status: 201, body: heldView(held) }
      },
    }),
    route({
      method: 'get',
      path: '/api/merchant/totals',
      tag,
      summary: 'What a day brought; today unless told',
      access,
      query: dateQuerySchema,
      responses: { 200: totalsSchema },
      handle: async ({ principal, query }) => ({ body: toJson(await books.totals(principal, query.date)) }),
    }),
    route({
      method: 'get',
      path: '/api/merchant/payments',
      tag,
      summary: 'Payments with their refunds, newest first',
      access,
      query: listQuerySchema,
      responses: { 200: merchantPaymentPageSchema },
      handle: async ({ principal, query }) => ({ body: toJson(await books.payments(principal, query)) }),
    }),
    route({
      method: 'post',
      path: '/api/merchant/payments/{id}/refunds',
      tag,
      summary: 'Give back all or some; header Idempotency-Key. The same again gets the same answer (200)',
      access,
      params: idParamsSchema,
      body: refundBodySchema,
      responses: { 200: refundSchema, 201: refundSchema },
      handle: async ({ principal, params, body, request }) => {
        const key = idempotencyKeySchema.safeParse(request.get('idempotency-key'))
        if (!key.success)
          throw new Problem(
            'bad_request',
            'The header Idempotency-Key is missing, or has not 8 to 100 signs.',
          )
        const { repeated, ...refund } = await refunds.refund(principal, {
          paymentId: params.id,
          idempotencyKey: key.data,
          ...body,
        })
        return { status: repeated ? 200 : 201, body: toJson(refund) }
      },
    }),
  ]
}
