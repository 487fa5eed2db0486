import type { Sql } from '@pass/database'
import type { StoredState } from './store.ts'

export type ReturnRow = {
  verifierId: string
  createdBy: string
  state: StoredState
  responseCodeHash: string | null
  returnedAt: Date | null
  expiresAt: Date
}

export async function readReturn(sql: Sql, id: string): Promise<ReturnRow | undefined> {
  const [row] = await sql<ReturnRow>`
    SELECT "verifierId", "createdBy", "state", "responseCodeHash", "returnedAt", "expiresAt"
    FROM "Verification" WHERE "id" = ${id}::uuid`
  return row
}

/** The browser is back: what was decided counts from now on. False when another return was first, or it was too late. */
export async function takeReturn(sql: Sql, id: string, codeHash: string, now: Date): Promise<boolean> {
  const rows = await sql`
    UPDATE "Verification" SET "returnedAt" = ${now}::timestamptz, "responseCodeHash" = NULL,
      "state" = CASE WHEN "refusal" IS NULL THEN 'accepted' ELSE 'refused' END
    WHERE "id" = ${id}::uuid AND "responseCodeHash" = ${codeHash} AND "expiresAt" > ${now}::timestamptz
    RETURNING "id"`
  return rows.length > 0
}

/**
 * Closes what a code belongs to that came back to somebody else (HAIP 1.0 section 5.1), and forgets what was shown.
 * @param since only requests made after this can still be open
 */
export async function closeReturned(sql: Sql, codeHash: string, since: Date): Promise<string | undefined> {
  const [closed] = await sql<{ id: string }>`
    UPDATE "Verification" SET "state" = 'refused', "refusal" = 'returned_elsewhere', "checks" = '[]'::jsonb,
      "sealedClaims" = NULL, "responseCodeHash" = NULL
    WHERE "createdAt" > ${since}::timestamptz AND "responseCodeHash" = ${codeHash} AND "state" = 'answered'
    RETURNING "id"`
  return closed?.id
}

/** Refuses what was answered and never came back in time, and forgets what was shown. */
export async function sweepUnreturned(sql: Sql, { since, now }: { since: Date; now: Date }): Promise<void> {
  await sql`
    UPDATE "Verification" SET "state" = 'refused', "refusal" = 'not_returned', "checks" = '[]'::jsonb,
      "sealedClaims" = NULL, "responseCodeHash" = NULL
    WHERE "createdAt" > ${since}::timestamptz AND "state" = 'answered' AND "expiresAt" <= ${now}::timestamptz`
}
