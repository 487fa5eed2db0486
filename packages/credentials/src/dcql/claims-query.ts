import { type ClaimPath, selectClaims } from '../sd-jwt-vc/claim-path.ts'

/** One claim that is asked for (OpenID4VP 1.0 section 6.3). */
export type AskedClaim = {
  id?: string | undefined
  path: ClaimPath
  values?: ReadonlyArray<string | number | boolean> | undefined
}

/** What of a credential query both sides judge by: the wallet before it answers, the verifier afterwards. */
export type AskedCredential = {
  trusted_authorities?: ReadonlyArray<{ type: string; values: readonly string[] }> | undefined
  claims?: readonly AskedClaim[] | undefined
  claim_sets?: ReadonlyArray<readonly string[]> | undefined
}

/** One claim as it was found, with its concrete path. */
export type FoundClaim = { path: Array<string | number>; value: unknown }

/** In the verifier's order of preference. Without claim sets all claims are asked for; without claims, none. */
export function claimSetsOf({ claims = [], claim_sets: sets }: AskedCredential): AskedClaim[][] {
  return sets
    ? sets.map((ids) => claims.filter(({ id }) => id !== undefined && ids.includes(id)))
    : [[...claims]]
}

/**
 * The values that answer one claims query, each with type and value exactly as asked (section 6.3).
 * `absent`: there is no such claim; `differs`: there is, with another value.
 */
export function findClaim(
  claims: unknown,
  { path, values }: AskedClaim,
): FoundClaim[] | 'absent' | 'differs' {
  const found = selectClaims(claims, path)
  if (found.length === 0) return 'absent'
  const matching = values ? found.filter(({ value }) => values.some((wanted) => wanted === value)) : found
  return matching.length === 0 ? 'differs' : matching
}

/**
 * Whether a credential comes from an authority that the query accepts (section 6.1.1): one condition is enough. Only
 * `aki` can be told from the credential alone, so any other type matches nothing.
 * @param authorityKeyIds those of the certificates in the credential, base64url
 */
export function isFromTrustedAuthority(
  { trusted_authorities: authorities }: AskedCredential,
  authorityKeyIds: readonly string[],
): boolean {
  if (!authorities) return true
  return authorities.some(
    ({ type, values }) => type === 'aki' && values.some((value) => authorityKeyIds.includes(value)),
  )
}
