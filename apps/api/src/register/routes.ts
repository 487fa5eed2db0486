import { type Route, route } from '../http/route.ts'
import {
  appliedSchema,
  previewSchema,
  residentDetailSchema,
  residentPageSchema,
  residentParamsSchema,
  residentQuerySchema,
} from './schema.ts'
import type { Register } from './service.ts'

const tag = 'Register'
const access = ['officer'] as const
const MAX_FILE_BYTES = 10_000_000

export function registerRoutes(register: Register): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/register/residents',
      tag,
      summary: 'Search the register by name, register number or district',
      access,
      query: residentQuerySchema,
      responses: { 200: residentPageSchema },
      handle: async ({ principal, query: { cursor, ...filter } }) => ({
        body: await register.search(principal, { ...filter, ...(cursor === undefined ? {} : { cursor }) }),
      }),
    }),
    route({
      method: 'get',
      path: '/api/register/residents/{id}',
      tag,
      summary: 'One resident, with what further offices know',
      access,
      params: residentParamsSchema,
      responses: { 200: residentDetailSchema },
      handle: async ({ principal, params }) => ({ body: await register.read(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/register/imports',
      tag,
      summary: 'Preview a CSV (UTF-8 or CP949): what it would change, and its errors by row and column',
      access,
      bodyType: 'raw',
      bodyLimit: MAX_FILE_BYTES,
      rateLimit: 30,
      responses: { 201: previewSchema },
      handle: async ({ principal, body }) => ({
        status: 201,
        body: await register.preview(principal, body as unknown as Uint8Array),
      }),
    }),
    route({
      method: 'post',
      path: '/api/register/imports/{id}/apply',
      tag,
      summary: 'Apply a preview: all of it, once',
      access,
      rateLimit: 30,
      params: residentParamsSchema,
      responses: { 200: appliedSchema },
      handle: async ({ principal, params }) => ({ body: await register.apply(principal, params.id) }),
    }),
  ]
}
