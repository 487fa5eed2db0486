import type { PublicJwk } from '@pass/credentials'
import type { Request } from 'express'
import type { Context } from '../context.ts'
import { OAuthError, Problem } from '../http/problem.ts'
import { verifyDpop } from '../jose/dpop.ts'
import { createCountsOnce } from './counts-once.ts'
import type { WalletPrincipal } from './principal.ts'

/** A key that a request was signed with. Whose it is, is another question. */
export type WalletKey = { publicJwk: PublicJwk; jkt: string }

export type WalletKeys = {
  /** @throws Problem `unauthenticated`, `device_clock_wrong` */
  prove(request: Request): WalletKey
  /** The open account of that key. @throws Problem also `wallet_unknown` */
  account(request: Request): Promise<WalletPrincipal>
}

const REMEMBER_MS = 10 * 60 * 1000

/**
 * Wallets have no password and no session: each request carries a DPoP proof (RFC 9449) of the wallet's key. A proof
 * counts once in this process; what a route does twice must be harmless all the same.
 */
export function createWalletKeys({
  db,
  clock,
  config,
}: Pick<Context, 'db' | 'clock' | 'config'>): WalletKeys {
  const countsOnce = createCountsOnce({ keepMs: REMEMBER_MS })

  const prove = (request: Request): WalletKey => {
    const now = clock().getTime()
    try {
      const { jkt, jti, publicJwk } = verifyDpop(request.get('dpop'), {
        method: request.method,
        url: `${config.publicUrl}${request.path}`,
        now: Math.floor(now / 1000),
        nonces: NO_NONCES,
      })
      if (!countsOnce(`${jkt}.${jti}`, now))
        throw new Problem('unauthenticated', 'This proof was used already.')
      return { publicJwk, jkt }
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      if (error.error === 'use_dpop_nonce')
        throw new Problem(
          'device_clock_wrong',
          'The clock of this device is wrong by more than five minutes.',
          {
            serverTime: new Date(now).toISOString(),
          },
        )
      throw new Problem('unauthenticated', error.message)
    }
  }

  return {
    prove,
    account: async (request) => {
      const { jkt } = prove(request)
      const [row] = await db.sql<{ id: string; subjectId: string; address: string }>`
        SELECT "id", "subjectId", "address" FROM "WalletAccount" WHERE "jkt" = ${jkt} AND "status" = 'open'`
      if (!row)
        throw new Problem('wallet_unknown', 'This wallet has not been connected with its citizen yet.')
      return { accountId: row.id, subjectId: row.subjectId, address: row.address, jkt }
    },
  }
}

/** A device whose clock is wrong is told the time instead of being given a nonce. */
const NO_NONCES = { create: () => '', isFresh: () => false }
