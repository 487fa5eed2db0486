import {
  type ClaimPath,
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

/** What `matchDcql` checked already, read again for what it does not give back (OpenID4VP 1.0 sections 6.1 to 6.4). */
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
  credential_sets: z
    .array(z.looseObject({ options: z.array(z.array(z.string())), required: z.boolean().default(true) }))
    .optional(),
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
  const queries = matches(dcqlQuery, valid).map((match): MatchedQuery => {
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

  const groups: QueryGroup[] =
    asked.credential_sets?.map(({ required, options }) => ({ required, options })) ??
    queries.map(({ id }) => ({ required: true, options: [[id]] }))
  const firstOf = new Map(
    queries.flatMap(({ id, candidates: [first] }) => (first ? [[id, first.credentialId]] : [])),
  )
  const choice: Choice = {}
  let satisfiable = true
  for (const { required, options } of groups) {
    if (!required) continue
    const option = options.find((ids) => ids.every((id) => firstOf.has(id)))
    satisfiable &&= option !== undefined
    for (const id of option ?? []) choice[id] = firstOf.get(id) ?? ''
  }
  return { queries, groups, satisfiable, choice }
}

function parseQuery(dcqlQuery: unknown): z.infer<typeof querySchema> {
  try {
    return querySchema.parse(dcqlQuery)
  } catch (error) {
    throw asHolderError(error, 'request_malformed')
  }
}

function matches(dcqlQuery: unknown, credentials: StoredCredential[]): DcqlQueryMatch[] {
  const held = credentials.map(({ id, vct, copies: [copy] }) => ({
    id,
    vct,
    claims: copy ? parseSdJwt(copy.credential).claims : {},
  }))
  try {
    return matchDcql(dcqlQuery, held).queries
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
  const lapsedId = matches(dcqlQuery, expired).find((other) => other.query === match.query)?.candidates[0]
    ?.credential
  const lapsed = expired.find(({ id }) => id === lapsedId)
  if (lapsed) return { reason: 'expired', name: lapsed.display.name, expiresAt: lapsed.expiresAt ?? now }

  const held = credentials.find(
    ({ vct, id }) => match.vctValues.includes(vct) && !expired.some((old) => old.id === id),
  )
  if (!held) return { reason: 'no_such_credential', vcts: match.vctValues }
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
