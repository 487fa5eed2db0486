import { type Route, route } from '../http/route.ts'
import {
  credentialTypeListSchema,
  districtListSchema,
  templateListSchema,
  typeParamsSchema,
} from './schema.ts'
import type { Catalogue } from './service.ts'

/** Changes with a deployment only; five minutes keep a wallet from asking for it with every card. */
const CACHED = { 'Cache-Control': 'public, max-age=300' }

export function catalogueRoutes(catalogue: Catalogue): Route[] {
  return [
    route({
      method: 'get',
      path: '/credential-types/{id}',
      tag: 'Catalogue',
      summary: 'Type metadata of a credential type (SD-JWT VC, section 6): its vct',
      access: 'public',
      params: typeParamsSchema,
      responses: { 200: { mediaType: 'application/json', description: 'SD-JWT VC type metadata' } },
      handle: ({ params }) => ({
        headers: { ...CACHED, 'Content-Type': 'application/json; charset=utf-8' },
        body: catalogue.metadata(params.id),
      }),
    }),
    route({
      method: 'get',
      path: '/api/credential-types',
      tag: 'Catalogue',
      summary: 'The credential types of the city',
      access: 'public',
      responses: { 200: credentialTypeListSchema },
      handle: () => ({ headers: CACHED, body: catalogue.types() }),
    }),
    route({
      method: 'get',
      path: '/api/templates',
      tag: 'Catalogue',
      summary: 'What a verifier may ask for with a registered purpose',
      access: 'public',
      responses: { 200: templateListSchema },
      handle: () => ({ headers: CACHED, body: catalogue.templates() }),
    }),
    route({
      method: 'get',
      path: '/api/districts',
      tag: 'Catalogue',
      summary: 'Districts and neighbourhoods with their administrative codes',
      access: 'public',
      responses: { 200: districtListSchema },
      handle: () => ({ headers: CACHED, body: catalogue.districts() }),
    }),
  ]
}
