import { localizedSchema } from '@pass/credentials'
import { z } from 'zod'
import { checkResultSchema, REFUSALS } from './codes.ts'

/** What a verifier posts: a template of the city with its parameters, or a DCQL query of its own. */
export const createVerificationSchema = z
  .strictObject({
    template: z.string().max(64).optional(),
    params: z.record(z.string().max(64), z.string().max(200)).optional(),
    dcql: z.record(z.string(), z.unknown()).optional(),
    purpose: z.union([z.string().trim().min(1).max(200), localizedSchema]).optional(),
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

export const verificationIdSchema = z.object({ id: z.uuid() })

export const VERIFICATION_STATES = ['created', 'fetched', 'accepted', 'refused', 'expired'] as const

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

export const walletErrorSchema = z.object({
  error: z.string(),
  error_description: z.string(),
  code: z.enum(REFUSALS).optional(),
})
