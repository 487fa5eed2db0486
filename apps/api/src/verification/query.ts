import { buildDcql, CredentialError, type DcqlQuery, type Localized, parseDcqlQuery } from '@pass/credentials'
import { DcqlQuery as DcqlLibrary } from 'dcql'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { CreateVerification } from './schema.ts'
import type { RegisteredPurpose } from './verifier-identity.ts'

/** What is asked, and how an answer will be judged. */
export type AskedQuery = {
  template: string | null
  dcql: DcqlQuery
  purpose: Localized | null
  /** What a presentation without a receipt means. */
  anchorPolicy: 'accept' | 'refuse'
}

/** Where the metadata of a credential type lies: its `vct`. */
export const vctOf = (publicUrl: string, typeId: string): string => `${publicUrl}/credential-types/${typeId}`

const MAX_REMEMBERED = 500

/**
 * Turns verifiers' requests into DCQL queries. A template with the same parameters gives the same query, which is
 * remembered: one desk asks one thing all day.
 * The result throws Problem `unknown_template`, or `bad_request` with what does not fit.
 */
export function createQueries({
  city,
  config,
}: Pick<Context, 'city' | 'config'>): (body: CreateVerification) => AskedQuery {
  const remembered = new Map<string, AskedQuery>()
  const districts = city.districts.map(({ code }) => code)

  function templateQuery(id: string, params: Record<string, string>): AskedQuery {
    const key = JSON.stringify([id, params])
    const known = remembered.get(key)
    if (known) return known
    const template = city.templates.get(id)
    if (!template) throw new Problem('unknown_template', 'There is no template of this name.')
    const vct = (typeId: string) => vctOf(config.publicUrl, typeId)
    const dcql = buildDcql(template, params, vct, { district: districts })
    const query = { template: id, dcql, purpose: template.purpose, anchorPolicy: template.anchor }
    if (remembered.size < MAX_REMEMBERED) remembered.set(key, query)
    return query
  }

  return (body) => {
    try {
      return body.template === undefined ? freeQuery(body) : templateQuery(body.template, body.params ?? {})
    } catch (error) {
      if (error instanceof CredentialError) throw new Problem('bad_request', error.message)
      throw error
    }
  }
}

function freeQuery({ dcql, purpose }: CreateVerification): AskedQuery {
  const query = parseDcqlQuery(dcql)
  try {
    // The library that wallets are built on has to understand it too.
    DcqlLibrary.validate(DcqlLibrary.parse(query as DcqlLibrary.Input))
  } catch (cause) {
    throw new CredentialError('invalid_query', 'Wallets cannot understand this query.', { cause })
  }
  return {
    template: null,
    dcql: query,
    purpose: typeof purpose === 'string' ? { ko: purpose, en: purpose } : (purpose ?? null),
    anchorPolicy: 'accept',
  }
}

/** What the city vouches for when a template is used: its purpose, and the claims that purpose needs. */
export function registeredPurpose(purpose: Localized, { credentials }: DcqlQuery): RegisteredPurpose {
  const byType = new Map<string, RegisteredPurpose['credentials'][number]>()
  for (const { meta, claims = [] } of credentials)
    for (const vct of meta.vct_values) {
      const entry = byType.get(vct) ?? { vct, claims: [] }
      entry.claims.push(...claims.map(({ path }) => path))
      byType.set(vct, entry)
    }
  return { purpose, credentials: [...byType.values()] }
}
