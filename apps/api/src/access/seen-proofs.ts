import type { Sql } from '@pass/database'

/**
 * Lets a proof count once in the whole city: of two processes that are shown it, one inserts the row.
 * @param id what makes the proof unique, hashed (hashSecret): its key or client together with its jti
 * @param until when the proof would be refused for its age anyway
 * @returns false when it was spent before
 */
export async function spendProof(sql: Sql, id: string, until: Date): Promise<boolean> {
  const [row] = await sql`
    INSERT INTO "SeenProof" ("id", "expiresAt") VALUES (${id}, ${until}) ON CONFLICT ("id") DO NOTHING RETURNING 1 AS "new"`
  return row !== undefined
}

/** Forgets the proofs that have run out. */
export async function sweepProofs(sql: Sql, now: Date): Promise<void> {
  await sql`DELETE FROM "SeenProof" WHERE "expiresAt" < ${now}`
}
