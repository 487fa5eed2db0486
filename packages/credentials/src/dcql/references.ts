import type { z } from 'zod'

type Referring = {
  credentials: ReadonlyArray<{
    id: string
    claims?: ReadonlyArray<{ id?: string | undefined }> | undefined
    claim_sets?: ReadonlyArray<readonly string[]> | undefined
  }>
  credential_sets?: ReadonlyArray<{ options: ReadonlyArray<readonly string[]> }> | undefined
}

/** The rules by which the parts of a DCQL query refer to each other (OpenID4VP 1.0 sections 6.1 to 6.3). */
export function checkReferences(
  { credentials, credential_sets: sets }: Referring,
  context: z.RefinementCtx,
): void {
  const complain = (path: PropertyKey[], message: string) =>
    context.addIssue({ code: 'custom', path, message })
  const ids = new Set(credentials.map(({ id }) => id))
  if (ids.size !== credentials.length) complain(['credentials'], 'two queries have the same id')
  for (const [i, { claims, claim_sets: claimSets }] of credentials.entries()) {
    const claimIds = (claims ?? []).flatMap(({ id }) => id ?? [])
    if (new Set(claimIds).size !== claimIds.length)
      complain(['credentials', i, 'claims'], 'two claims have the same id')
    if (!claimSets) continue
    if (!claims) complain(['credentials', i, 'claim_sets'], 'there are claim sets and no claims')
    else if (claimIds.length !== claims.length)
      complain(['credentials', i, 'claims'], 'with claim sets each claim needs an id')
    if (claimSets.flat().some((id) => !claimIds.includes(id)))
      complain(['credentials', i, 'claim_sets'], 'a claim set names an unknown claim')
  }
  if (sets?.some(({ options }) => options.flat().some((id) => !ids.has(id))))
    complain(['credential_sets'], 'a credential set names an unknown query')
}
