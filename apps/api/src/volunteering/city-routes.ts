import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import {
  accreditBodySchema,
  accreditedSchema,
  confirmedSchema,
  decisionBodySchema,
  disputeSchema,
  exportQuerySchema,
  idParamsSchema,
  organisationQuerySchema,
  organisationSchema,
  portalAppliedSchema,
  portalPreviewSchema,
  reasonSchema,
  signupParamsSchema,
} from './schema.ts'
import type { Volunteering } from './service.ts'

const tag = 'Volunteering'
const access = ['operator'] as const
const MAX_FILE_BYTES = 10_000_000

/** What the city decides. */
export function cityRoutes({ hours, organisations, portal }: Volunteering): Route[] {
  const decision = (verb: 'suspend' | 'reject', summary: string) =>
    route({
      method: 'post',
      path: `/api/organisations/{id}/${verb}`,
      tag,
      summary,
      access,
      params: idParamsSchema,
      body: reasonSchema,
      responses: { 200: organisationSchema },
      handle: async ({ principal, params, body }) => ({
        body: await organisations[verb](principal, params.id, body.reason),
      }),
    })
  return [
    route({
      method: 'get',
      path: '/api/organisations',
      tag,
      summary: 'Organisations, by what was decided',
      access,
      query: organisationQuerySchema,
      responses: { 200: z.array(organisationSchema) },
      handle: async ({ query }) => ({ body: await organisations.list(query.status) }),
    }),
    route({
      method: 'post',
      path: '/api/organisations/{id}/accredit',
      tag,
      summary: 'Let an organisation call for volunteers, or lift its suspension',
      access,
      params: idParamsSchema,
      body: accreditBodySchema,
      responses: { 200: accreditedSchema },
      handle: async ({ principal, params, body }) => ({
        body: await organisations.accredit(principal, params.id, body.staffName),
      }),
    }),
    decision('suspend', 'Suspend an organisation: it publishes nothing and confirms no hours any more'),
    decision('reject', 'Refuse an application'),
    route({
      method: 'get',
      path: '/api/disputes',
      tag,
      summary: 'Hours on which a volunteer and an organiser do not agree',
      access,
      responses: { 200: z.array(disputeSchema) },
      handle: async () => ({ body: await hours.disputes() }),
    }),
    route({
      method: 'post',
      path: '/api/disputes/{signupId}',
      tag,
      summary: 'Decide on disputed hours',
      access,
      params: signupParamsSchema,
      body: decisionBodySchema,
      responses: { 200: confirmedSchema.shape.items.element },
      handle: async ({ principal, params, body }) => ({
        body: await hours.decide(principal, params.signupId, body),
      }),
    }),
    route({
      method: 'post',
      path: '/api/volunteering/imports',
      tag,
      summary:
        'Preview a file of the national portal (CSV in UTF-8 or CP949): what it would add, and each faulty cell',
      access,
      bodyType: 'raw',
      bodyLimit: MAX_FILE_BYTES,
      rateLimit: 30,
      responses: { 201: portalPreviewSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await portal.preview(principal, body as unknown as Uint8Array),
      }),
    }),
    route({
      method: 'post',
      path: '/api/volunteering/imports/{id}/apply',
      tag,
      summary: 'Apply a preview: all of it, once',
      access,
      rateLimit: 30,
      params: idParamsSchema,
      responses: { 200: portalAppliedSchema },
      handle: async ({ principal, params }) => ({ body: await portal.apply(principal, params.id) }),
    }),
    route({
      method: 'get',
      path: '/api/volunteering/export.csv',
      tag,
      summary: "Hours given here, in the national portal's columns",
      access,
      rateLimit: 30,
      query: exportQuerySchema,
      responses: { 200: { mediaType: 'text/csv', description: 'UTF-8 with a byte order mark' } },
      handle: async ({ principal, query }) => ({
        body: await portal.csv(principal, query.from, query.to),
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': `attachment; filename="hours-${query.from}-${query.to}.csv"`,
        },
      }),
    }),
  ]
}
