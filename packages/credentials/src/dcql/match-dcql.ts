import type { JsonObject } from '../encoding/strict-json.ts'
import type { ClaimPath } from '../sd-jwt-vc/claim-path.ts'
import { type AskedQuery, parseAskedQuery } from './asked-query.ts'
import { type AskedClaim, claimSetsOf, findClaim, isFromTrustedAuthority } from './claims-query.ts'

/** A credential in the wallet, with all its claims. `id` is the wallet's own. */
export type HeldCredential = {
  id: string
  vct: string
  claims: JsonObject
  /** Of the certificates in its header, base64url: see `authorityKeyIdsOf`. Absent: none. */
  authorityKeyIds?: readonly string[]
}

/** One held credential that answers a query, and exactly the claims it has to disclose for it. */
export type DcqlCandidate = { credential: string; paths: ClaimPath[] }

export type DcqlQueryMatch = {
  /** Id of the credential query. */
  query: string
  /** Types that the query accepts. */
  vctValues: string[]
  candidates: DcqlCandidate[]
  /**
   * Why there is no candidate: none of the type is held, none of those comes from an authority that is accepted, or
   * none of those has the claims with the values asked for.
   */
  lacking?: 'type' | 'authority' | 'claims'
}

/** One thing that is wanted: alternatives, each a list of query ids that go together. */
export type DcqlSetMatch = { required: boolean; options: { queries: string[]; satisfiable: boolean }[] }

export type DcqlMatch = {
  satisfiable: boolean
  queries: DcqlQueryMatch[]
  /** Without `credential_sets` each query is a required set of its own. */
  sets: DcqlSetMatch[]
  /** Ids of the queries to answer: all, or of each required set the first option that can be answered. */
  answer: string[]
}

/**
 * What of the wallet answers a verifier's DCQL query (OpenID4VP 1.0 section 6). Throws `invalid_query` when the query
 * cannot be understood.
 */
export function matchDcql(query: unknown, held: readonly HeldCredential[]): DcqlMatch {
  const { credentials, credential_sets: asked } = parseAskedQuery(query)
  const queries = credentials.map((credentialQuery) => matchCredentialQuery(credentialQuery, held))
  const answerable = new Set(
    queries.filter(({ candidates }) => candidates.length > 0).map(({ query }) => query),
  )
  const wanted = asked ?? credentials.map(({ id }) => ({ required: true, options: [[id]] }))
  const sets = wanted.map(({ required, options }) => ({
    required,
    options: options.map((ids) => ({ queries: ids, satisfiable: ids.every((id) => answerable.has(id)) })),
  }))
  const required = sets.filter((set) => set.required)
  const chosen = required.map(({ options }) => options.find(({ satisfiable }) => satisfiable)?.queries)
  return {
    satisfiable: chosen.every((option) => option !== undefined),
    queries,
    sets,
    answer: asked ? [...new Set(chosen.flatMap((option) => option ?? []))] : credentials.map(({ id }) => id),
  }
}

function matchCredentialQuery(
  query: AskedQuery['credentials'][number],
  held: readonly HeldCredential[],
): DcqlQueryMatch {
  const { id, vctValues } = query
  // Another format has no types here, so nothing is of its type.
  const ofType = held.filter(({ vct }) => vctValues.includes(vct))
  const trusted = ofType.filter(({ authorityKeyIds = [] }) => isFromTrustedAuthority(query, authorityKeyIds))
  const sets = claimSetsOf(query)
  const candidates = trusted.flatMap(({ id: credential, claims }): DcqlCandidate[] => {
    for (const set of sets) {
      const paths = pathsOf(set, claims)
      if (paths) return [{ credential, paths }]
    }
    return []
  })
  if (candidates.length > 0) return { query: id, vctValues, candidates }
  const lacking = ofType.length === 0 ? 'type' : trusted.length === 0 ? 'authority' : 'claims'
  return { query: id, vctValues, candidates, lacking }
}

/** What to disclose for one claim set; nothing when the credential does not have all of it (section 6.4.1). */
function pathsOf(asked: readonly AskedClaim[], claims: JsonObject): ClaimPath[] | undefined {
  const paths: ClaimPath[] = []
  for (const claim of asked) {
    const found = findClaim(claims, claim)
    if (typeof found === 'string') return undefined
    // Of several elements only those with a value asked for.
    if (claim.values) paths.push(...found.map(({ path }) => path))
    else paths.push(claim.path)
  }
  return paths
}
