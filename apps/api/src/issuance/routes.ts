import type { Request } from 'express'
import { type Route, route } from '../http/route.ts'
import {
  applicationParamsSchema,
  applicationsPageSchema,
  applicationsQuerySchema,
  decisionSchema,
  refusalSchema,
} from './application-schema.ts'
import type { CredentialRequest } from './credential.ts'
import {
  agencyParamsSchema,
  createdOfferSchema,
  credentialOfferSchema,
  credentialRequestSchema,
  credentialResponseSchema,
  deferredRequestSchema,
  deferredResponseSchema,
  issuerMetadataSchema,
  nonceResponseSchema,
  notificationSchema,
  offerBodySchema,
  offerParamsSchema,
  offerReferenceSchema,
  offerViewSchema,
} from './schema.ts'
import type { Issuance } from './service.ts'
import { SIGNED } from './signed-metadata.ts'

const TAG = 'Issuance'
/** Metadata changes only when an agency is accredited or the catalogue grows. */
const CACHEABLE = { 'Cache-Control': 'public, max-age=300', Vary: 'Accept' }
const PROTOCOL = { tag: 'OpenID4VCI', access: 'public', errors: 'oauth' } as const

export function issuanceRoutes(issuance: Issuance): Route[] {
  return [
    ...offerRoutes(issuance),
    ...applicationRoutes(issuance),
    ...metadataRoutes(issuance),
    ...protocolRoutes(issuance),
  ]
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

function applicationRoutes({ applications }: Issuance): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/applications',
      tag: TAG,
      summary: 'What citizens applied for at the agency, waiting ones first',
      access: ['officer'],
      query: applicationsQuerySchema,
      responses: { 200: applicationsPageSchema },
      handle: async ({ principal, query }) => ({ body: await applications.list(principal, query) }),
    }),
    route({
      method: 'post',
      path: '/api/applications/{id}/approve',
      tag: TAG,
      summary: 'Approve an application: the wallet gets the credential when it asks next',
      access: ['officer'],
      params: applicationParamsSchema,
      responses: { 200: decisionSchema },
      handle: async ({ principal, params }) => ({ body: await applications.approve(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/applications/{id}/refuse',
      tag: TAG,
      summary: 'Refuse an application, with a reason that the person reads',
      access: ['officer'],
      params: applicationParamsSchema,
      body: refusalSchema,
      responses: { 200: decisionSchema },
      handle: async ({ principal, params, body }) => ({
        body: await applications.refuse(principal, params.id, body.reason),
      }),
    }),
  ]
}

function metadataRoutes(issuance: Issuance): Route[] {
  const name = 'openid-credential-issuer'
  // The well-known part stands before the issuer's path (section 12.2.2); some wallets still put it after, as
  // OpenID Connect did.
  const paths = [`/.well-known/${name}/issuers/{agency}`, `/issuers/{agency}/.well-known/${name}`]
  return paths.map((path, index) =>
    route({
      method: 'get',
      path,
      tag: 'OpenID4VCI',
      summary: 'Credential issuer metadata, signed when asked for as application/jwt (section 12.2)',
      access: 'public',
      hidden: index > 0,
      params: agencyParamsSchema,
      responses: { 200: issuerMetadataSchema },
      handle: async ({ params, request }) => {
        const signed =
          request.accepts(['application/json', SIGNED]) === SIGNED
            ? await issuance.signedIssuerMetadata(params.agency)
            : undefined
        if (signed !== undefined) return { headers: { ...CACHEABLE, 'Content-Type': SIGNED }, body: signed }
        return { headers: CACHEABLE, body: await issuance.issuerMetadata(params.agency) }
      },
    }),
  )
}

function protocolRoutes(issuance: Issuance): Route[] {
  return [
    route({
      ...PROTOCOL,
      method: 'post',
      path: '/issuers/{agency}/nonce',
      summary: 'Nonce endpoint (section 7)',
      params: agencyParamsSchema,
      responses: { 200: nonceResponseSchema },
      handle: async ({ params }) => issuance.nonce(params.agency),
    }),
    route({
      ...PROTOCOL,
      ...MESSAGE,
      method: 'post',
      path: '/issuers/{agency}/credential',
      summary: 'Credential endpoint: up to ten copies, each for a key of its own (section 8)',
      params: agencyParamsSchema,
      body: credentialRequestSchema,
      responses: { 200: credentialResponseSchema, 202: deferredResponseSchema },
      handle: async ({ params, request }) => issuance.credential(params.agency, requestIn(request)),
    }),
    route({
      ...PROTOCOL,
      ...MESSAGE,
      method: 'post',
      path: '/issuers/{agency}/deferred-credential',
      summary: 'Deferred credential endpoint: asks for what an officer had to approve first (section 9)',
      params: agencyParamsSchema,
      body: deferredRequestSchema,
      responses: { 200: credentialResponseSchema, 202: deferredResponseSchema },
      handle: async ({ params, request }) => issuance.deferredCredential(params.agency, requestIn(request)),
    }),
    route({
      ...PROTOCOL,
      ...MESSAGE,
      bodyLimit: 10_000,
      method: 'post',
      path: '/issuers/{agency}/notification',
      summary: 'Notification endpoint: what became of the copies in the wallet (section 11)',
      params: agencyParamsSchema,
      body: notificationSchema,
      responses: { 204: { mediaType: 'application/json', description: 'Noted' } },
      handle: async ({ params, request }) => issuance.notification(params.agency, requestIn(request)),
    }),
  ]
}

/** Ten proofs that each carry their attestation, encrypted. */
const MESSAGE = { bodyType: 'message', bodyLimit: 98_304, rateLimit: 120 } as const

function requestIn({ headers, body }: Request): CredentialRequest {
  return {
    authorization: single(headers.authorization),
    dpop: single(headers['dpop']),
    contentType: headers['content-type'],
    bytes: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}

/** A header given twice comes joined by a comma, which no proof and no token contains. */
const single = (header: string | string[] | undefined) => (Array.isArray(header) ? header.join() : header)
