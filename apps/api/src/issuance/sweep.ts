import type { Context } from '../context.ts'
import { FIRST_ISSUE_MS } from './credential.ts'

/** How long the copies are kept for a repetition: as long as the token counts that they were given to. */
const KEEP_MS = 10 * 60 * 1000

/** Drops what nobody can ask for any more. */
export function createIssuanceSweep({ db, clock }: Pick<Context, 'db' | 'clock'>): () => Promise<void> {
  return async () => {
    const now = clock()
    await db.sql`
      UPDATE "CredentialBatch" SET "sealedResponse" = NULL
      WHERE "sealedResponse" IS NOT NULL AND "createdAt" < ${new Date(now.getTime() - KEEP_MS)}`
    await db.sql`UPDATE "Offer" SET "sealedCode" = NULL WHERE "sealedCode" IS NOT NULL AND "expiresAt" < ${now}`
    // Fresh copies say the same as the first ones, so the facts stay for as long as the credential counts.
    await db.sql`
      UPDATE "Offer" o SET "sealedFacts" = NULL
      WHERE "sealedFacts" IS NOT NULL AND "expiresAt" < ${new Date(now.getTime() - FIRST_ISSUE_MS)} AND NOT EXISTS (
        SELECT 1 FROM "Credential" c WHERE c."id" = o."id" AND c."status" <> 'revoked' AND c."expiresAt" > ${now})`
    await db.sql`DELETE FROM "DeferredIssuance" WHERE "expiresAt" < ${now}`
  }
}
