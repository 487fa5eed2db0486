import { type DcqlCredential, DcqlQuery } from 'dcql'
import type { JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import type { ClaimPath } from '../sd-jwt-vc/claim-path.ts'

/** A credential in the wallet, with all its claims. `id` is the wallet's own. */
export type HeldCredential = { id: string; vct: string; claims: JsonObject }

/** One held credential that answers a query, and exactly the claims it has to disclose for it. */
export type DcqlCandidate = { credential: string; paths: ClaimPath[] }

export type DcqlQueryMatch = {
  /** Id of the credential query. */
  query: string
  /** Types that the query accepts. */
  vctValues: string[]
  candidates: DcqlCandidate[]
  /** Why there is no candidate: none of the type is held, or none has the claims with the values asked for. */
  lacking?: 'type' | 'claims'
}

export type DcqlMatch = {
  satisfiable: boolean
  queries: DcqlQueryMatch[]
  /** Ids of the queries to answer: all, or of each required set the first option that can be answered. */
  answer: string[]
}

/**
 * What of the wallet answers a verifier's DCQL query (OpenID4VP 1.0 section 6). Throws `invalid_query` when the query
 * cannot be understood.
 */
export function matchDcql(query: unknown, held: readonly HeldCredential[]): DcqlMatch {
  const parsed = parse(query)
  const result = DcqlQuery.query(parsed, held.map(toDcqlCredential))
  const queries = parsed.credentials.map((credentialQuery): DcqlQueryMatch => {
    const match = result.credential_matches[credentialQuery.id]
    const vctValues = vctValuesOf(credentialQuery)
    const asked = (credentialQuery.claims ?? []).map((claim) => ('path' in claim ? claim.path : []))
    const candidates = (match?.valid_credentials ?? []).flatMap((valid): DcqlCandidate[] => {
      const credential = held[valid.input_credential_index]
      const indexes = valid.claims.valid_claim_sets[0]?.valid_claim_indexes ?? []
      return credential
        ? [{ credential: credential.id, paths: indexes.flatMap((i) => [asked[i] ?? []]) }]
        : []
    })
    if (candidates.length > 0) return { query: credentialQuery.id, vctValues, candidates }
    const lacking = held.some(({ vct }) => vctValues.includes(vct)) ? 'claims' : 'type'
    return { query: credentialQuery.id, vctValues, candidates, lacking }
  })
  const can = (id: string): boolean =>
    queries.some(({ query, candidates }) => query === id && candidates.length > 0)
  const sets = parsed.credential_sets
  if (!sets) {
    const answer = queries.map(({ query }) => query)
    return { satisfiable: answer.every(can), queries, answer }
  }
  const chosen = sets
    .filter(({ required }) => required)
    .map(({ options }) => options.find((ids) => ids.every(can)))
  return {
    satisfiable: chosen.every((option) => option !== undefined),
    queries,
    answer: [...new Set(chosen.flatMap((option) => option ?? []))],
  }
}

function parse(query: unknown): DcqlQuery.Output {
  try {
    // The library checks what it is given; its input type only helps those who write a query by hand.
    const parsed = DcqlQuery.parse(query as DcqlQuery.Input)
    DcqlQuery.validate(parsed)
    return parsed
  } catch (cause) {
    throw new CredentialError('invalid_query', 'The request cannot be understood.', { cause })
  }
}

function toDcqlCredential({ vct, claims }: HeldCredential): DcqlCredential {
  return {
    credential_format: 'dc+sd-jwt',
    vct,
    // Claims came out of JSON.
    claims: claims as Extract<DcqlCredential, { vct: string }>['claims'],
    cryptographic_holder_binding: true,
  }
}

function vctValuesOf({ meta }: DcqlQuery.Output['credentials'][number]): string[] {
  return meta && 'vct_values' in meta ? (meta.vct_values ?? []) : []
}
