import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import { hashSecret } from '../access/secrets.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import type { AgencyDesk } from './agency-desk.ts'
import type { Entitlement } from './entitlement.ts'

export type SignInOffers = {
  /**
   * At consent, in its transaction: what a citizen who signed in asked for becomes an offer that is redeemed already.
   * @throws Problem `unknown_agency`, `unknown_type`, `type_not_accredited`, `issuer_suspended`, `unknown_subject`,
   *   `not_entitled`, `too_many_requests` (as often as this, nobody needs a card in a day)
   */
  createForSignIn(
    sql: Sql,
    wanted: { agencyId: string; typeId: string; subjectId: string },
  ): Promise<{ id: string }>
  /** The open offer that an officer made for one resident, who must be the one that signs in. */
  forIssuerState(
    issuerState: string,
  ): Promise<{ offerId: string; agencyId: string; typeId: string; subjectId: string } | undefined>
  /**
   * At consent, in its transaction: takes the offer that `forIssuerState` found, once.
   * Answers false when it was taken or expired meanwhile.
   */
  redeemForSignIn(sql: Sql, offerId: string): Promise<boolean>
}

/** Each is a card of its own, with ten copies and more; families share phones, so a few a day are honest. */
const MOST_A_DAY = 20
const DAY_MS = 86_400_000
const MAX_STATE = 200

/** Hashed apart from pre-authorized codes, so that the one is never taken for the other. */
export function issuerStateHash(issuerState: string): string {
  return hashSecret(`issuer_state:${issuerState}`)
}

/** Offers behind which stands a citizen's sign-in (OpenID4VCI 1.0 sections 3.4 and 5). */
export function createSignInOffers(
  { db, config, clock }: Pick<Context, 'db' | 'config' | 'clock'>,
  {
    audit,
    desk,
    entitlement,
    recordOf,
  }: {
    audit: Audit
    desk: AgencyDesk
    entitlement: Entitlement
    recordOf: (row: Resident) => Record<string, unknown>
  },
): SignInOffers {
  return {
    createForSignIn: async (sql, { agencyId, typeId, subjectId }) => {
      const agency = await desk.find(agencyId, sql)
      const type = entitlement.typeOf(agency, typeId)
      if (agency.suspendedAt)
        throw new Problem('issuer_suspended', 'This agency is suspended and may not issue.')
      const now = clock()
      entitlement.check(type, recordOf(await entitlement.subject(subjectId, sql)), now)
      const id = randomUUID()
      const made = await sql`
        INSERT INTO "Offer" ("id", "agencyId", "typeId", "subjectId", "grant", "createdBy", "createdAt", "expiresAt", "redeemedAt")
        SELECT ${id}::uuid, ${agencyId}, ${typeId}, ${subjectId}::uuid, 'sign-in', 'resident', ${now}::timestamptz,
          ${new Date(now.getTime() + config.offerTtlSeconds * 1000)}::timestamptz, ${now}::timestamptz
        WHERE (SELECT count(*) FROM "Offer" WHERE "subjectId" = ${subjectId}::uuid AND "grant" = 'sign-in'
          AND "createdAt" > ${new Date(now.getTime() - DAY_MS)}::timestamptz) < ${MOST_A_DAY}::int
        RETURNING "id"`
      if (made.length === 0)
        throw new Problem(
          'too_many_requests',
          'This person has begun too many cards today. Try again tomorrow.',
        )
      await audit.recordIn(sql, {
        actor: 'resident',
        action: 'offer.sign-in',
        target: id,
        detail: { type: typeId },
      })
      return { id }
    },

    forIssuerState: async (issuerState) => {
      if (issuerState.length > MAX_STATE) return undefined
      const [row] = await db.sql<{ offerId: string; agencyId: string; typeId: string; subjectId: string }>`
        SELECT "id" AS "offerId", "agencyId", "typeId", "subjectId" FROM "Offer"
        WHERE "codeHash" = ${issuerStateHash(issuerState)} AND "grant" = 'authorization_code'
          AND "redeemedAt" IS NULL AND "expiresAt" > ${clock()}`
      return row
    },

    redeemForSignIn: async (sql, offerId) => {
      const now = clock()
      const taken = await sql`
        UPDATE "Offer" SET "redeemedAt" = ${now}, "sealedCode" = NULL
        WHERE "id" = ${offerId}::uuid AND "grant" = 'authorization_code' AND "redeemedAt" IS NULL AND "expiresAt" > ${now}
        RETURNING "id"`
      return taken.length > 0
    },
  }
}
