import { z } from 'zod'

const localized = z.object({ ko: z.string().trim().min(1).max(100), en: z.string().trim().min(1).max(100) })

/** Becomes a path segment of the credential issuer identifier, so it is kept plain. */
const agencyId = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single hyphens')

export const accreditBodySchema = z.object({
  id: agencyId,
  name: localized,
  types: z.array(z.string().max(100)).min(1).max(50),
})

export const agencyParamsSchema = z.object({ id: agencyId })

export const rotateBodySchema = z
  .object({
    leaked: z.boolean().default(false).describe('The old key ends at once, in the DID document too'),
  })
  .default({ leaked: false })

export const agencySchema = z
  .object({
    id: z.string(),
    name: z.object({ ko: z.string(), en: z.string() }),
    did: z.string(),
    issuer: z.url().describe('Credential issuer identifier (OpenID4VCI 1.0)'),
    types: z.array(z.string()),
    suspended: z.boolean(),
  })
  .meta({ id: 'Agency' })

export const agencyKeySchema = z.object({ id: z.string(), didUrl: z.string(), validFrom: z.iso.datetime() })
