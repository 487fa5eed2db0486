import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  accreditBodySchema,
  agencyKeySchema,
  agencyParamsSchema,
  agencySchema,
  rotateBodySchema,
} from './schema.ts'
import type { AgencyOffice } from './service.ts'

const tag = 'Agencies'
const access = ['operator'] as const

export function agencyRoutes(office: AgencyOffice): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/agencies',
      tag,
      summary: 'The accredited agencies',
      access: 'public',
      responses: { 200: z.array(agencySchema) },
      handle: async () => ({ body: await office.list() }),
    }),
    route({
      method: 'post',
      path: '/api/agencies',
      tag,
      summary: 'Accredit an agency: DID, signing key, certificate, entry in the registry on the chain',
      access,
      body: accreditBodySchema,
      responses: { 201: agencySchema },
      handle: async ({ principal, body }) => ({ status: 201, body: await office.accredit(principal, body) }),
    }),
    route({
      method: 'post',
      path: '/api/agencies/{id}/rotate-key',
      tag,
      summary: 'Give the agency a new signing key; what the old one signed stays valid unless it leaked',
      access,
      params: agencyParamsSchema,
      body: rotateBodySchema,
      responses: { 200: agencyKeySchema },
      handle: async ({ principal, params, body }) => ({
        body: await office.rotateKey(principal, params.id, body.leaked),
      }),
    }),
    route({
      method: 'post',
      path: '/api/agencies/{id}/suspend',
      tag,
      summary: 'Stop an agency: what it issues from now on does not count',
      access,
      params: agencyParamsSchema,
      responses: { 200: agencySchema },
      handle: async ({ principal, params }) => ({ body: await office.suspend(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/agencies/{id}/reinstate',
      tag,
      summary: 'End the suspension of an agency',
      access,
      params: agencyParamsSchema,
      responses: { 200: agencySchema },
      handle: async ({ principal, params }) => ({ body: await office.reinstate(principal, params.id) }),
    }),
  ]
}
