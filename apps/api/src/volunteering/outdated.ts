import { placeOf } from '../access/principal.ts'
import type { Context } from '../context.ts'
import type { Credentials } from '../credentials/service.ts'
import { Problem } from '../http/problem.ts'
import { AGENCY } from './approvals.ts'

export type Outdated = {
  /** Revokes certificates whose hours the city has changed. Repeated until it is done: a crash forgets none. */
  revoke(): Promise<void>
}

export function createOutdated(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { credentials }: { credentials: Pick<Credentials, 'act'> },
): Outdated {
  const office = {
    actor: 'system',
    name: AGENCY,
    role: 'officer' as const,
    ...placeOf({ agencyId: AGENCY }),
  }
  return {
    revoke: async () => {
      // A credential has the id of its offer. One that is being fetched this moment is looked at again later.
      const rows = await db.sql<{ id: string; offerId: string; issued: boolean; over: boolean }>`
        SELECT h."id", h."outdatedOfferId" AS "offerId", c."id" IS NOT NULL AS "issued",
          o."expiresAt" <= ${clock()} AND o."redeemedAt" IS NULL AS "over"
        FROM "VolunteerHours" h JOIN "Offer" o ON o."id" = h."outdatedOfferId"
        LEFT JOIN "Credential" c ON c."id" = o."id"
        WHERE h."outdatedOfferId" IS NOT NULL LIMIT 200`
      for (const { id, offerId, issued, over } of rows) {
        if (!issued && !over) continue
        if (issued)
          await credentials.act(office, offerId, 'revoke', 'The hours were corrected.').catch(unlessRevoked)
        await db.sql`
          UPDATE "VolunteerHours" SET "outdatedOfferId" = NULL
          WHERE "id" = ${id}::uuid AND "outdatedOfferId" = ${offerId}::uuid`
      }
    },
  }
}

function unlessRevoked(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== 'already_revoked') throw error
}
