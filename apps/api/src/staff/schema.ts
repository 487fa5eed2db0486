import { z } from 'zod'
import { ROLES } from '../access/principal.ts'

/** A one-time token of 32 random bytes. */
const tokenSchema = z.string().regex(/^[\w-]{43}$/, 'is no token of ours')

const base64url = z
  .string()
  .max(20_000)
  .regex(/^[\w-]*$/)

export const linkBodySchema = z.object({ token: tokenSchema })

/** What an authenticator's two kinds of answer have in common. */
const authenticatorAnswer = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional().catch(undefined),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
}

/** RegistrationResponseJSON (Web Authentication Level 3, section 5.1). */
export const enrolBodySchema = z.object({
  token: tokenSchema,
  response: z.object({
    ...authenticatorAnswer,
    response: z.object({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z.array(z.string().max(32)).max(10).optional(),
    }),
  }),
})

/** AuthenticationResponseJSON (Web Authentication Level 3, section 5.1). */
export const passkeyBodySchema = z.object({
  response: z.object({
    ...authenticatorAnswer,
    response: z.object({
      clientDataJSON: base64url,
      authenticatorData: base64url,
      signature: base64url,
      userHandle: base64url.optional(),
    }),
  }),
})

export const roleSchema = z.enum(ROLES)
const namedSchema = z.object({ id: z.string(), name: z.object({ ko: z.string(), en: z.string() }) })
const localSchema = z
  .boolean()
  .describe('Whether links may sign in by themselves: the city runs on localhost')

export const sessionSchema = z
  .object({
    name: z.string(),
    role: roleSchema,
    agency: namedSchema.nullable(),
    verifier: namedSchema.nullable(),
    organisation: namedSchema.nullable(),
    payee: namedSchema.nullable(),
    programme: namedSchema.nullable(),
    local: localSchema,
  })
  .meta({ id: 'Session' })

/** PublicKeyCredentialCreationOptionsJSON or …RequestOptionsJSON, as the browser takes it. */
export const optionsSchema = z.record(z.string(), z.unknown())

export const enrolOptionsSchema = z.object({
  options: optionsSchema,
  name: z.string().describe('The member of staff whom the link is for'),
  role: roleSchema,
  local: localSchema,
})
