import { z } from 'zod'
import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'
import { localizedSchema } from '../types/localized.ts'

/**
 * A question a verifier may ask, as the city publishes it. In `dcql`, "$type:<id>" stands for the address of a
 * credential type and "$param:<name>" for a parameter of the request.
 */
export const verificationTemplateSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'an id has lower-case letters, digits and hyphens'),
  name: localizedSchema,
  /** Why it is asked, shown to the citizen. */
  purpose: localizedSchema,
  /** What a presentation without a receipt means. */
  anchor: z.enum(['accept', 'refuse'], 'anchor is "accept" or "refuse"'),
  params: z
    .record(
      z.string().regex(/^[a-z][A-Za-z0-9]*$/),
      z.strictObject({ kind: z.literal('district', 'a parameter is of kind "district"') }),
    )
    .default({}),
  /** Only these verifiers may ask it; absent: any of the city's. */
  verifiers: z.array(z.string()).min(1).optional(),
  dcql: z.record(z.string(), z.unknown()),
})

export type VerificationTemplate = z.infer<typeof verificationTemplateSchema>

/** Reads a template file. Throws `invalid_template` with one sentence per fault. */
export function parseVerificationTemplate(content: unknown, fileName = 'template'): VerificationTemplate {
  const parsed = verificationTemplateSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new CredentialError('invalid_template', describeIssues(fileName, parsed.error))
}
