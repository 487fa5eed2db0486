import { z } from 'zod'
import { localizedSchema } from '../types/localized.ts'

/** What a field may hold: a text in both languages, an amount in won, or a verifier's own reference. */
export const FIELD_KINDS = ['text', 'won', 'reference'] as const
export type FieldKind = (typeof FIELD_KINDS)[number]

const fieldName = z.string().regex(/^[a-z][a-z_]{0,30}$/, 'a field has lower-case letters and underscores')
const OWN_MEMBERS = ['type', 'credential_ids', 'transaction_data_hashes_alg']
const PLACEHOLDER = /\{([a-z_]+)\}/g

/**
 * A kind of transaction that a citizen can confirm with a card (OpenID4VP 1.0 section 8.4), as the city declares it. In
 * `sentence`, "{field}" stands for the value of a field: what the citizen reads before confirming.
 */
export const transactionTypeSchema = z
  .strictObject({
    /** Its name in requests; collision-resistant, so in the form of a reversed domain. */
    id: z.string().regex(/^[a-z0-9]+(\.[a-z0-9-]+)+$/, 'an id is a reversed domain name'),
    name: localizedSchema,
    sentence: localizedSchema,
    /** All of them are required. */
    fields: z.record(fieldName, z.enum(FIELD_KINDS)),
  })
  .superRefine(({ sentence, fields }, context) => {
    for (const name of Object.keys(fields))
      if (OWN_MEMBERS.includes(name))
        context.addIssue({ code: 'custom', path: ['fields', name], message: 'this name is taken' })
    for (const [language, text] of Object.entries(sentence))
      for (const name of placeholdersIn(text))
        if (!Object.hasOwn(fields, name))
          context.addIssue({
            code: 'custom',
            path: ['sentence', language],
            message: `there is no field ${name}`,
          })
  })

export type TransactionType = z.output<typeof transactionTypeSchema>

export const placeholdersIn = (sentence: string): string[] =>
  [...sentence.matchAll(PLACEHOLDER)].map(([, name = '']) => name)

export const fillPlaceholders = (sentence: string, wordsFor: (field: string) => string): string =>
  sentence.replaceAll(PLACEHOLDER, (_, name: string) => wordsFor(name))
