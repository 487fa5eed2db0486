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
    organisation: z.uuid().optional().describe('For organisers: the organisation that they act for'),
    payee: z.int().positive().optional().describe('For merchants: their number'),
    programme: z.int().positive().optional().describe("For programme owners: the programme's number"),
  })
  .refine(
    ({ role, agency, verifier, organisation, payee, programme }) =>
      (agency !== undefined) === (role === 'officer') &&
      (verifier !== undefined) === (role === 'verifier') &&
      (organisation !== undefined) === (role === 'organiser') &&
      (payee !== undefined) === (role === 'merchant') &&
      (programme !== undefined) === (role === 'programme'),
    'an account names what its role acts for and nothing else; an operator acts for the city and names nothing',
  )

export const accountParamsSchema = z.object({ id: z.uuid() })

const accountSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  role: roleSchema,
  agency: z.string().nullable(),
  verifier: z.string().nullable(),
  organisation: z.string().nullable(),
  payee: z.int().nullable(),
  programme: z.int().nullable(),
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
