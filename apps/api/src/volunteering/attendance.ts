import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal, WalletPrincipal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { csvBytes } from '../http/csv.ts'
import { Problem } from '../http/problem.ts'
import { timeOf } from '../time/korea.ts'
import type { Wallets } from '../wallets/service.ts'
import type { DoorCodes } from './door-code.ts'
import { type ActivityRow, localized, lockCitizens, readActivity } from './rows.ts'
import type { checkedSchema, codeSchema, handBodySchema, scannedSchema, volunteerSchema } from './schema.ts'

type Volunteer = z.output<typeof volunteerSchema>

export type AttendanceDesk = {
  code(principal: Principal, activityId: string): Promise<z.output<typeof codeSchema>>
  /**
   * A volunteer scans the code at the door: in, and later out. The same code twice is harmless.
   * @throws Problem `bad_signature`, `code_expired`, `not_signed_up`, `check_in_closed`, `attendance_overlaps`
   */
  check(wallet: WalletPrincipal, text: string): Promise<z.output<typeof checkedSchema>>
  /** The organiser scans a volunteer's pass. @throws Problem as `check`, and what is wrong with the pass */
  scan(principal: Principal, activityId: string, pass: string): Promise<z.output<typeof scannedSchema>>
  /**
   * Times from paper, in whatever order they come.
   * @throws Problem `bad_request` for times that cannot be, `attendance_overlaps`, `conflict` once confirmed
   */
  byHand(principal: Principal, activityId: string, body: z.output<typeof handBodySchema>): Promise<Volunteer>
  volunteers(principal: Principal, activityId: string): Promise<Volunteer[]>
  /** For a spreadsheet. */
  csv(principal: Principal, activityId: string): Promise<Uint8Array>
}

const MINUTE_MS = 60_000
/** The door opens an hour before it begins. */
const EARLY_MS = 60 * MINUTE_MS
/** Whoever helps to clear up checks out later. */
const LATE_MS = 120 * MINUTE_MS
/** A code that a camera reads twice in a row counts once. */
const TWICE_MS = MINUTE_MS
/** Hours are entered within three months: what volunteer centres go by. */
const LATEST_ENTRY_MS = 92 * 24 * 60 * MINUTE_MS

type Signup = { id: string; accountId: string; subjectId: string; status: string }
type Present = { checkedInAt: Date; checkedOutAt: Date | null; status: string }

export function createAttendanceDesk(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { codes, audit, accountByPass }: { codes: DoorCodes; audit: Audit } & Pick<Wallets, 'accountByPass'>,
): AttendanceDesk {
  const own = async (sql: Sql, { organisationId }: Principal, id: string): Promise<ActivityRow> => {
    const row = await readActivity(sql, id)
    if (row.organisationId !== organisationId)
      throw new Problem('not_found', 'Your organisation has no such activity.')
    return row
  }

  const signupOf = async (sql: Sql, activityId: string, subjectId: string): Promise<Signup> => {
    const [row] = await sql<Signup>`
      SELECT s."id", s."accountId", w."subjectId", s."status"
      FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
      WHERE s."activityId" = ${activityId}::uuid AND w."subjectId" = ${subjectId}::uuid
      ORDER BY (s."status" = 'signed') DESC, s."createdAt" DESC LIMIT 1`
    if (row?.status !== 'signed')
      throw new Problem('not_signed_up', 'There is no place in this activity for this volunteer.', {
        status: row?.status ?? null,
      })
    return row
  }

  /** In, or out. The caller holds the citizen's lock. */
  const pass = async (sql: Sql, activity: ActivityRow, signup: Signup, by: 'qr' | 'pass') => {
    const now = clock()
    const time = now.getTime()
    const [start, end] = [activity.startsAt.getTime(), activity.endsAt.getTime()]
    const [known] = await sql<Present>`
      SELECT "checkedInAt", "checkedOutAt", "status" FROM "Attendance" WHERE "signupId" = ${signup.id}::uuid FOR UPDATE`
    const closed = () =>
      new Problem('check_in_closed', 'The door opens an hour before the activity and closes with it.', {
        opensAt: new Date(start - EARLY_MS).toISOString(),
      })
    if (!known) {
      if (activity.status !== 'published' || time < start - EARLY_MS || time > end) throw closed()
      await refuseElsewhere(sql, signup, { from: now, to: activity.endsAt }, now)
      await sql`
        INSERT INTO "Attendance" ("signupId", "activityId", "accountId", "checkedInAt", "checkedInBy", "status")
        VALUES (${signup.id}::uuid, ${activity.id}::uuid, ${signup.accountId}::uuid, ${now}, ${by}, 'present')`
      return { what: 'in' as const, at: now }
    }
    const last = known.checkedOutAt ?? known.checkedInAt
    const settled = known.status !== 'present' && known.status !== 'left'
    if (settled || time - last.getTime() < TWICE_MS)
      return { what: known.checkedOutAt ? ('out' as const) : ('in' as const), at: last }
    if (time > end + LATE_MS) throw closed()
    await sql`
      UPDATE "Attendance" SET "checkedOutAt" = ${now}, "checkedOutBy" = ${by}, "status" = 'left'
      WHERE "signupId" = ${signup.id}::uuid`
    return { what: 'out' as const, at: now }
  }

  const listed = async (
    sql: Sql,
    activityId: string,
    onlySignup: string | null = null,
  ): Promise<Volunteer[]> => {
    const rows = await sql<VolunteerRow>`
      SELECT s."id", s."status", r."nameKo" AS "name", g."name" AS "group", a."minutes" AS "full", t."checkedInAt",
        t."checkedOutAt", t."minutes", t."status" AS "attendance", t."note"
      FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId" JOIN "Activity" a ON a."id" = s."activityId"
      LEFT JOIN "Resident" r ON r."id" = w."subjectId" LEFT JOIN "VolunteerGroup" g ON g."id" = s."groupId"
      LEFT JOIN "Attendance" t ON t."signupId" = s."id"
      WHERE s."activityId" = ${activityId}::uuid AND (${onlySignup}::uuid IS NULL OR s."id" = ${onlySignup}::uuid)
      ORDER BY array_position(ARRAY['signed', 'consent', 'waiting', 'withdrawn', 'cancelled'], s."status"),
        s."createdAt", r."nameKo", s."id"`
    return rows.map(volunteerOf)
  }

  return {
    code: async (principal, id) => {
      const { status } = await own(db.sql, principal, id)
      if (status !== 'published') throw new Problem('activity_closed', 'Nobody checks in to this activity.')
      return codes.codeFor(id)
    },

    check: (wallet, text) => {
      const activityId = codes.read(text)
      return db.transaction(async (sql) => {
        await lockCitizens(sql, [wallet.subjectId])
        const activity = await readActivity(sql, activityId)
        const signup = await signupOf(sql, activityId, wallet.subjectId)
        const { what, at } = await pass(sql, activity, signup, 'qr')
        const title = localized(activity.titleKo, activity.titleEn)
        return { activity: { id: activity.id, title }, what, at: at.toISOString() }
      })
    },

    scan: async (principal, id, code) => {
      const activity = await own(db.sql, principal, id)
      const { subjectId } = await accountByPass(code)
      return db.transaction(async (sql) => {
        await lockCitizens(sql, [subjectId])
        const signup = await signupOf(sql, id, subjectId)
        const { what, at } = await pass(sql, activity, signup, 'pass')
        const [volunteer] = await listed(sql, id, signup.id)
        return { name: volunteer?.name ?? '', event: what, at: at.toISOString() }
      })
    },

    byHand: (principal, id, { signupId, in: from, out: to = null, note = null }) =>
      db.transaction(async (sql) => {
        const activity = await own(sql, principal, id)
        const [signup] = await sql<Signup>`
          SELECT s."id", s."accountId", w."subjectId", s."status"
          FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
          WHERE s."id" = ${signupId}::uuid AND s."activityId" = ${id}::uuid`
        if (!signup) throw new Problem('not_found', 'The activity has no such sign-up.')
        if (signup.status !== 'signed')
          throw new Problem('not_signed_up', 'There is no place in this activity for this volunteer.')
        await lockCitizens(sql, [signup.subjectId])
        const now = clock()
        refuseImpossible(activity, from, to, now)
        const [known] = await sql<Present>`
          SELECT "status" FROM "Attendance" WHERE "signupId" = ${signupId}::uuid FOR UPDATE`
        if (known && known.status !== 'present' && known.status !== 'left')
          throw new Problem('conflict', 'These hours were confirmed already.')
        await refuseElsewhere(sql, signup, { from, to: to ?? activity.endsAt }, now)
        const status = to === null ? 'present' : 'left'
        await sql`
          INSERT INTO "Attendance" ("signupId", "activityId", "accountId", "checkedInAt", "checkedInBy",
            "checkedOutAt", "checkedOutBy", "status", "note")
          VALUES (${signupId}::uuid, ${id}::uuid, ${signup.accountId}::uuid, ${from}, 'hand', ${to},
            ${to === null ? null : 'hand'}, ${status}, ${note})
          ON CONFLICT ("signupId") DO UPDATE SET "checkedInAt" = EXCLUDED."checkedInAt", "checkedInBy" = 'hand',
            "checkedOutAt" = EXCLUDED."checkedOutAt", "checkedOutBy" = EXCLUDED."checkedOutBy",
            "status" = EXCLUDED."status", "note" = COALESCE(EXCLUDED."note", "Attendance"."note")`
        await audit.recordIn(sql, { actor: principal.actor, action: 'attendance.by-hand', target: signupId })
        const [volunteer] = await listed(sql, id, signupId)
        if (!volunteer) throw new Error('The database kept no attendance.')
        return volunteer
      }),

    volunteers: async (principal, id) => {
      await own(db.sql, principal, id)
      return listed(db.sql, id)
    },

    csv: async (principal, id) => {
      await own(db.sql, principal, id)
      const rows = await listed(db.sql, id)
      await audit.record(principal.actor, 'attendance.export', id, { rows: rows.length })
      return attendanceCsv(rows)
    },
  }
}

/** Somebody is at one place at a time: neither present at another activity, nor noted there for that time. */
async function refuseElsewhere(
  sql: Sql,
  signup: Signup,
  { from, to }: { from: Date; to: Date },
  now: Date,
): Promise<void> {
  const [other] = await sql<{ id: string }>`
    SELECT a."id" FROM "Attendance" t JOIN "WalletAccount" w ON w."id" = t."accountId"
    JOIN "Activity" a ON a."id" = t."activityId"
    WHERE w."subjectId" = ${signup.subjectId}::uuid AND t."signupId" <> ${signup.id}::uuid AND t."status" <> 'refused'
      AND t."checkedInAt" < ${to}
      AND COALESCE(t."checkedOutAt", GREATEST(a."endsAt", LEAST(${now}::timestamptz, a."endsAt"))) > ${from}
    LIMIT 1`
  if (other)
    throw new Problem('attendance_overlaps', 'This volunteer is noted at another activity for that time.', {
      activityId: other.id,
    })
}

/** @throws Problem `bad_request` */
function refuseImpossible(activity: ActivityRow, from: Date, to: Date | null, now: Date): void {
  const wrong = (detail: string) => new Problem('bad_request', detail)
  const [start, end] = [activity.startsAt.getTime(), activity.endsAt.getTime()]
  if (activity.status !== 'published') throw wrong('Nobody was at this activity.')
  if (now.getTime() > end + LATEST_ENTRY_MS) throw wrong('Times are entered within three months.')
  if (from > now || (to !== null && to > now)) throw wrong('This is still to come.')
  if (from.getTime() < start - EARLY_MS || from.getTime() > end) throw wrong('Nobody came at that time.')
  if (to !== null && (to <= from || to.getTime() > end + LATE_MS)) throw wrong('Nobody left at that time.')
}

type VolunteerRow = {
  id: string
  status: Volunteer['status']
  name: string | null
  group: string | null
  full: number
  checkedInAt: Date | null
  checkedOutAt: Date | null
  minutes: number | null
  attendance: NonNullable<Volunteer['attendance']>['status'] | null
  note: string | null
}

function volunteerOf(row: VolunteerRow): Volunteer {
  const { checkedInAt, checkedOutAt, attendance } = row
  return {
    signupId: row.id,
    name: row.name ?? '',
    group: row.group,
    status: row.status,
    attendance:
      checkedInAt === null || attendance === null
        ? null
        : {
            checkedInAt: checkedInAt.toISOString(),
            checkedOutAt: checkedOutAt?.toISOString() ?? null,
            minutes: row.minutes,
            status: attendance,
            proposed: proposedMinutes(row.full, checkedInAt, checkedOutAt),
            note: row.note,
          },
  }
}

/** What was promised, or less for who stayed for less. Five minutes late is on time. */
function proposedMinutes(full: number, from: Date, to: Date | null): number {
  if (to === null) return full
  const stayed = Math.floor((to.getTime() - from.getTime()) / MINUTE_MS)
  return stayed + 5 >= full ? full : stayed
}

const ATTENDANCE_WORDS = {
  present: '참여 중',
  left: '확인 전',
  confirmed: '확인됨',
  refused: '인정 안 됨',
  disputed: '이의 있음',
}

function attendanceCsv(rows: readonly Volunteer[]): Uint8Array {
  const time = (at: string | null) => (at === null ? '' : timeOf(new Date(at)))
  return csvBytes([
    ['이름', '모임', '들어온 시각', '나간 시각', '인정 시간(분)', '상태', '메모'],
    ...rows.map(({ name, group, attendance }) => [
      name,
      group ?? '',
      time(attendance?.checkedInAt ?? null),
      time(attendance?.checkedOutAt ?? null),
      attendance?.minutes == null ? '' : String(attendance.minutes),
      attendance ? ATTENDANCE_WORDS[attendance.status] : '',
      attendance?.note ?? '',
    ]),
  ])
}
