import {
  authorityKeyIdsOf,
  type ClaimPath,
  type DcqlMatch,
  type DcqlQueryMatch,
  matchDcql,
  onSameBranch,
  parseSdJwt,
  selectClaims,
} from '@pass/credentials'
import { z } from 'zod'
import { asHolderError } from './error.ts'
import { labelFor, shownClaims } from './shown-claims.ts'
import type {
  Candidate,
  Choice,
  ClaimLabel,
  Missing,
  QueryGroup,
  QueryPreview,
  StoredCredential,
} from './types.ts'

/** As a preview shows it, with the claims that each candidate would have to disclose. */
export type MatchedQuery = Omit<QueryPreview, 'candidates'> & { candidates: MatchedCandidate[] }
export type MatchedCandidate = Candidate & { paths: ClaimPath[] }

export type RequestMatch = {
  queries: MatchedQuery[]
  groups: QueryGroup[]
  satisfiable: boolean
  choice: Choice
}

/** What `matchDcql` checked already, read again for what it does not give back (OpenID4VP 1.0 section 6.1). */
const querySchema = z.looseObject({
  credentials: z.array(
    z.looseObject({
      id: z.string(),
      format: z.string(),
      claims: z
        .array(
          z.looseObject({
            path: z.array(z.union([z.string(), z.number(), z.null()])),
            values: z.array(z.unknown()).optional(),
          }),
        )
        .optional(),
    }),
  ),
})
type AskedCredential = z.infer<typeof querySchema>['credentials'][number]

/**
 * Finds which stored credentials answer a request, and what each would show.
 *
 * @param now milliseconds since 1970
 * @throws HolderError `request_malformed` when the query cannot be understood
 */
export function matchRequest(dcqlQuery: unknown, credentials: StoredCredential[], now: number): RequestMatch {
  const asked = parseQuery(dcqlQuery)
  const valid = credentials.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  const { queries: matched, sets, satisfiable } = matches(dcqlQuery, valid)
  const queries = matched.map((match): MatchedQuery => {
    const { query: id, vctValues: vcts } = match
    const candidates = match.candidates
      .flatMap(({ credential: id, paths }) => {
        const credential = valid.find((held) => held.id === id)
        return credential ? [candidateOf(credential, paths)] : []
      })
      .sort((a, b) => (b.expiresAt ?? Number.POSITIVE_INFINITY) - (a.expiresAt ?? Number.POSITIVE_INFINITY))
    if (candidates.length > 0) return { id, vcts, candidates }
    const query = asked.credentials.find((query) => query.id === id)
    return { id, vcts, candidates, missing: whyMissing(match, query, dcqlQuery, credentials, now) }
  })

  const groups = sets.map(
    ({ required, options }): QueryGroup => ({ required, options: options.map((option) => option.queries) }),
  )
  return { queries, groups, satisfiable, choice: firstChoice(groups, queries) }
}

/** Of each required group the first option that can be answered, and of each query in it the first candidate. */
export function firstChoice(
  groups: QueryGroup[],
  queries: Pick<QueryPreview, 'id' | 'candidates'>[],
): Choice {
  const firstOf = new Map(
    queries.flatMap(({ id, candidates: [first] }) => (first ? [[id, first.credentialId]] : [])),
  )
  const choice: Choice = {}
  for (const { required, options } of groups) {
    const option = required ? options.find((ids) => ids.every((id) => firstOf.has(id))) : undefined
    for (const id of option ?? []) choice[id] = firstOf.get(id) ?? ''
  }
  return choice
}

function parseQuery(dcqlQuery: unknown): z.infer<typeof querySchema> {
  try {
    return querySchema.parse(dcqlQuery)
  } catch (error) {
    throw asHolderError(error, 'request_malformed')
  }
}

function matches(dcqlQuery: unknown, credentials: StoredCredential[]): DcqlMatch {
  const held = credentials.flatMap(({ id, vct, copies: [copy] }) => {
    if (!copy) return []
    const { claims, header } = parseSdJwt(copy.credential)
    return [{ id, vct, claims, authorityKeyIds: authorityKeyIdsOf(header['x5c']) }]
  })
  try {
    return matchDcql(dcqlQuery, held)
  } catch (error) {
    throw asHolderError(error, 'request_malformed')
  }
}

/** What the verifier will see, found as the verifier will find it: from the disclosures that would go out. */
function candidateOf(credential: StoredCredential, paths: ClaimPath[]): MatchedCandidate {
  const { id: credentialId, display, issuer, expiresAt, claims, copies } = credential
  const { jwt, disclosures } = parseSdJwt(copies[0]?.credential ?? '')
  const shown = disclosures.filter((disclosure) => paths.some((path) => onSameBranch(path, disclosure.path)))
  const visible = parseSdJwt(`${[jwt, ...shown.map(({ encoded }) => encoded)].join('~')}~`).claims
  return {
    credentialId,
    display,
    issuer,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    claims: shownClaims(visible, claims),
    paths,
  }
}

function whyMissing(
  match: DcqlQueryMatch,
  query: AskedCredential | undefined,
  dcqlQuery: unknown,
  credentials: StoredCredential[],
  now: number,
): Missing {
  if (query?.format !== 'dc+sd-jwt') return { reason: 'format_unsupported' }
  const expired = credentials.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now)
  const lapsedId = matches(dcqlQuery, expired).queries.find((other) => other.query === match.query)
    ?.candidates[0]?.credential
  const lapsed = expired.find(({ id }) => id === lapsedId)
  if (lapsed) return { reason: 'expired', name: lapsed.display.name, expiresAt: lapsed.expiresAt ?? now }

  const held = credentials.find(
    ({ vct, id }) => match.vctValues.includes(vct) && !expired.some((old) => old.id === id),
  )
  if (!held) return { reason: 'no_such_credential', vcts: match.vctValues }
  if (match.lacking === 'authority') return { reason: 'issuer_not_accepted', name: held.display.name }
  const { claims } = parseSdJwt(held.copies[0]?.credential ?? '')
  const labelled = ({ path }: { path: (string | number | null)[] }): ClaimLabel => ({
    path,
    label: labelFor(path, held.claims),
  })
  const absent = (query.claims ?? []).filter(({ path }) => selectClaims(claims, path).length === 0)
  if (absent.length > 0) {
    return { reason: 'claim_absent', name: held.display.name, claims: absent.map(labelled) }
  }
  const differing = (query.claims ?? []).filter(
    ({ path, values }) => values && !selectClaims(claims, path).some(({ value }) => values.includes(value)),
  )
  return { reason: 'value_differs', name: held.display.name, claims: differing.map(labelled) }
}
