import { type Route, route } from '../http/route.ts'
import {
  agencyParamsSchema,
  authorizationServerMetadataSchema,
  createdOfferSchema,
  credentialOfferSchema,
  credentialRequestSchema,
  credentialResponseSchema,
  issuerMetadataSchema,
  nonceResponseSchema,
  offerBodySchema,
  offerParamsSchema,
  offerReferenceSchema,
  offerViewSchema,
  tokenRequestSchema,
  tokenResponseSchema,
} from './schema.ts'
import type { Issuance } from './service.ts'

const TAG = 'Issuance'
/** Metadata changes only when an agency is accredited or the catalogue grows. */
const CACHEABLE = { 'Cache-Control': 'public, max-age=300' }
const PROTOCOL = { tag: 'OpenID4VCI', access: 'public', errors: 'oauth' } as const

export function issuanceRoutes(issuance: Issuance): Route[] {
  return [...offerRoutes(issuance), ...metadataRoutes(issuance), ...protocolRoutes(issuance)]
}

function offerRoutes({ offers }: Issuance): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/offers',
      tag: TAG,
      summary: 'Offer a credential to a resident',
      access: ['officer'],
      body: offerBodySchema,
      rateLimit: 3000,
      responses: { 201: createdOfferSchema },
      handle: async ({ principal, body }) => ({ status: 201, body: await offers.create(principal, body) }),
    }),
    route({
      method: 'get',
      path: '/api/offers/{id}',
      tag: TAG,
      summary: 'How far an offer has come',
      access: ['officer'],
      params: offerParamsSchema,
      rateLimit: 3000,
      responses: { 200: offerViewSchema },
      handle: async ({ principal, params }) => ({ body: await offers.view(principal, params.id) }),
    }),
    route({
      method: 'get',
      path: '/issuers/{agency}/offers/{id}',
      tag: 'OpenID4VCI',
      summary: 'Credential offer by reference, while it is open (section 4.1.3)',
      access: 'public',
      params: offerReferenceSchema,
      responses: { 200: credentialOfferSchema },
      handle: async ({ params }) => ({ body: await offers.byReference(params.agency, params.id) }),
    }),
  ]
}

function metadataRoutes(issuance: Issuance): Route[] {
  const issuer = 'openid-credential-issuer'
  const server = 'oauth-authorization-server'
  // The well-known part stands before the issuer's path (section 12.2.2, RFC 8414 section 3.1); some wallets
  // still put it after, as OpenID Connect did.
  const paths = (name: string) => [
    `/.well-known/${name}/issuers/{agency}`,
    `/issuers/{agency}/.well-known/${name}`,
  ]
  return [
    ...paths(issuer).map((path, index) =>
      route({
        method: 'get',
        path,
        tag: 'OpenID4VCI',
        summary: 'Credential issuer metadata',
        access: 'public',
        hidden: index > 0,
        params: agencyParamsSchema,
        responses: { 200: issuerMetadataSchema },
        handle: async ({ params }) => ({
          headers: CACHEABLE,
          body: await issuance.issuerMetadata(params.agency),
        }),
      }),
    ),
    ...paths(server).map((path, index) =>
      route({
        method: 'get',
        path,
        tag: 'OpenID4VCI',
        summary: 'Authorization server metadata',
        access: 'public',
        hidden: index > 0,
        params: agencyParamsSchema,
        responses: { 200: authorizationServerMetadataSchema },
        handle: async ({ params }) => ({
          headers: CACHEABLE,
          body: await issuance.authorizationServerMetadata(params.agency),
        }),
      }),
    ),
  ]
}

function protocolRoutes(issuance: Issuance): Route[] {
  return [
    route({
      ...PROTOCOL,
      method: 'post',
      path: '/issuers/{agency}/token',
      summary:
        'Token endpoint: pre-authorized code and transaction code, bound by DPoP (section 6, RFC 9449)',
      params: agencyParamsSchema,
      body: tokenRequestSchema,
      bodyType: 'form',
      bodyLimit: 10_000,
      rateLimit: 120,
      responses: { 200: tokenResponseSchema },
      handle: async ({ params, body, request }) => {
        const { dpop, authorization } = headersOf(request)
        return {
          headers: NOT_STORED,
          body: await issuance.token(params.agency, { form: body, dpop, authorization }),
        }
      },
    }),
    route({
      ...PROTOCOL,
      method: 'post',
      path: '/issuers/{agency}/nonce',
      summary: 'Nonce endpoint (section 7)',
      params: agencyParamsSchema,
      responses: { 200: nonceResponseSchema },
      handle: async ({ params }) => ({ headers: NOT_STORED, body: await issuance.nonce(params.agency) }),
    }),
    route({
      ...PROTOCOL,
      method: 'post',
      path: '/issuers/{agency}/credential',
      summary: 'Credential endpoint: up to ten copies, each for a key of its own (section 8)',
      params: agencyParamsSchema,
      body: credentialRequestSchema,
      bodyLimit: 65_536,
      rateLimit: 120,
      responses: { 200: credentialResponseSchema },
      handle: async ({ params, body, request }) => {
        const { dpop, authorization } = headersOf(request)
        return {
          headers: NOT_STORED,
          body: await issuance.credential(params.agency, { authorization, dpop, body }),
        }
      },
    }),
  ]
}

const NOT_STORED = { 'Cache-Control': 'no-store' }

/** A header given twice comes joined by a comma, which no proof and no token contains. */
function headersOf({ headers }: { headers: Record<string, string | string[] | undefined> }) {
  const { dpop, authorization } = headers
  return {
    dpop: Array.isArray(dpop) ? dpop.join() : dpop,
    authorization: Array.isArray(authorization) ? authorization.join() : authorization,
  }
}
