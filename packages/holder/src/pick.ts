import { HolderError } from './error.ts'
import { type MatchedCandidate, matchRequest } from './match.ts'
import type { Choice, StoredCopy, StoredCredential, VerifiedRequest } from './types.ts'

/** What answers one query: a credential, and the copy of it that is shown. */
export type Picked = {
  queryId: string
  candidate: MatchedCandidate
  credential: StoredCredential
  copy: StoredCopy
}

/**
 * Finds the chosen credentials again in what is stored now, and a copy of each.
 *
 * @param now milliseconds since 1970
 * @throws HolderError `nothing_matches`, `choice_invalid`, `not_found`
 */
export function pick(
  request: VerifiedRequest,
  choice: Choice,
  credentials: StoredCredential[],
  now: number,
): Picked[] {
  const { queries, groups, satisfiable } = matchRequest(request.dcqlQuery, credentials, now)
  if (!satisfiable) throw new HolderError('nothing_matches', 'no stored credential answers the request')
  const answered = (option: string[]) => option.every((id) => choice[id] !== undefined)
  if (groups.some(({ required, options }) => required && !options.some(answered))) {
    throw new HolderError('choice_invalid', 'the choice leaves a requirement open')
  }
  // An answer to part of an option would show something that answers nothing.
  const wanted = new Set(groups.flatMap(({ options }) => options.filter(answered)).flat())
  const uses = new Map<string, number>()
  const picked = Object.entries(choice).map(([queryId, credentialId]): Picked => {
    const query = queries.find(({ id }) => id === queryId)
    const candidate = query?.candidates.find((candidate) => candidate.credentialId === credentialId)
    const credential = credentials.find(({ id }) => id === credentialId)
    if (!candidate || !credential || !wanted.has(queryId))
      throw new HolderError('choice_invalid', `${queryId} cannot be answered with that`)
    const copy = freshestCopy(credential.copies, uses)
    return { queryId, candidate, credential, copy }
  })
  if (picked.length === 0) throw new HolderError('choice_invalid', 'nothing was chosen')
  return picked
}

/** A copy never shown before, if there is one; of several, one with its receipt. */
function freshestCopy(copies: StoredCopy[], uses: Map<string, number>): StoredCopy {
  const usesOf = (copy: StoredCopy) => copy.used + (uses.get(copy.keyId) ?? 0)
  const [copy] = copies.toSorted(
    (a, b) => usesOf(a) - usesOf(b) || Number(b.receipt !== undefined) - Number(a.receipt !== undefined),
  )
  if (!copy) throw new HolderError('not_found', 'the credential has no copies')
  uses.set(copy.keyId, (uses.get(copy.keyId) ?? 0) + 1)
  return copy
}
