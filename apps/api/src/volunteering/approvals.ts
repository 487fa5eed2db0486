import { randomUUID } from 'node:crypto'
import type { Localized } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Offers } from '../issuance/offers.ts'
import type { Awards } from '../mileage/awards.ts'
import { dateOf } from '../time/korea.ts'
import { type ActivityRow, pointsFor } from './rows.ts'
import type { confirmedSchema } from './schema.ts'

type Approved = z.output<typeof confirmedSchema>['items'][number]

/** Hours at which a badge waits in the wallet. */
export const BADGES = [10, 50, 100, 300, 500] as const
/** What the national portal records in a day at most. */
export const MOST_A_DAY = 480
export const AGENCY = 'volunteer-centre'
const OFFER_SECONDS = 90 * 24 * 60 * 60
/** How long a limit keeps points for another day. */
const KEPT_MS = 60 * 24 * 60 * 60 * 1000

export type Approvals = {
  /**
   * In one transaction: the hours' record, the certificate and the badges that they reach, and the award. Said again
   * with other minutes (the city decided), it changes the record and gives what is missing; points given stay.
   * The caller holds the citizen's lock.
   * @throws Problem `hours_too_many`
   */
  approveIn(
    sql: Sql,
    approval: {
      attendance: { signupId: string; accountId: string; subjectId: string }
      activity: ActivityRow
      minutes: number
      actor: string
    },
  ): Promise<Approved>
  read(sql: Sql, signupId: string, minutes: number): Promise<Approved>
  /** Gives points that a day's limit or a spent budget kept back. */
  sweep(): Promise<void>
}

type HoursRecord = {
  id: string
  accountId: string | null
  minutes: number
  pointsDue: number
  pointsGiven: number
  offerId: string | null
}

export function createApprovals(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { awards, offers }: { awards: Pick<Awards, 'awardWithin'>; offers: Pick<Offers, 'createIn'> },
): Approvals {
  const recordOf = async (sql: Sql, source: string): Promise<HoursRecord | undefined> => {
    const [row] = await sql<HoursRecord>`
      SELECT "id", "accountId", "minutes", "pointsDue", "pointsGiven", "offerId" FROM "VolunteerHours"
      WHERE "source" = ${source} FOR UPDATE`
    return row
  }

  /** As many of the points due as the limits leave; the rest waits for another day. */
  const pay = async (
    sql: Sql,
    hours: { id: string; accountId: string; pointsDue: number; pointsGiven: number },
    programmeId: number,
    title: Localized,
  ) => {
    const points = hours.pointsDue - hours.pointsGiven
    if (points <= 0) return { points: 0, withheld: null }
    const given = await awards.awardWithin(sql, {
      programmeId,
      accountId: hours.accountId,
      points,
      ruleId: await ruleOf(sql, programmeId),
      reason: { ko: `봉사 활동: ${title.ko}`, en: `Volunteering: ${title.en}` },
      source: `volunteering:${hours.id}`,
      // What was given so far names the part: it is given once.
      idempotencyKey: `volunteering:${hours.id}:${hours.pointsGiven}`,
    })
    await sql`
      UPDATE "VolunteerHours" SET "awardId" = COALESCE("awardId", ${given.id}::uuid),
        "pointsGiven" = "pointsGiven" + ${given.points}, "withheld" = ${given.withheld}
      WHERE "id" = ${hours.id}::uuid`
    return { points: given.points, withheld: given.withheld }
  }

  return {
    approveIn: async (sql, { attendance, activity, minutes, actor }) => {
      const { signupId, subjectId } = attendance
      const source = `activity:${signupId}`
      const date = dateOf(activity.startsAt)
      const before = await recordOf(sql, source)
      const sums = await minutesOf(sql, subjectId, date, source)
      if (minutes > 0 && sums.day + minutes > MOST_A_DAY)
        throw new Problem('hours_too_many', 'Eight hours a day are recorded at most, over all activities.', {
          signupId,
          left: Math.max(0, MOST_A_DAY - sums.day),
        })
      if (!before && minutes === 0) return { signupId, minutes, hoursId: null, points: 0, withheld: null }
      const accountId = await walletOf(sql, subjectId, attendance.accountId)
      const id = before?.id ?? randomUUID()
      const title = { ko: activity.titleKo, en: activity.titleEn }
      const { programmeId } = activity
      const due = programmeId === null ? 0 : pointsFor(minutes, activity.pointsPerHour)
      if (before)
        await sql`
          UPDATE "VolunteerHours" SET "minutes" = ${minutes}, "pointsDue" = GREATEST(${due}::int, "pointsGiven")
          WHERE "id" = ${id}::uuid`
      else
        await sql`
          INSERT INTO "VolunteerHours" ("id", "accountId", "subjectId", "activityId", "organisationKo", "titleKo",
            "titleEn", "date", "minutes", "school", "source", "pointsDue", "createdAt")
          VALUES (${id}::uuid, ${accountId}::uuid, ${subjectId}::uuid, ${activity.id}::uuid,
            ${activity.organisationKo}, ${title.ko}, ${title.en}, ${date}, ${minutes}, ${activity.school}, ${source},
            ${due}, ${clock()})`

      const offer = (typeId: string, facts: { [name: string]: unknown }) =>
        offers.createIn(sql, {
          agencyId: AGENCY,
          typeId,
          subjectId,
          accountId,
          facts,
          actor,
          ttlSeconds: OFFER_SECONDS,
        })
      // The certificate with the old hours goes: out of the inbox here, or revoked once this has happened.
      if (before?.offerId && before.minutes !== minutes) {
        await sql`
          UPDATE "Offer" SET "expiresAt" = ${clock()}
          WHERE "id" = ${before.offerId}::uuid AND "redeemedAt" IS NULL AND "issuedAt" IS NULL`
        await sql`
          UPDATE "VolunteerHours" SET "outdatedOfferId" = "offerId", "offerId" = NULL WHERE "id" = ${id}::uuid`
      }
      if (minutes > 0 && before?.minutes !== minutes) {
        const certificate = await offer('volunteer-certificate', {
          certificateNo: certificateNo(date, id),
          activity: title.ko,
          organisation: activity.organisationKo,
          date,
          minutes,
          hours: Math.floor(minutes / 6) / 10,
          school: activity.school,
        })
        await sql`UPDATE "VolunteerHours" SET "offerId" = ${certificate.id}::uuid WHERE "id" = ${id}::uuid`
      }
      const had = sums.all + (before?.minutes ?? 0)
      for (const level of BADGES)
        if (had < level * 60 && sums.all + minutes >= level * 60)
          await offer('volunteer-badge', {
            level,
            total: Math.floor((sums.all + minutes) / 60),
            awardedOn: dateOf(clock()),
          })

      const given = before?.pointsGiven ?? 0
      const { points, withheld } =
        programmeId === null
          ? { points: 0, withheld: null }
          : await pay(
              sql,
              { id, accountId, pointsDue: Math.max(due, given), pointsGiven: given },
              programmeId,
              title,
            )
      return { signupId, minutes, hoursId: id, points: given + points, withheld }
    },

    read: async (sql, signupId, minutes) => {
      const [row] = await sql<{ id: string; pointsGiven: number; withheld: string | null }>`
        SELECT "id", "pointsGiven", "withheld" FROM "VolunteerHours" WHERE "source" = ${`activity:${signupId}`}`
      const points = row?.pointsGiven ?? 0
      return { signupId, minutes, hoursId: row?.id ?? null, points, withheld: row?.withheld ?? null }
    },

    sweep: async () => {
      const since = new Date(clock().getTime() - KEPT_MS)
      const rows = await db.sql<{ id: string }>`
        SELECT "id" FROM "VolunteerHours" WHERE "pointsGiven" < "pointsDue" AND "withheld" IS NOT NULL
          AND "createdAt" > ${since} ORDER BY "createdAt" LIMIT 200`
      for (const { id } of rows)
        await db.transaction(async (sql) => {
          const [hours] = await sql<HoursRecord & Owed>`
            SELECT h."id", h."accountId", h."subjectId", h."pointsDue", h."pointsGiven", h."titleKo", h."titleEn",
              a."programmeId"
            FROM "VolunteerHours" h JOIN "Activity" a ON a."id" = h."activityId"
            WHERE h."id" = ${id}::uuid AND h."pointsGiven" < h."pointsDue" FOR UPDATE OF h`
          if (!hours || hours.programmeId === null || hours.accountId === null) return
          const accountId = await walletOf(sql, hours.subjectId, hours.accountId)
          await pay(sql, { ...hours, accountId }, hours.programmeId, { ko: hours.titleKo, en: hours.titleEn })
        })
    },
  }
}

type Owed = { subjectId: string; titleKo: string; titleEn: string; programmeId: number | null }

/** `date` and the beginning of the record's id: nobody can guess another one's. */
export function certificateNo(date: string, hoursId: string): string {
  return `${date.replaceAll('-', '')}-${hoursId.replaceAll('-', '').slice(0, 12).toUpperCase()}`
}

/** Minutes of a citizen without those of `source`: on that day, and in all. */
async function minutesOf(sql: Sql, subjectId: string, date: string, source: string) {
  const [row] = await sql<{ day: number; all: number }>`
    SELECT COALESCE(SUM("minutes") FILTER (WHERE "date" = ${date}), 0)::int AS "day",
      COALESCE(SUM("minutes"), 0)::int AS "all"
    FROM "VolunteerHours" WHERE "subjectId" = ${subjectId}::uuid AND "source" <> ${source}`
  return { day: row?.day ?? 0, all: row?.all ?? 0 }
}

/** The wallet that the citizen uses now: another one than they signed up with, after a move. */
async function walletOf(sql: Sql, subjectId: string, fallback: string): Promise<string> {
  const [row] = await sql<{ id: string }>`
    SELECT "id" FROM "WalletAccount" WHERE "subjectId" = ${subjectId}::uuid AND "status" IN ('open', 'waiting')
    ORDER BY ("status" = 'open') DESC LIMIT 1`
  return row?.id ?? fallback
}

/** The rule by which the programme pays hours: the one that pays most. */
async function ruleOf(sql: Sql, programmeId: number): Promise<string> {
  const [row] = await sql<{ rules: { id: string; points: number }[] }>`
    SELECT "rules" FROM "Programme" WHERE "id" = ${programmeId}::int`
  const [rule] = [...(row?.rules ?? [])].sort((a, b) => b.points - a.points)
  return rule?.id ?? 'hour'
}
