import { type Route, route } from '../http/route.ts'
import {
  attestationBodySchema,
  attestationSchema,
  bindBodySchema,
  instanceParamsSchema,
  instancesPageSchema,
  instancesQuerySchema,
  keyAttestationBodySchema,
  keyAttestationSchema,
  revokeBodySchema,
} from './schema.ts'
import type { OwnWalletProvider } from './service.ts'

const tag = 'Wallet provider'
const done = { 204: { mediaType: 'text/plain', description: 'Done' } }
/** Anybody has a key: a new one is a row for a year. */
const rateLimit = 120

/** What a wallet asks is proven by a key of the instance; its first request registers it. */
export function walletProviderRoutes(provider: OwnWalletProvider): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/wallet-provider/attestations',
      tag,
      summary: 'Attest a client key, which the wallet has made for one authorization server',
      access: 'wallet-key',
      rateLimit,
      bodyLimit: 10_000,
      body: attestationBodySchema,
      responses: { 200: attestationSchema },
      handle: async ({ wallet, body }) => ({ body: await provider.client(wallet, body.proof) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet-provider/key-attestations',
      tag,
      summary: 'Attest keys that credentials are to be bound to',
      access: 'wallet-key',
      rateLimit,
      bodyLimit: 50_000,
      body: keyAttestationBodySchema,
      responses: { 200: keyAttestationSchema },
      handle: async ({ wallet, body }) => ({ body: await provider.keys(wallet, body.proofs, body.nonce) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet-provider/instances/account',
      tag,
      summary: 'Connect this instance with the account whose key is proven',
      access: 'wallet-key',
      rateLimit,
      bodyLimit: 10_000,
      body: bindBodySchema,
      responses: done,
      handle: async ({ wallet, body }) => {
        await provider.bind(wallet, body.proof)
        return { status: 204 }
      },
    }),
    route({
      method: 'get',
      path: '/api/wallet-provider/instances',
      tag,
      summary: 'Instances of the city’s own wallet, newest first',
      access: ['operator'],
      query: instancesQuerySchema,
      responses: { 200: instancesPageSchema },
      handle: async ({ query }) => ({ body: await provider.list(query) }),
    }),
    route({
      method: 'post',
      path: '/api/wallet-provider/instances/{id}/revoke',
      tag,
      summary: 'Vouch for an instance no more, with the reason',
      access: ['operator'],
      params: instanceParamsSchema,
      body: revokeBodySchema,
      responses: done,
      handle: async ({ principal, params, body }) => {
        await provider.revoke(principal, params.id, body.reason)
        return { status: 204 }
      },
    }),
  ]
}
