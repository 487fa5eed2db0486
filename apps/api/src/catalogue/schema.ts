import { z } from 'zod'

export const localizedSchema = z.object({ ko: z.string(), en: z.string() }).meta({ id: 'Localized' })

export const credentialTypeListSchema = z.array(
  z.object({
    id: z.string(),
    vct: z.url().describe('Names the type in a credential; its metadata is served there'),
    name: localizedSchema,
    description: localizedSchema,
    card: z.object({ background: z.string(), text: z.string() }),
    claims: z.array(z.object({ path: z.array(z.string()), name: localizedSchema })),
    signIn: z.boolean().describe('Whether a citizen gets it by signing in, without an offer'),
    approval: z.literal('officer').optional().describe('An officer looks at each application first'),
  }),
)

export const templateListSchema = z.array(
  z.object({
    id: z.string(),
    name: localizedSchema,
    purpose: localizedSchema,
    params: z.record(z.string(), z.object({ kind: z.string() })).optional(),
  }),
)

export const districtListSchema = z.array(
  z.object({
    code: z.string(),
    name: localizedSchema,
    neighbourhoods: z.array(z.object({ code: z.string(), name: localizedSchema })),
  }),
)

export const typeParamsSchema = z.object({ id: z.string().max(100) })
