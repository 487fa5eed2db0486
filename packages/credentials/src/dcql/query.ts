import { z } from 'zod'
import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'
import { checkReferences } from './references.ts'

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

/** Only what can be checked in the credential itself may be asked for. The value is 20 bytes in most certificates. */
const authoritySchema = z.object({
  type: z.literal('aki', 'the type of a trusted authority has to be aki'),
  values: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'a key identifier is written in base64url'))
    .min(1)
    .max(100),
})

const credentialQuerySchema = z.object({
  id: identifier,
  format: z.literal('dc+sd-jwt', 'the format has to be dc+sd-jwt'),
  multiple: z.literal(false, 'one credential is taken per query').optional(),
  meta: z.object({ vct_values: z.array(z.string().min(1).max(1024)).min(1).max(20) }),
  trusted_authorities: z.array(authoritySchema).min(1).max(10).optional(),
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
  .superRefine((query, context) => {
    checkReferences(query, context)
    for (const [i, { claims = [], claim_sets: sets }] of query.credentials.entries()) {
      const at = ['credentials', i, 'claims']
      // Section 6.1: no claim may be pointed to twice.
      if (new Set(claims.map(({ path }) => JSON.stringify(path))).size !== claims.length)
        context.addIssue({ code: 'custom', path: at, message: 'a claim is asked for twice' })
      if (sets && claims.some(({ id }) => id !== undefined && !sets.flat().includes(id)))
        context.addIssue({ code: 'custom', path: at, message: 'a claim is in no claim set' })
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
