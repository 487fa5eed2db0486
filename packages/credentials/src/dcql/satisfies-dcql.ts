import { isJsonObject, type JsonObject } from '../encoding/strict-json.ts'
import { CredentialError } from '../error.ts'
import type { ClaimPath } from '../sd-jwt-vc/claim-path.ts'
import {
  type AskedClaim,
  claimSetsOf,
  type FoundClaim,
  findClaim,
  isFromTrustedAuthority,
} from './claims-query.ts'
import type { DcqlCredentialQuery, DcqlQuery } from './query.ts'

/** What one presentation disclosed. `authorityKeyIds`: those of its verified certificates, base64url. */
export type DisclosedCredential = {
  vct: string
  claims: JsonObject
  authorityKeyIds?: readonly string[]
}

/**
 * Checks that one presentation answers its credential query (OpenID4VP 1.0 section 6.4) and gives back the claims
 * that were asked for and nothing else: a wallet that shows more does not make the verifier learn more.
 * Throws `wrong_type`, `authority_mismatch`, `missing_disclosure`, `claim_mismatch`.
 */
export function satisfyCredentialQuery(
  query: DcqlCredentialQuery,
  { vct, claims, authorityKeyIds = [] }: DisclosedCredential,
): JsonObject {
  if (!query.meta.vct_values.includes(vct)) {
    throw new CredentialError('wrong_type', 'A credential of another type was shown.')
  }
  if (!isFromTrustedAuthority(query, authorityKeyIds)) {
    throw new CredentialError('authority_mismatch', 'The credential comes from another authority.')
  }
  let firstRefusal: unknown
  for (const set of claimSetsOf(query)) {
    try {
      return askedClaims(set, claims)
    } catch (error) {
      firstRefusal ??= error
    }
  }
  throw firstRefusal
}

/**
 * Which of the query's credentials have to be there: throws `missing_disclosure` when the ids presented leave the query
 * or one of its required sets unanswered (section 6.4.2), `malformed_response` for an id that was not asked for.
 */
export function assertQueriesAnswered(query: DcqlQuery, presented: readonly string[]): void {
  const unknown = presented.find((id) => !query.credentials.some((credential) => credential.id === id))
  if (unknown !== undefined)
    throw new CredentialError('malformed_response', 'The answer holds a credential not asked for.')
  const has = (id: string): boolean => presented.includes(id)
  const answered = query.credential_sets
    ? query.credential_sets.every(
        ({ options, required = true }) => !required || options.some((ids) => ids.every(has)),
      )
    : query.credentials.every(({ id }) => has(id))
  if (!answered)
    throw new CredentialError('missing_disclosure', 'A credential that was asked for is missing.')
}

function askedClaims(asked: readonly AskedClaim[], claims: JsonObject): JsonObject {
  const picked: FoundClaim[] = []
  for (const claim of asked) {
    const found = findClaim(claims, claim)
    if (found === 'absent')
      throw new CredentialError('missing_disclosure', `${describe(claim.path)} was not shown.`)
    if (found === 'differs')
      throw new CredentialError('claim_mismatch', `${describe(claim.path)} is not what was asked for.`)
    picked.push(...found)
  }
  const result: JsonObject = {}
  for (const { path, value } of picked) put(result, path, value)
  return result
}

/** Array elements are put in the order found: their numbers would say how many others there are. */
function put(target: JsonObject, path: ReadonlyArray<string | number>, value: unknown): void {
  const [name, ...rest] = path
  if (typeof name !== 'string') return
  if (rest.length === 0) {
    target[name] = value
  } else if (typeof rest[0] === 'string') {
    const group = target[name]
    const inner: JsonObject = isJsonObject(group) ? group : {}
    target[name] = inner
    put(inner, rest, value)
  } else {
    const list = target[name]
    target[name] = [
      ...(Array.isArray(list) ? list : []),
      rest.length === 1 ? value : nest(rest.slice(1), value),
    ]
  }
}

function nest(path: ReadonlyArray<string | number>, value: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, step) => (typeof step === 'string' ? { [step]: inner } : [inner]),
    value,
  )
}

const describe = (path: ClaimPath): string => `The claim ${path.map((step) => step ?? '*').join('.')}`
