import { z } from 'zod'
import type { WalletKeys } from '../access/wallet-keys.ts'
import { type Route, route } from '../http/route.ts'
import type { Held } from './hold.ts'
import {
  idParamsSchema,
  keysSchema,
  ownPaymentSchema,
  paymentBodySchema,
  paymentSchema,
  requestSchema,
} from './schema.ts'
import type { Payments } from './service.ts'
import { toJson } from './views.ts'

const tag = 'Payments'

/** What a citizen's wallet asks for. */
export function paymentRoutes(payments: Payments, wallets: WalletKeys): Route[] {
  const { hold, requests, books, requestCode } = payments
  return [
    route({
      method: 'post',
      path: '/api/payments',
      tag,
      summary: 'Pay: the signature is the proof. The same payment again gets the same answer (200)',
      access: 'public',
      // A shop's whole queue, and a school's, may come from one address.
      rateLimit: 600,
      body: paymentBodySchema,
      responses: { 200: paymentSchema, 201: paymentSchema },
      handle: async ({ body: { requestId, address, signature, ...body }, request }) => {
        const payment = {
          ...body,
          ...(requestId === undefined ? {} : { requestId }),
          address: address as `0x${string}`,
          signature: new Uint8Array(Buffer.from(signature, 'base64url')),
        }
        const proof = request.get('dpop') === undefined ? {} : { provenJkt: wallets.prove(request).jkt }
        const held = await hold(payment, { via: 'phone', ...proof })
        return { status: held.repeated ? 200 : 201, body: heldView(held) }
      },
    }),
    route({
      method: 'get',
      path: '/api/payments/key',
      tag,
      summary:
        "The keys that the city signs merchants' requests with: a wallet without a network trusts them",
      access: 'public',
      responses: { 200: keysSchema },
      handle: async () => ({
        headers: { 'Cache-Control': 'public, max-age=300' },
        body: await requestCode.keys(),
      }),
    }),
    route({
      method: 'get',
      path: '/api/payments/{id}',
      tag,
      summary: 'A payment of this wallet',
      access: 'wallet',
      params: idParamsSchema,
      responses: { 200: ownPaymentSchema },
      handle: async ({ wallet, params }) => ({ body: toJson(await books.payment(wallet, params.id)) }),
    }),
    route({
      method: 'get',
      path: '/api/payment-requests/{id}',
      tag,
      summary: 'Who asks for how much, and whether it still can be paid',
      access: 'public',
      params: idParamsSchema,
      responses: { 200: requestSchema },
      handle: async ({ params }) => ({ body: toJson(await requests.read(params.id)) }),
    }),
    route({
      method: 'get',
      path: '/api/wallet/payment-requests',
      tag,
      summary: 'Open requests of merchants that scanned the pass of this wallet',
      access: 'wallet',
      responses: { 200: z.array(requestSchema) },
      handle: async ({ wallet }) => ({ body: toJson(await requests.addressedTo(wallet)) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/payment-requests/{id}/decline',
      tag,
      summary: 'Say no to a request',
      access: 'wallet',
      params: idParamsSchema,
      responses: { 200: requestSchema },
      handle: async ({ wallet, params }) => ({ body: toJson(await requests.decline(wallet, params.id)) }),
    }),
  ]
}

export const heldView = ({ repeated: _, ...held }: Held) => toJson(held)
