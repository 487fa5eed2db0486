import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'
import { type DcqlQuery, dcqlQuerySchema } from './query.ts'
import type { VerificationTemplate } from './template.ts'

/** Values that a parameter of each kind may take; absent: any that looks like a code. */
export type AllowedParams = { district?: readonly string[] }

const CODE = /^[0-9A-Za-z-]{1,20}$/

/**
 * The query of a template for given parameters. `vctOf` gives the address of a credential type by its id.
 * Throws `invalid_parameter` for a missing, unknown or malformed parameter, `invalid_template` when the template's
 * query is not sound.
 */
export function buildDcql(
  template: VerificationTemplate,
  params: Readonly<Record<string, unknown>>,
  vctOf: (typeId: string) => string,
  allowed: AllowedParams = {},
): DcqlQuery {
  for (const name of Object.keys(params)) {
    if (!Object.hasOwn(template.params, name)) {
      throw new CredentialError(
        'invalid_parameter',
        `The template "${template.id}" has no parameter "${name}".`,
      )
    }
  }
  const values = new Map<string, string>()
  for (const [name, { kind }] of Object.entries(template.params)) {
    const value = Object.hasOwn(params, name) ? params[name] : undefined
    if (typeof value !== 'string' || !CODE.test(value) || allowed[kind]?.includes(value) === false) {
      throw new CredentialError(
        'invalid_parameter',
        `The parameter "${name}" has to be the code of a ${kind}.`,
      )
    }
    values.set(name, value)
  }
  const fill = (text: string): string => {
    if (text.startsWith('$type:')) return vctOf(text.slice('$type:'.length))
    if (!text.startsWith('$param:')) return text
    const value = values.get(text.slice('$param:'.length))
    if (value !== undefined) return value
    throw new CredentialError('invalid_template', `${template.id}: ${text} is not among its parameters`)
  }
  const parsed = dcqlQuerySchema.safeParse(replaceTexts(template.dcql, fill))
  if (parsed.success) return parsed.data
  throw new CredentialError('invalid_template', describeIssues(template.id, parsed.error))
}

function replaceTexts(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((element) => replaceTexts(element, fill))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaceTexts(member, fill)]))
}
