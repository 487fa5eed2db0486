import { z } from 'zod'
import { roleSchema } from './schema.ts'

const placeSchema = z.string().min(1).max(63)

/** Whom an account is for: an officer acts for one agency, a verifier for one verifier, an operator for the city. */
export const accountBodySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    role: roleSchema,
    agency: placeSchema.optional().describe('For officers: the agency that they act for'),
    verifier: placeSchema.optional().describe('For verifiers: the verifier that they act for'),
  })
  .refine(
    ({ role, agency, verifier }) =>
      (agency !== undefined) === (role === 'officer') && (verifier !== undefined) === (role === 'verifier'),
    'an officer has an agency, a verifier has a verifier, an operator has neither',
  )

export const accountParamsSchema = z.object({ id: z.uuid() })

const accountSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  role: roleSchema,
  agency: z.string().nullable(),
  verifier: z.string().nullable(),
  createdAt: z.iso.datetime(),
})

export const staffListSchema = z.array(accountSchema.extend({ disabled: z.boolean() }))
export const apiKeyListSchema = z.array(accountSchema)

export const createdStaffSchema = z.object({
  id: z.uuid(),
  link: z.url().describe('Enrols a passkey once; hand it over in person'),
  expiresAt: z.iso.datetime(),
})

export const createdApiKeySchema = z.object({
  id: z.uuid(),
  key: z.string().describe('Shown this once: only its hash is kept'),
})

export type AccountBody = z.output<typeof accountBodySchema>
