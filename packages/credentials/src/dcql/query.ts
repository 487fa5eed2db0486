import { z } from 'zod'
import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'

const identifier = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id has letters, digits, hyphens and underscores')
/** Elements of an array are asked for by `null` alone: those not disclosed shift the numbers of the others. */
const claimPathSchema = z
  .array(
    z.union(
      [z.string().min(1).max(256), z.null()],
      'a path has names, and null for the elements of an array',
    ),
  )
  .min(1)
  .max(8)
const valueSchema = z.union([z.string().max(1024), z.int(), z.boolean()])

const claimsQuerySchema = z.object({
  id: identifier.optional(),
  path: claimPathSchema,
  values: z.array(valueSchema).min(1).max(100).optional(),
})

const credentialQuerySchema = z.object({
  id: identifier,
  format: z.literal('dc+sd-jwt', 'the format has to be dc+sd-jwt'),
  multiple: z.literal(false, 'one credential is taken per query').optional(),
  meta: z.object({ vct_values: z.array(z.string().min(1).max(1024)).min(1).max(20) }),
  require_cryptographic_holder_binding: z.literal(true, 'holder binding cannot be waived').optional(),
  claims: z.array(claimsQuerySchema).min(1).max(50).optional(),
  claim_sets: z.array(z.array(identifier).min(1).max(50)).min(1).max(20).optional(),
})

const credentialSetSchema = z.object({
  options: z.array(z.array(identifier).min(1).max(10)).min(1).max(10),
  required: z.boolean().optional(),
})

/** A DCQL query as our verifiers may ask it (OpenID4VP 1.0 section 6): SD-JWT VC only, bound to their holder. */
export const dcqlQuerySchema = z
  .object({
    credentials: z.array(credentialQuerySchema).min(1).max(10),
    credential_sets: z.array(credentialSetSchema).min(1).max(10).optional(),
  })
  .superRefine(({ credentials, credential_sets: sets }, context) => {
    const complain = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const ids = new Set(credentials.map(({ id }) => id))
    if (ids.size !== credentials.length) complain(['credentials'], 'two queries have the same id')
    for (const [i, { claims = [], claim_sets: claimSets }] of credentials.entries()) {
      const claimIds = claims.flatMap(({ id }) => id ?? [])
      if (new Set(claimIds).size !== claimIds.length)
        complain(['credentials', i, 'claims'], 'two claims have the same id')
      if (claimSets?.flat().some((id) => !claimIds.includes(id))) {
        complain(['credentials', i, 'claim_sets'], 'a claim set names an unknown claim')
      }
    }
    if (sets?.some(({ options }) => options.flat().some((id) => !ids.has(id)))) {
      complain(['credential_sets'], 'a credential set names an unknown query')
    }
  })

export type DcqlQuery = z.infer<typeof dcqlQuerySchema>
export type DcqlCredentialQuery = DcqlQuery['credentials'][number]
export type DcqlClaimsQuery = NonNullable<DcqlCredentialQuery['claims']>[number]

/** Reads a query. Throws `invalid_query` with one sentence per fault. */
export function parseDcqlQuery(query: unknown): DcqlQuery {
  const parsed = dcqlQuerySchema.safeParse(query)
  if (parsed.success) return parsed.data
  throw new CredentialError('invalid_query', describeIssues('dcql', parsed.error))
}
