import type { Sql } from '@pass/database'
import type { z } from 'zod'
import { Problem } from '../http/problem.ts'
import type { ConsentLinks } from './consent-links.ts'
import { readActivity, viewOf } from './rows.ts'
import type { signupSchema } from './schema.ts'

export type SignupView = z.output<typeof signupSchema>

type Row = {
  id: string
  activityId: string
  groupId: string | null
  status: SignupView['status']
  ahead: number
  consentId: string | null
  checkedInAt: Date | null
  checkedOutAt: Date | null
  minutes: number | null
  attendance: NonNullable<SignupView['attendance']>['status'] | null
}

/** A citizen's own sign-up. @throws Problem `not_found` */
export async function signupView(sql: Sql, id: string, links: ConsentLinks): Promise<SignupView> {
  const [row] = await sql<Row>`
    SELECT s."id", s."activityId", s."groupId", s."status", t."checkedInAt", t."checkedOutAt", t."minutes",
      t."status" AS "attendance", c."id" AS "consentId",
      (SELECT COUNT(*)::int FROM "Signup" o WHERE o."activityId" = s."activityId" AND o."status" = 'waiting'
        AND (o."createdAt", o."id") < (s."createdAt", s."id")) AS "ahead"
    FROM "Signup" s
    LEFT JOIN "Attendance" t ON t."signupId" = s."id"
    LEFT JOIN "GuardianConsent" c ON c."signupId" = s."id" AND c."status" = 'asked'
    WHERE s."id" = ${id}::uuid`
  if (!row) throw new Problem('not_found', 'There is no such sign-up.')
  const { status, consentId, checkedInAt } = row
  const open = consentId !== null && (status === 'consent' || status === 'waiting')
  return {
    id: row.id,
    activity: viewOf(await readActivity(sql, row.activityId)),
    groupId: row.groupId,
    status,
    position: status === 'waiting' ? row.ahead + 1 : null,
    consentLink: open ? links.linkFor(consentId) : null,
    needsConsent: open,
    attendance:
      checkedInAt === null || row.attendance === null
        ? null
        : {
            checkedInAt: checkedInAt.toISOString(),
            checkedOutAt: row.checkedOutAt?.toISOString() ?? null,
            minutes: row.minutes,
            status: row.attendance,
          },
  }
}
