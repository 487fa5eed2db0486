import { z } from 'zod'
import { CredentialError } from '../error.ts'
import { contrastRatio } from './contrast.ts'
import { localizedSchema } from './localized.ts'

const color = z.string().regex(/^#[0-9a-f]{6}$/i, 'a colour is written as #rrggbb')
const memberName = z
  .string()
  .regex(/^[a-z0-9_]+$/, 'a claim name has lower-case letters, digits and underscores only')
  .refine((name) => !RESERVED.has(name), 'this claim name belongs to the protocol')
const sourcePath = z.array(z.string().min(1)).min(1, 'a source names at least one member of the register')

const RESERVED = new Set([
  'iss',
  'sub',
  'aud',
  'vct',
  'iat',
  'nbf',
  'exp',
  'cnf',
  'status',
  '_sd',
  '_sd_alg',
  'jti',
])

/** How a claim follows from the register when it is not simply copied. */
const deriveSchema = z.discriminatedUnion(
  'kind',
  [
    /** Whether the person whose birth date the source holds has reached that age (만 나이). */
    z.strictObject({ kind: z.literal('ageAtLeast'), years: z.int().min(1).max(150) }),
    /** Whether the number that the source holds is at least that. */
    z.strictObject({ kind: z.literal('numberAtLeast'), value: z.int().min(0) }),
  ],
  { error: 'a claim can be derived by "ageAtLeast" (with years) or "numberAtLeast" (with value)' },
)

const claimSchema = z.strictObject({
  /** Where the claim stands in the credential: one name, or two for a member of a group. */
  path: z.array(memberName).min(1).max(2, 'a claim stands at the top or in one group'),
  name: localizedSchema,
  /** Where its value stands in the register's record. */
  source: sourcePath,
  derive: deriveSchema.optional(),
  disclosable: z.literal(true, 'every personal claim has to be selectively disclosable'),
})

/** What a subject's record must hold: something at the path, or a number of at least so much. */
const requirementSchema = z.union(
  [sourcePath, z.strictObject({ path: sourcePath, atLeast: z.number() })],
  'a requirement is a path into the register, or {"path", "atLeast"}',
)

/** A credential type: one file of the city's catalogue. */
export const credentialTypeSchema = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'an id has lower-case letters, digits and hyphens'),
    name: localizedSchema,
    description: localizedSchema,
    validity: z.strictObject({ days: z.int().min(1).max(3650) }),
    card: z
      .strictObject({ background: color, text: color })
      .refine(({ background, text }) => contrastRatio(background, text) >= 4.5, {
        error: 'the text on the card needs a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3)',
      }),
    requires: z.array(requirementSchema).default([]),
    /** Who says yes when a citizen asks for it by signing in; absent, the register alone does. */
    approval: z
      .literal('officer', 'a type is approved by an "officer", or the member is left out')
      .optional(),
    claims: z.array(claimSchema).min(1, 'a type has at least one claim'),
  })
  .superRefine(({ claims }, context) => {
    const seen = new Set<string>()
    const groups = new Set(claims.filter(({ path }) => path.length > 1).map(({ path }) => path[0]))
    for (const [i, { path }] of claims.entries()) {
      const key = path.join('.')
      if (seen.has(key))
        context.addIssue({
          code: 'custom',
          path: ['claims', i, 'path'],
          message: 'this claim is listed twice',
        })
      if (path.length === 1 && groups.has(path[0])) {
        context.addIssue({
          code: 'custom',
          path: ['claims', i, 'path'],
          message: 'this name is a group already',
        })
      }
      seen.add(key)
    }
  })

export type CredentialType = z.infer<typeof credentialTypeSchema>

/** Reads a file of the catalogue. Throws `invalid_type` with one sentence per fault, each naming its place. */
export function parseCredentialType(content: unknown, fileName = 'credential type'): CredentialType {
  const parsed = credentialTypeSchema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new CredentialError('invalid_type', describeIssues(fileName, parsed.error))
}

/** `file: place: what is wrong`, one line per fault. */
export function describeIssues(fileName: string, error: z.ZodError): string {
  return error.issues
    .map(
      ({ path, message }) =>
        `${fileName}: ${path.length === 0 ? '' : `${path.map(String).join('.')}: `}${message}`,
    )
    .join('\n')
}
