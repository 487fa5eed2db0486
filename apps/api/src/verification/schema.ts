import { localizedSchema } from '@pass/credentials'
import { z } from 'zod'
import { checkResultSchema, REFUSALS } from './codes.ts'
import { CLIENT_ID_PREFIXES } from './verifier-identity.ts'

/** What a verifier posts: a template of the city with its parameters, or a DCQL query of its own. */
export const createVerificationSchema = z
  .strictObject({
    template: z.string().max(64).optional(),
    params: z.record(z.string().max(64), z.string().max(200)).optional(),
    dcql: z.record(z.string(), z.unknown()).optional(),
    purpose: z.union([z.string().trim().min(1).max(200), localizedSchema]).optional(),
    transactionData: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .max(5)
      .optional()
      .describe('What the citizen confirms: a type of the city, credential_ids, and the fields of the type'),
    redirectUri: z
      .url()
      .max(1000)
      .optional()
      .describe('Same device: where the browser comes back to, with #response_code=…'),
    channel: z.enum(['redirect', 'dc_api']).optional(),
    origins: z
      .array(z.string().max(300))
      .min(1)
      .max(5)
      .optional()
      .describe('Digital Credentials API: the origins of the pages that ask'),
    clientIdPrefix: z
      .enum(CLIENT_ID_PREFIXES)
      .optional()
      .describe('Another than x509_hash only outside of HAIP'),
  })
  .refine(
    ({ template, dcql }) => (template === undefined) !== (dcql === undefined),
    'give either template or dcql',
  )
  .refine(
    ({ params, template }) => params === undefined || template !== undefined,
    'params belong to a template',
  )
  .refine(
    ({ channel, origins }) => (channel === 'dc_api') === (origins !== undefined),
    'origins belong to the channel dc_api, which needs them',
  )
  .refine(
    ({ channel, redirectUri }) => channel !== 'dc_api' || redirectUri === undefined,
    'over dc_api the answer comes to the page that asked: there is no redirectUri',
  )
  .refine(
    ({ purpose, dcql }) => purpose === undefined || dcql !== undefined,
    'a template brings its own purpose',
  )

export type CreateVerification = z.output<typeof createVerificationSchema>

export const createdVerificationSchema = z.object({
  id: z.uuid(),
  requestUri: z.string(),
  walletLink: z.string(),
  expiresAt: z.iso.datetime(),
})

export const createdForBrowserSchema = z.object({
  id: z.uuid(),
  expiresAt: z.iso.datetime(),
  digitalCredentialRequest: z
    .object({ protocol: z.literal('openid4vp-v1-signed'), data: z.object({ request: z.string() }) })
    .describe('One entry of `digital.requests` for navigator.credentials.get'),
})

export const verificationIdSchema = z.object({ id: z.uuid() })

export const VERIFICATION_STATES = [
  'created',
  'fetched',
  'answered',
  'accepted',
  'refused',
  'expired',
] as const

const summary = {
  id: z.uuid(),
  template: z.string().nullable(),
  state: z.enum(VERIFICATION_STATES),
  refusal: z.enum(REFUSALS).nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().nullable(),
}

export const verificationSchema = z.object({
  ...summary,
  checks: z.array(checkResultSchema),
  claims: z.record(z.string(), z.record(z.string(), z.unknown())).nullable(),
  claimsDropped: z.boolean(),
  transactions: z
    .array(z.object({ type: z.string(), text: localizedSchema }))
    .describe('What was asked to be confirmed; it was, when the state is accepted'),
})

export type VerificationView = z.output<typeof verificationSchema>

export const verificationListSchema = z.object({ items: z.array(z.object(summary)) })
export type VerificationSummary = z.output<typeof verificationListSchema>['items'][number]

/** What a wallet may send with a POST for the request object (OpenID4VP 1.0 section 5.10). */
export const requestObjectBodySchema = z
  .object({
    wallet_nonce: z.string().min(1).max(512).optional(),
    wallet_metadata: z.string().max(20_000).optional(),
  })
  .optional()

/** The wallet's answer: encrypted, or an error when it could not or would not answer (section 8.3, 8.5). */
export const walletResponseSchema = z.object({
  response: z.string().max(150_000).optional(),
  error: z.string().max(100).optional(),
  state: z.string().max(100).optional(),
})

export const walletAnswerSchema = z.object({ redirect_uri: z.string().optional() })

/** What the browser brought back to the verifier's own page (section 13.3). */
export const returnSchema = z.strictObject({ response_code: z.string().min(1).max(200) })

/** What `navigator.credentials.get` gave, and the origin of the page that asked (appendix A.4). */
export const browserAnswerSchema = z.union([
  z.strictObject({ origin: z.string().max(300), response: z.string().max(150_000) }),
  z.strictObject({ origin: z.string().max(300), error: z.string().max(100) }),
])
export type BrowserAnswer = z.output<typeof browserAnswerSchema>

export const walletErrorSchema = z.object({
  error: z.string(),
  error_description: z.string(),
  code: z.enum(REFUSALS).optional(),
  redirect_uri: z.string().optional(),
})
