import { type Route, route } from '../http/route.ts'
import {
  accountBodySchema,
  accountParamsSchema,
  apiKeyListSchema,
  createdApiKeySchema,
  createdStaffSchema,
  staffListSchema,
} from './account-schema.ts'
import type { Accounts } from './accounts.ts'

const tag = 'Accounts'
const access = ['operator'] as const
const done = { mediaType: 'application/json', description: 'Done' }

/** How people and machines come to act for an agency or a verifier that was accredited at run time. */
export function accountRoutes(accounts: Accounts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/staff',
      tag,
      summary: 'The staff of all agencies and verifiers',
      access,
      responses: { 200: staffListSchema },
      handle: async () => ({ body: await accounts.staff() }),
    }),
    route({
      method: 'post',
      path: '/api/staff',
      tag,
      summary: 'Add a member of staff, or invite one again: answers a one-time link that enrols a passkey',
      access,
      body: accountBodySchema,
      responses: { 201: createdStaffSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await accounts.addStaff(principal, body),
      }),
    }),
    route({
      method: 'post',
      path: '/api/staff/{id}/disable',
      tag,
      summary: 'Shut a member of staff out, at once and for good',
      access,
      params: accountParamsSchema,
      responses: { 204: done },
      handle: async ({ principal, params }) => {
        await accounts.disableStaff(principal, params.id)
        return { status: 204 }
      },
    }),
    route({
      method: 'get',
      path: '/api/api-keys',
      tag,
      summary: 'The API keys that count, without the keys themselves',
      access,
      responses: { 200: apiKeyListSchema },
      handle: async () => ({ body: await accounts.apiKeys() }),
    }),
    route({
      method: 'post',
      path: '/api/api-keys',
      tag,
      summary: 'Make an API key for a machine of an agency or a verifier; it is shown this once',
      access,
      body: accountBodySchema,
      responses: { 201: createdApiKeySchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await accounts.addApiKey(principal, body),
      }),
    }),
    route({
      method: 'delete',
      path: '/api/api-keys/{id}',
      tag,
      summary: 'Withdraw an API key at once',
      access,
      params: accountParamsSchema,
      responses: { 204: done },
      handle: async ({ principal, params }) => {
        await accounts.revokeApiKey(principal, params.id)
        return { status: 204 }
      },
    }),
  ]
}
