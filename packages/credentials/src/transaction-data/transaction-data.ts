import { z } from 'zod'
import { decodeBase64urlText, encodeBase64urlText } from '../encoding/base64url.ts'
import { parseStrictObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import { describeIssues } from '../types/credential-type.ts'
import { type Localized, localizedSchema } from '../types/localized.ts'
import { type FieldKind, fillPlaceholders, type TransactionType } from './transaction-type.ts'

/** Longest entry of `transaction_data` that is read, in characters. */
const MAX_LENGTH = 8_192

/** One transaction that a request asks to have confirmed. */
export type TransactionData = {
  type: string
  /** Queries of which exactly one has to carry it (section 5.1). */
  credentialIds: string[]
  /** What the citizen confirms, in words. */
  text: Localized
  /** The values of the type's fields. */
  fields: Record<string, Localized | number | string>
}

const VALUE: Record<FieldKind, z.ZodType<Localized | number | string>> = {
  text: z.intersection(
    localizedSchema,
    z.object({ ko: z.string().max(300), en: z.string().max(300) }),
  ) as z.ZodType<Localized>,
  won: z.int().min(1).max(1_000_000_000_000),
  reference: z.string().regex(/^[\w.:/-]{1,100}$/, 'a reference has letters, digits and . _ : / -'),
}

/** Any other member is refused: a citizen must not confirm what no screen shows (section 8.5). */
function schemaOf({ fields }: TransactionType) {
  return z.strictObject({
    type: z.string(),
    credential_ids: z.array(z.string().min(1)).min(1).max(10),
    transaction_data_hashes_alg: z
      .array(z.string())
      .refine((names) => names.includes('sha-256'), 'sha-256 has to be among the hashes')
      .optional(),
    ...Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, VALUE[kind]])),
  })
}

/**
 * Writes one entry of a request's `transaction_data`: base64url of JSON.
 * @param queries ids of the request's credential queries
 * @throws CredentialError `invalid_transaction_data` for a type that is not declared and for fields that do not fit it
 */
export function encodeTransactionData(
  content: Readonly<Record<string, unknown>>,
  types: readonly TransactionType[],
  queries: readonly string[],
): string {
  const encoded = encodeBase64urlText(
    JSON.stringify({ ...content, transaction_data_hashes_alg: ['sha-256'] }),
  )
  readTransactionData(encoded, types, queries)
  return encoded
}

/**
 * Reads one entry of a request's `transaction_data` by the type that it names.
 * @param queries ids of the request's credential queries
 * @throws CredentialError `invalid_transaction_data`, as section 8.5 lists the reasons
 */
export function readTransactionData(
  encoded: unknown,
  types: readonly TransactionType[],
  queries: readonly string[],
): TransactionData {
  if (typeof encoded !== 'string' || encoded.length > MAX_LENGTH)
    throw invalid('An entry is no text, or too long.')
  const content = decode(encoded)
  const type = types.find(({ id }) => id === content['type'])
  if (!type) throw invalid('The type is not known.')
  const parsed = schemaOf(type).safeParse(content)
  if (!parsed.success) throw invalid(describeIssues(type.id, parsed.error))
  const { type: _, credential_ids: credentialIds, transaction_data_hashes_alg: __, ...rest } = parsed.data
  const unknown = credentialIds.find((id) => !queries.includes(id))
  if (unknown !== undefined) throw invalid('credential_ids names a credential that is not asked for.')
  const fields = rest as TransactionData['fields']
  const say = (language: 'ko' | 'en') =>
    fillPlaceholders(type.sentence[language], (name) => wordsFor(fields[name], language))
  return { type: type.id, credentialIds, text: { ko: say('ko'), en: say('en') }, fields }
}

function decode(encoded: string): Record<string, unknown> {
  try {
    return parseStrictObject(decodeBase64urlText(encoded))
  } catch (cause) {
    throw new CredentialError('invalid_transaction_data', 'An entry cannot be read.', { cause })
  }
}

function wordsFor(value: Localized | number | string | undefined, language: 'ko' | 'en'): string {
  if (typeof value === 'object') return value[language]
  return typeof value === 'number' ? value.toLocaleString(language) : (value ?? '')
}

const invalid = (message: string): CredentialError => new CredentialError('invalid_transaction_data', message)
