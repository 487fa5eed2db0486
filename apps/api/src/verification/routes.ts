import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { malformed } from './refusals.ts'
import {
  browserAnswerSchema,
  createdForBrowserSchema,
  createdVerificationSchema,
  createVerificationSchema,
  requestObjectBodySchema,
  returnSchema,
  verificationIdSchema,
  verificationListSchema,
  verificationSchema,
  walletAnswerSchema,
  walletErrorSchema,
  walletResponseSchema,
} from './schema.ts'
import type { Verification } from './service.ts'

/** Larger than any answer our queries can get. */
const MAX_RESPONSE_BYTES = 200_000
/** Wallets behind one carrier's address all come from there. */
const WALLET_RATE = 1200

export function verificationRoutes(verification: Verification): Route[] {
  return [...verifierRoutes(verification), ...walletRoutes(verification)]
}

function verifierRoutes(verification: Verification): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/verifications',
      tag: 'Verification',
      summary: 'Ask for a presentation, by a template of the city or by a DCQL query',
      access: ['verifier'],
      rateLimit: 1200,
      body: createVerificationSchema,
      bodyLimit: 20_000,
      responses: { 201: z.union([createdVerificationSchema, createdForBrowserSchema]) },
      handle: async ({ principal, body }) => ({
        status: 201,
        body:
          body.channel === 'dc_api'
            ? await verification.createForBrowser(principal, body)
            : await verification.create(principal, body),
      }),
    }),
    route({
      method: 'get',
      path: '/api/verifications',
      tag: 'Verification',
      summary: 'The newest requests, without what was disclosed',
      access: ['verifier'],
      responses: { 200: verificationListSchema },
      handle: async ({ principal }) => ({ body: { items: await verification.list(principal) } }),
    }),
    route({
      method: 'get',
      path: '/api/verifications/{id}',
      tag: 'Verification',
      summary: 'Each check by itself, and once what was disclosed',
      access: ['verifier'],
      rateLimit: 2400,
      params: verificationIdSchema,
      responses: { 200: verificationSchema },
      handle: async ({ principal, params }) => ({ body: await verification.read(principal, params.id) }),
    }),
    route({
      method: 'post',
      path: '/api/verifications/{id}/return',
      tag: 'Verification',
      summary: 'Same device: the browser came back with its response code; the result',
      access: ['verifier'],
      rateLimit: 1200,
      params: verificationIdSchema,
      body: returnSchema,
      bodyLimit: 2_000,
      responses: { 200: verificationSchema },
      handle: async ({ principal, params, body }) => ({
        body: await verification.comeBack(principal, params.id, body.response_code),
      }),
    }),
    route({
      method: 'post',
      path: '/api/verifications/{id}/dc-api',
      tag: 'Verification',
      summary: 'Digital Credentials API: what the page got from the wallet in its browser; the result',
      access: ['verifier'],
      rateLimit: 1200,
      params: verificationIdSchema,
      body: browserAnswerSchema,
      bodyLimit: MAX_RESPONSE_BYTES,
      responses: { 200: verificationSchema },
      handle: async ({ principal, params, body }) => ({
        body: await verification.answerInBrowser(principal, params.id, body),
      }),
    }),
  ]
}

const REQUEST_OBJECT = 'application/oauth-authz-req+jwt'
const requestObjectResponses = {
  200: { mediaType: REQUEST_OBJECT, description: 'The signed request object (RFC 9101)' },
  400: walletErrorSchema,
}

function walletRoutes(verification: Verification): Route[] {
  const headers = { 'Content-Type': REQUEST_OBJECT }
  return [
    route({
      method: 'get',
      path: '/verifier/requests/{id}',
      tag: 'OpenID4VP',
      summary: 'The request object',
      access: 'public',
      errors: 'oauth',
      rateLimit: WALLET_RATE,
      params: verificationIdSchema,
      responses: requestObjectResponses,
      handle: async ({ params }) => ({ headers, body: await verification.requestObject(params.id) }),
    }),
    route({
      method: 'post',
      path: '/verifier/requests/{id}',
      tag: 'OpenID4VP',
      summary: "The request object, with the wallet's nonce in it",
      access: 'public',
      errors: 'oauth',
      rateLimit: WALLET_RATE,
      params: verificationIdSchema,
      body: requestObjectBodySchema,
      bodyType: 'form',
      bodyLimit: 30_000,
      responses: requestObjectResponses,
      handle: async ({ params, body }) => ({
        headers,
        body: await verification.requestObject(params.id, {
          walletNonce: body?.wallet_nonce,
          walletMetadata: body?.wallet_metadata,
        }),
      }),
    }),
    route({
      method: 'post',
      path: '/verifier/responses/{id}',
      tag: 'OpenID4VP',
      summary:
        "The wallet's encrypted answer (direct_post.jwt); with a DPoP proof where the request has dpop_jkt",
      access: 'public',
      errors: 'oauth',
      rateLimit: WALLET_RATE,
      params: verificationIdSchema,
      body: walletResponseSchema,
      bodyType: 'form',
      bodyLimit: MAX_RESPONSE_BYTES,
      responses: { 200: walletAnswerSchema, 400: walletErrorSchema },
      handle: async ({ params, body, request }) => {
        if (body.response !== undefined)
          return { body: await verification.answer(params.id, body.response, request.get('dpop')) }
        if (body.error !== undefined) return { body: await verification.decline(params.id, body.state) }
        throw malformed('The answer must be encrypted.')
      },
    }),
  ]
}
