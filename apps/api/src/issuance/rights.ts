import type { Context } from '../context.ts'
import type { Resident } from '../register/resident.ts'
import type { OfferGrant } from './offer-links.ts'

/** What an access token entitles to at an agency: an offer, with what has become of it. */
export type Right = {
  /** The offer's id, and the credential's. */
  id: string
  typeId: string
  grant: OfferGrant
  offerExpiresAt: Date
  sealedFacts: Uint8Array | null
  suspendedAt: Date | null
  resident: Resident | null
  /** The credential that came of it. */
  status: 'valid' | 'suspended' | 'revoked' | null
  expiresAt: Date | null
  /** What this token was already given. */
  batchId: string | null
  batchRequest: string | null
  sealedResponse: Uint8Array | null
  /** The application that an officer decides. */
  application: {
    id: string
    state: 'waiting' | 'approved' | 'refused' | 'issued'
    requestHash: string
    reason: string | null
    createdAt: Date
    expiresAt: Date
  } | null
}

type Row = Omit<Right, 'application'> & {
  applicationId: string | null
  applicationState: NonNullable<Right['application']>['state']
  applicationRequest: string
  reason: string | null
  appliedAt: Date
  applicationExpiresAt: Date
}

/** Everything that a decision about some offers needs, in one query. */
export function createRights({ db }: Pick<Context, 'db'>) {
  return async (
    agencyId: string,
    { tokenHash, offers }: { tokenHash: string; offers: string[] },
  ): Promise<Right[]> => {
    if (offers.length === 0) return []
    const rows = await db.sql<Row>`
      SELECT o."id", o."typeId", o."grant", o."expiresAt" AS "offerExpiresAt", o."sealedFacts", a."suspendedAt",
        to_jsonb(r) AS "resident", c."status", c."expiresAt", b."id" AS "batchId", b."requestHash" AS "batchRequest",
        b."sealedResponse", d."id" AS "applicationId", d."state" AS "applicationState",
        d."requestHash" AS "applicationRequest", d."reason", d."createdAt" AS "appliedAt",
        d."expiresAt" AS "applicationExpiresAt"
      FROM "Offer" o
        JOIN "Agency" a ON a."id" = o."agencyId"
        LEFT JOIN "Resident" r ON r."id" = o."subjectId"
        LEFT JOIN "Credential" c ON c."id" = o."id"
        LEFT JOIN "CredentialBatch" b ON b."credentialId" = o."id" AND b."tokenHash" = ${tokenHash}
        LEFT JOIN "DeferredIssuance" d ON d."offerId" = o."id"
      WHERE o."id" = ANY(${offers}::uuid[]) AND o."agencyId" = ${agencyId}
      ORDER BY o."createdAt", o."id"`
    return rows.map(
      ({
        applicationId,
        applicationState,
        applicationRequest,
        reason,
        appliedAt,
        applicationExpiresAt,
        ...right
      }) => ({
        ...right,
        application:
          applicationId === null
            ? null
            : {
                id: applicationId,
                state: applicationState,
                requestHash: applicationRequest,
                reason,
                createdAt: appliedAt,
                expiresAt: applicationExpiresAt,
              },
      }),
    )
  }
}

export type Rights = ReturnType<typeof createRights>
