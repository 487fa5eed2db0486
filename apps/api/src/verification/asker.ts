import { createCountsOnce } from '../access/counts-once.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import { verifyDpop } from '../jose/dpop.ts'
import { askedElsewhere } from './refusals.ts'

const WALLET = 'wallet:'
const REMEMBER_MS = 10 * 60 * 1000

/** Who asked, when it was a citizen's wallet: named by the thumbprint of its key (RFC 7638). */
export const walletActor = (jkt: string): string => `${WALLET}${jkt}`

/** The thumbprint of the key that asked; nothing when staff or a machine did. */
export const keyOfActor = (actor: string): string | undefined =>
  actor.startsWith(WALLET) ? actor.slice(WALLET.length) : undefined

export type AskerProof = {
  /** The header `DPoP` of the answer. */
  header: string | undefined
  /** The address that the answer was sent to. */
  url: string
  /** Who asked. */
  actor: string
}

/**
 * What a wallet asked for itself, that wallet alone answers: with a DPoP proof (RFC 9449) of the key that asked. A card
 * that is shown says whose it is, and not for whom: somebody else's request, shown to a citizen as a QR, would connect
 * the citizen with that somebody's key.
 * The result throws OAuthError `asked_elsewhere`.
 */
export function createAskerProofs({ clock }: Pick<Context, 'clock'>): (proof: AskerProof) => void {
  const countsOnce = createCountsOnce({ keepMs: REMEMBER_MS })
  return ({ header, url, actor }) => {
    const now = clock().getTime()
    const { jkt, jti } = proven(header, url, now)
    if (jkt !== keyOfActor(actor) || !countsOnce(`${jkt}.${jti}`, now)) throw askedElsewhere()
  }
}

function proven(header: string | undefined, url: string, now: number) {
  try {
    return verifyDpop(header, { method: 'POST', url, now: Math.floor(now / 1000), nonces: NO_NONCES })
  } catch (error) {
    throw error instanceof OAuthError ? askedElsewhere() : error
  }
}

/** The wallet has asked a moment ago, and was told the time if its clock was wrong. */
const NO_NONCES = { create: () => '', isFresh: () => false }
