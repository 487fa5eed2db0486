import type { PendingIssuance } from '@pass/holder'

/**
 * Sign-ins that were broken off and that a newer one for the same cards takes the place of: who goes back and begins
 * again is not asked about each of them.
 *
 * @param begunId the newer one
 * @returns their ids
 */
export function earlierSignIns(pending: PendingIssuance[], begunId: string): string[] {
  const begun = pending.find(({ id }) => id === begunId)
  if (!begun) return []
  return pending
    .filter((one) => one.id !== begunId && one.state === 'signing_in' && cardsOf(one) === cardsOf(begun))
    .map(({ id }) => id)
}

function cardsOf({ issuer, configurations }: PendingIssuance): string {
  return JSON.stringify([issuer.id, configurations.map(({ id }) => id).sort()])
}
