import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { cityRoutes } from './city-routes.ts'
import { organiserRoutes } from './organiser-routes.ts'
import {
  activityKindSchema,
  activityListSchema,
  activityQuerySchema,
  activitySchema,
  certificateKeysSchema,
  certificateStateParamsSchema,
  certificateStateQuerySchema,
  certificateStateSchema,
  idParamsSchema,
  organisationApplicationSchema,
  organisationAppliedSchema,
} from './schema.ts'
import type { Volunteering } from './service.ts'
import { volunteerRoutes } from './volunteer-routes.ts'

const tag = 'Volunteering'

export function volunteeringRoutes(volunteering: Volunteering): Route[] {
  return [
    ...publicRoutes(volunteering),
    ...cityRoutes(volunteering),
    ...organiserRoutes(volunteering),
    ...volunteerRoutes(volunteering),
  ]
}

function publicRoutes({ activities, certificates, kinds, organisations }: Volunteering): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/activity-kinds',
      tag,
      summary: 'What volunteers help with',
      access: 'public',
      responses: { 200: z.array(activityKindSchema) },
      handle: () => ({ body: kinds }),
    }),
    route({
      method: 'get',
      path: '/api/activities',
      tag,
      summary:
        'Published activities to come, at most 500; how far away each is, the device works out by itself',
      access: 'public',
      query: activityQuerySchema,
      responses: { 200: activityListSchema },
      handle: async ({ query }) => ({ body: { items: await activities.upcoming(query) } }),
    }),
    route({
      method: 'get',
      path: '/api/activities/{id}',
      tag,
      summary: 'One activity',
      access: 'public',
      params: idParamsSchema,
      responses: { 200: activitySchema },
      handle: async ({ params }) => ({ body: await activities.read(params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/organisations',
      tag,
      summary: 'Apply as an organisation that calls for volunteers; the city decides',
      access: 'public',
      rateLimit: 10,
      body: organisationApplicationSchema,
      responses: { 201: organisationAppliedSchema },
      handle: async ({ body }) => ({ status: 201, body: await organisations.apply(body) }),
    }),
    route({
      method: 'get',
      path: '/api/trust/certificate-keys',
      tag,
      summary: 'Keys that sign volunteering certificates, and those that did',
      access: 'public',
      rateLimit: 1200,
      responses: { 200: certificateKeysSchema },
      handle: async () => ({
        body: await certificates.keys(),
        headers: { 'Cache-Control': 'public, max-age=300' },
      }),
    }),
    route({
      method: 'get',
      path: '/api/certificates/{certificateNo}',
      tag,
      summary: 'Whether hours stand as a certificate says, for who has it',
      access: 'public',
      rateLimit: 60,
      params: certificateStateParamsSchema,
      query: certificateStateQuerySchema,
      responses: { 200: certificateStateSchema },
      handle: async ({ params, query }) => ({
        body: await certificates.state(params.certificateNo, query.minutes),
      }),
    }),
  ]
}
