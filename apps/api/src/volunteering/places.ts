import type { Sql } from '@pass/database'
import { readActivity } from './rows.ts'

/**
 * Gives free places to those who wait, the first first. A group that signed up together moves up together: while it
 * does not fit, nobody overtakes it. The caller holds the activity's lock.
 * @returns ids of the sign-ups that moved up
 */
export async function promoteIn(sql: Sql, activityId: string, now: Date): Promise<string[]> {
  const { status, startsAt, places, taken, waiting } = await readActivity(sql, activityId)
  if (status !== 'published' || startsAt <= now || waiting === 0) return []
  let free = places - taken
  const rows = await sql<{ id: string; groupId: string | null; createdAt: Date }>`
    SELECT "id", "groupId", "createdAt" FROM "Signup"
    WHERE "activityId" = ${activityId}::uuid AND "status" = 'waiting' ORDER BY "createdAt", "groupId", "id"`
  const moved: string[] = []
  for (const party of partiesOf(rows)) {
    if (party.length > free) break
    free -= party.length
    moved.push(...party)
  }
  // Whoever still needs a guardian's yes keeps the place while the guardian is asked.
  await sql`
    UPDATE "Signup" s SET "changedAt" = ${now}, "status" = CASE WHEN EXISTS (
        SELECT 1 FROM "GuardianConsent" c WHERE c."signupId" = s."id" AND c."status" = 'asked'
      ) THEN 'consent' ELSE 'signed' END
    WHERE s."id" = ANY(${moved}::uuid[])`
  return moved
}

/** Those who signed up in one act: the same group at the same moment. */
function partiesOf(rows: readonly { id: string; groupId: string | null; createdAt: Date }[]): string[][] {
  const parties = new Map<string, string[]>()
  for (const { id, groupId, createdAt } of rows) {
    const key = groupId === null ? id : `${groupId} ${createdAt.getTime()}`
    const party = parties.get(key)
    if (party) party.push(id)
    else parties.set(key, [id])
  }
  return [...parties.values()]
}
