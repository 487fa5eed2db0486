import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  accountViewSchema,
  connectedSchema,
  connectSchema,
  inboxSchema,
  objectionSchema,
  verificationRequestSchema,
} from './schema.ts'
import type { Wallets } from './service.ts'

const tag = 'Wallet'

export function walletRoutes(wallets: Wallets): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/wallet/account/verification',
      tag,
      summary: 'Ask this wallet for the resident card, to connect it with its citizen',
      access: 'wallet-key',
      // Anybody has a key: each request is signed, and a row until it is swept.
      rateLimit: 120,
      body: z.strictObject({}).default({}),
      responses: { 201: verificationRequestSchema },
      handle: async ({ wallet }) => ({ status: 201, body: await wallets.ask(wallet.jkt) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/account',
      tag,
      summary: 'Connect this wallet with the citizen whose card it has shown',
      access: 'wallet-key',
      rateLimit: 120,
      body: connectSchema,
      responses: { 201: connectedSchema },
      handle: async ({ wallet, body }) => ({
        status: 201,
        body: await wallets.connect(wallet, body.verificationId),
      }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/account/move',
      tag,
      summary: 'Move points and records from another phone to this one',
      access: 'wallet-key',
      rateLimit: 120,
      body: connectSchema,
      responses: { 201: connectedSchema },
      handle: async ({ wallet, body }) => ({
        status: 201,
        body: await wallets.move(wallet, body.verificationId),
      }),
    }),
    route({
      method: 'get',
      path: '/api/wallet/account',
      tag,
      summary: 'How this wallet stands',
      access: 'wallet-key',
      responses: { 200: accountViewSchema },
      handle: async ({ wallet }) => ({ body: await wallets.view(wallet) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet/account/objection',
      tag,
      summary: 'Object to a move of the points of this phone',
      access: 'wallet-key',
      rateLimit: 60,
      body: objectionSchema,
      responses: { 200: accountViewSchema },
      handle: async ({ wallet, body }) => {
        await wallets.object(wallet, body)
        return { body: await wallets.view(wallet) }
      },
    }),
    route({
      method: 'get',
      path: '/api/wallet/offers',
      tag,
      summary: 'Credentials that wait for this citizen',
      access: 'wallet',
      responses: { 200: inboxSchema },
      handle: async ({ wallet }) => ({
        body: {
          items: (await wallets.inbox(wallet.subjectId)).map((offer) => ({
            ...offer,
            createdAt: offer.createdAt.toISOString(),
            expiresAt: offer.expiresAt.toISOString(),
          })),
        },
      }),
    }),
  ]
}
