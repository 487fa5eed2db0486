import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal, WalletPrincipal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { dateOf } from '../time/korea.ts'
import type { Approvals } from './approvals.ts'
import { localized, lockCitizens, readActivity, requireAccredited } from './rows.ts'
import type { confirmBodySchema, confirmedSchema, decisionBodySchema, disputeSchema } from './schema.ts'

type Confirmed = z.output<typeof confirmedSchema>['items'][number]

export type Hours = {
  /**
   * The organiser's word on who helped for how long: all of it or, with the first fault, nothing. 0 minutes refuses.
   * @throws Problem `not_checked_out`, `note_needed` for absurd hours, `hours_too_many` for more than eight hours in a
   * day, `conflict` for what was confirmed otherwise; each with `signupId`. `forbidden` while it is suspended
   */
  confirm(
    principal: Principal,
    activityId: string,
    body: z.output<typeof confirmBodySchema>,
  ): Promise<z.output<typeof confirmedSchema>>
  /** The volunteer does not agree; the city will decide. @throws Problem `not_found`, `conflict` */
  dispute(wallet: WalletPrincipal, signupId: string, reason: string): Promise<void>
  disputes(): Promise<z.output<typeof disputeSchema>[]>
  /** @throws Problem `not_found` when nothing is disputed, `hours_too_many` */
  decide(
    principal: Principal,
    signupId: string,
    body: z.output<typeof decisionBodySchema>,
  ): Promise<Confirmed>
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** So much beyond what was promised, or beyond what somebody was there, needs an explanation. */
const MORE_MINUTES = 60
/** How long after an activity a volunteer can object. */
const OBJECTION_MS = 92 * DAY_MS

type Attendance = {
  signupId: string
  activityId: string
  accountId: string
  subjectId: string
  checkedInAt: Date
  checkedOutAt: Date | null
  minutes: number | null
  status: 'present' | 'left' | 'confirmed' | 'refused' | 'disputed'
}

export function createHours(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { approvals, audit }: { approvals: Approvals; audit: Audit },
): Hours {
  const attendanceOf = async (sql: Sql, signupId: string): Promise<Attendance | undefined> => {
    const [row] = await sql<Attendance>`
      SELECT t.*, w."subjectId" FROM "Attendance" t JOIN "WalletAccount" w ON w."id" = t."accountId"
      WHERE t."signupId" = ${signupId}::uuid FOR UPDATE OF t`
    return row
  }

  return {
    confirm: (principal, activityId, { hours }) =>
      db.transaction(async (sql) => {
        const activity = await readActivity(sql, activityId)
        if (activity.organisationId !== principal.organisationId)
          throw new Problem('not_found', 'Your organisation has no such activity.')
        await requireAccredited(sql, principal)
        const ids = hours.map(({ signupId }) => signupId)
        if (new Set(ids).size < ids.length) throw new Problem('bad_request', 'Somebody is named twice.')
        const subjects = await sql<{ subjectId: string }>`
          SELECT w."subjectId" FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
          WHERE s."id" = ANY(${ids}::uuid[])`
        await lockCitizens(
          sql,
          subjects.map(({ subjectId }) => subjectId),
        )
        const items: Confirmed[] = []
        for (const { signupId, minutes, note = '' } of hours) {
          const refuse = (code: 'conflict' | 'not_checked_out' | 'note_needed', detail: string) =>
            new Problem(code, detail, { signupId })
          const attendance = await attendanceOf(sql, signupId)
          if (attendance?.activityId !== activityId)
            throw new Problem('not_found', 'Nobody was there for this sign-up.', { signupId })
          if (attendance.status === 'confirmed' && attendance.minutes === minutes) {
            items.push(await approvals.read(sql, signupId, minutes))
            continue
          }
          if (attendance.status !== 'left' && attendance.status !== 'present')
            throw refuse('conflict', 'These hours were decided already.')
          if (minutes > 0 && attendance.checkedOutAt === null)
            throw refuse('not_checked_out', 'Enter first when this volunteer left.')
          if (minutes > 0 && clock() < activity.startsAt) throw refuse('conflict', 'It has not begun yet.')
          const { checkedInAt, checkedOutAt } = attendance
          const stayed = ((checkedOutAt ?? checkedInAt).getTime() - checkedInAt.getTime()) / MINUTE_MS
          const absurd = minutes > activity.minutes + MORE_MINUTES || minutes > stayed + MORE_MINUTES
          if ((absurd || minutes === 0) && note === '')
            throw refuse('note_needed', 'Say in a note why these hours are so unusual.')
          await sql`
            UPDATE "Attendance" SET "minutes" = ${minutes}, "status" = ${minutes === 0 ? 'refused' : 'confirmed'},
              "decidedBy" = ${principal.actor}, "note" = COALESCE(NULLIF(${note}, ''), "note")
            WHERE "signupId" = ${signupId}::uuid`
          items.push(
            await approvals.approveIn(sql, { attendance, activity, minutes, actor: principal.actor }),
          )
        }
        await audit.recordIn(sql, {
          actor: principal.actor,
          action: 'hours.confirm',
          target: activityId,
          detail: { hours: items.length },
        })
        return { items }
      }),

    dispute: (wallet, signupId, reason) =>
      db.transaction(async (sql) => {
        await lockCitizens(sql, [wallet.subjectId])
        const attendance = await attendanceOf(sql, signupId)
        if (attendance?.subjectId !== wallet.subjectId)
          throw new Problem('not_found', 'You were at no such activity.')
        const { endsAt } = await readActivity(sql, attendance.activityId)
        const now = clock()
        if (now < endsAt) throw new Problem('conflict', 'It is not over yet.')
        if (now.getTime() > endsAt.getTime() + OBJECTION_MS)
          throw new Problem('conflict', 'The three months for an objection are over.')
        if (attendance.status === 'disputed') throw new Problem('conflict', 'The city has this already.')
        await sql`
          UPDATE "Attendance" SET "status" = 'disputed', "disputeReason" = ${reason}, "disputedAt" = ${now}
          WHERE "signupId" = ${signupId}::uuid`
      }),

    disputes: async () => {
      const rows = await db.sql<DisputeRow>`
        SELECT t."signupId", t."minutes", t."checkedInAt", t."checkedOutAt", t."disputeReason" AS "reason", t."note",
          a."id", a."titleKo", a."titleEn", a."startsAt", a."minutes" AS "promised", o."nameKo", o."nameEn",
          r."nameKo" AS "volunteer"
        FROM "Attendance" t JOIN "Activity" a ON a."id" = t."activityId"
        JOIN "Organisation" o ON o."id" = a."organisationId" JOIN "WalletAccount" w ON w."id" = t."accountId"
        LEFT JOIN "Resident" r ON r."id" = w."subjectId"
        WHERE t."status" = 'disputed' ORDER BY t."disputedAt" LIMIT 500`
      return rows.map((row) => ({
        signupId: row.signupId,
        activity: {
          id: row.id,
          title: localized(row.titleKo, row.titleEn),
          startsAt: row.startsAt.toISOString(),
          minutes: row.promised,
        },
        organisation: localized(row.nameKo, row.nameEn),
        volunteer: row.volunteer ?? '',
        minutes: row.minutes,
        checkedInAt: row.checkedInAt.toISOString(),
        checkedOutAt: row.checkedOutAt?.toISOString() ?? null,
        reason: row.reason ?? '',
        note: row.note,
      }))
    },

    decide: async ({ actor }, signupId, { minutes, reason }) => {
      const [known] = await db.sql<{ subjectId: string }>`
        SELECT w."subjectId" FROM "Attendance" t JOIN "WalletAccount" w ON w."id" = t."accountId"
        WHERE t."signupId" = ${signupId}::uuid`
      return db.transaction(async (sql) => {
        await lockCitizens(sql, known ? [known.subjectId] : [])
        const attendance = await attendanceOf(sql, signupId)
        if (attendance?.status !== 'disputed') throw new Problem('not_found', 'Nothing is disputed here.')
        const activity = await readActivity(sql, attendance.activityId)
        await sql`
          UPDATE "Attendance" SET "minutes" = ${minutes}, "status" = ${minutes === 0 ? 'refused' : 'confirmed'},
            "decidedBy" = ${actor}, "note" = ${reason} WHERE "signupId" = ${signupId}::uuid`
        const decided = await approvals.approveIn(sql, { attendance, activity, minutes, actor })
        await audit.recordIn(sql, {
          actor,
          action: 'dispute.decide',
          target: signupId,
          detail: { minutes, date: dateOf(activity.startsAt) },
        })
        return decided
      })
    },
  }
}

type DisputeRow = {
  signupId: string
  minutes: number | null
  checkedInAt: Date
  checkedOutAt: Date | null
  reason: string | null
  note: string | null
  id: string
  titleKo: string
  titleEn: string
  startsAt: Date
  promised: number
  nameKo: string
  nameEn: string
  volunteer: string | null
}
