import { z } from 'zod'
import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'
import { checkReferences } from './references.ts'

/** More than any honest question needs; what costs a wallet time is bounded here. */
const MANY = 100

const identifier = z.string().regex(/^[A-Za-z0-9_-]+$/, 'an id has letters, digits, hyphens and underscores')

const credentialSchema = z
  .object({
    id: identifier,
    format: z.string().min(1),
    multiple: z.boolean().optional(),
    meta: z.record(z.string(), z.unknown()),
    trusted_authorities: z
      .array(z.object({ type: z.string(), values: z.array(z.string()).min(1).max(1000) }))
      .min(1)
      .max(MANY)
      .optional(),
    require_cryptographic_holder_binding: z.boolean().optional(),
    claims: z
      .array(
        z.object({
          id: identifier.optional(),
          path: z
            .array(z.union([z.string(), z.int().min(0), z.null()]))
            .min(1)
            .max(MANY),
          values: z
            .array(z.union([z.string(), z.int(), z.boolean()]))
            .min(1)
            .max(1000)
            .optional(),
        }),
      )
      .min(1)
      .max(MANY)
      .optional(),
    claim_sets: z.array(z.array(identifier).min(1).max(MANY)).min(1).max(MANY).optional(),
  })
  .transform((query, context) => {
    if (query.format !== 'dc+sd-jwt') return { ...query, vctValues: [] }
    // Appendix B.3.5: for an SD-JWT VC the types are required.
    const types = z.array(z.string().min(1)).min(1).max(MANY).safeParse(query.meta['vct_values'])
    if (!types.success)
      context.addIssue({ code: 'custom', path: ['meta'], message: 'there are no vct_values' })
    return { ...query, vctValues: types.data ?? [] }
  })

const querySchema = z
  .object({
    credentials: z.array(credentialSchema).min(1).max(MANY),
    credential_sets: z
      .array(
        z.object({
          options: z.array(z.array(identifier).min(1).max(MANY)).min(1).max(MANY),
          required: z.boolean().default(true),
        }),
      )
      .min(1)
      .max(MANY)
      .optional(),
  })
  .superRefine(checkReferences)

/** A DCQL query as a stranger asks it (OpenID4VP 1.0 section 6): any format, unknown members left out. */
export type AskedQuery = z.output<typeof querySchema>

/** Reads a stranger's query. Throws `invalid_query`. */
export function parseAskedQuery(query: unknown): AskedQuery {
  const parsed = querySchema.safeParse(query)
  if (parsed.success) return parsed.data
  throw new CredentialError('invalid_query', describeIssues('dcql', parsed.error))
}
