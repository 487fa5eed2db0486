import { type Route, route } from '../http/route.ts'
import {
  credentialParamsSchema,
  credentialsPageSchema,
  credentialsQuerySchema,
  statusActSchema,
  statusResultSchema,
} from './schema.ts'
import type { Credentials, StatusAct } from './service.ts'

const TAG = 'Credentials'

const ACTS: Record<StatusAct, string> = {
  revoke: 'Revoke a credential for good',
  suspend: 'Suspend a credential until it is reinstated',
  reinstate: 'Make a suspended credential valid again',
}

export function credentialRoutes(credentials: Credentials): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/credentials',
      tag: TAG,
      summary: "The agency's credentials, newest first",
      access: ['officer'],
      query: credentialsQuerySchema,
      responses: { 200: credentialsPageSchema },
      handle: async ({ principal, query }) => ({ body: await credentials.list(principal, query) }),
    }),
    ...(Object.keys(ACTS) as StatusAct[]).map((act) =>
      route({
        method: 'post',
        path: `/api/credentials/{id}/${act}`,
        tag: TAG,
        summary: ACTS[act],
        access: ['officer'],
        params: credentialParamsSchema,
        body: statusActSchema,
        responses: { 200: statusResultSchema },
        handle: async ({ principal, params, body }) => ({
          body: await credentials.act(principal, params.id, act, body.reason),
        }),
      }),
    ),
  ]
}
