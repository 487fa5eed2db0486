import type { Principal } from '../access/principal.ts'
import { hashSecret, sameHash } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { REQUEST_SECONDS } from './asking.ts'
import type { Desks } from './desk-of.ts'
import { closeReturned, readReturn, takeReturn } from './return-store.ts'

/**
 * The browser is back at the verifier's own page with the code that only the wallet's answer gave out. It shows that
 * the session that asked and the person who answered are on one device: who had a stranger answer their request never
 * sees the code (OpenID4VP 1.0 section 14.2).
 *
 * A code that comes back to anybody but who asked, or to another request, closes the request that it belongs to
 * (HAIP 1.0 section 5.1). A code that belongs to nothing closes nothing: otherwise a link could spoil any session.
 * @throws Problem `not_found`, `returned_elsewhere`, `verification_spent`, `expired`
 */
export function createReturning(context: Context, { desks }: { desks: Desks }) {
  const { db, clock, log } = context

  return async (principal: Principal, id: string, responseCode: string): Promise<void> => {
    const verifierId = desks.verifierOf(principal)
    const now = clock()
    const codeHash = hashSecret(responseCode)
    const row = await readReturn(db.sql, id)
    const own = row?.verifierId === verifierId
    const fits = row?.responseCodeHash != null && sameHash(row.responseCodeHash, codeHash)
    if (own && fits && row.createdBy === principal.actor) {
      if (row.expiresAt <= now) throw new Problem('expired', 'The browser came back too late.')
      if (await takeReturn(db.sql, id, codeHash, now)) return
      throw new Problem('verification_spent', 'The browser was here with this code before.')
    }
    const closed = await closeReturned(db.sql, codeHash, new Date(now.getTime() - REQUEST_SECONDS * 1000))
    if (closed !== undefined) log.warn({ verification: closed }, 'a browser came back to another session')
    if (!own) throw new Problem('not_found', 'You have asked no such question.')
    if (closed === undefined && row.returnedAt !== null)
      throw new Problem('verification_spent', 'The browser was here before.')
    throw new Problem('returned_elsewhere', 'This code does not belong to this request of yours.')
  }
}
