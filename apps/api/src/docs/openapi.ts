import { z } from 'zod'
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import { STATUS_OF } from '../http/problem.ts'
import type { Route } from '../http/route.ts'

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(STATUS_OF) as [string, ...string[]]).describe('Stable; what a client acts on'),
    detail: z.string().describe('A sentence for people'),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457)' })

const oauthErrorSchema = z
  .object({ error: z.string(), error_description: z.string().optional() })
  .meta({ id: 'OAuthError', description: 'A refusal in the protocol’s own words (RFC 6749 section 5.2)' })

const BODY_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  raw: 'text/csv',
  message: 'application/json',
} as const

/** The OpenAPI 3.1 document of everything that is mounted, from the same descriptions. */
export function openApiDocument(routes: readonly Route[], publicUrl: string): Record<string, unknown> {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    if (route.hidden) continue
    const path = paths[route.path] ?? {}
    path[route.method] = operationOf(route)
    paths[route.path] = path
  }
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    info: {
      title: 'Incheon Pass',
      version: '1.0.0',
      description:
        'Credentials of the city, issued over OpenID4VCI 1.0 and presented over OpenID4VP 1.0. ' +
        'Machines send `Authorization: Bearer <API key>`.',
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key of an agency, a verifier or an operator',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'pass_session',
          description: 'Staff who signed in; writes also need the header X-Requested-With: pass',
        },
        wallet: {
          type: 'apiKey',
          in: 'header',
          name: 'DPoP',
          description: 'A DPoP proof (RFC 9449) by the key of the wallet',
        },
      },
    },
  }
  // A rule in code (a hash, a signature) has no form in JSON Schema; what it is a rule about is described beside it.
  const options = { allowEmptySchema: { custom: true, transform: true } } as const
  return createDocument(document, options) as unknown as Record<string, unknown>
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const isOAuth = route.errors === 'oauth'
  const refusal = {
    description: 'Refused',
    content: isOAuth
      ? { 'application/json': { schema: oauthErrorSchema } }
      : { 'application/problem+json': { schema: problemSchema } },
  }
  const responses = Object.fromEntries(
    Object.entries(route.responses).map(([status, answer]) => [status, responseOf(status, answer)]),
  )
  const roles = typeof route.access === 'string' ? undefined : route.access
  const isWallet = route.access === 'wallet' || route.access === 'wallet-key'
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(roles ? { description: `For the role ${roles.join(' or ')}.` } : {}),
    ...(isWallet ? { description: 'For a wallet, which proves its key with DPoP (RFC 9449).' } : {}),
    security: roles ? [{ apiKey: [] }, { session: [] }] : isWallet ? [{ wallet: [] }] : [],
    requestParams: {
      ...(isObject(route.params) ? { path: route.params } : {}),
      ...(isObject(route.query) ? { query: route.query } : {}),
    },
    ...(isObject(route.params) ? {} : undescribedParameters(route.path)),
    ...bodyOf(route),
    responses: { ...responses, default: refusal },
  } as ZodOpenApiOperationObject
}

function responseOf(status: string, answer: z.ZodType | { mediaType: string; description: string }) {
  if ('mediaType' in answer)
    return status === '204' || status === '304'
      ? { description: answer.description }
      : { description: answer.description, content: { [answer.mediaType]: { schema: z.string() } } }
  return { description: 'Done', content: { 'application/json': { schema: answer } } }
}

function bodyOf(route: Route) {
  const type = BODY_TYPES[route.bodyType ?? 'json']
  if (route.bodyType === 'raw')
    return {
      requestBody: { required: true, content: { [type]: { schema: { type: 'string', format: 'binary' } } } },
    }
  if (route.bodyType === 'message') {
    const encrypted = { schema: z.string().describe('The same, encrypted to the key in the issuer metadata') }
    const content = { [type]: { schema: route.body }, 'application/jwt': encrypted }
    return { requestBody: { required: true, content } }
  }
  return route.body ? { requestBody: { required: true, content: { [type]: { schema: route.body } } } } : {}
}

/** A route that reads its path without a schema still has the parameters that its template names. */
function undescribedParameters(path: string) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  if (names.length === 0) return {}
  return {
    parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
  }
}

function isObject(schema: z.ZodType | undefined): schema is z.ZodObject {
  return schema instanceof z.ZodObject
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter(Boolean)
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
