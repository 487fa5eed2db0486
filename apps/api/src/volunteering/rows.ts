import type { Localized } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import { Problem } from '../http/problem.ts'
import type { activitySchema, organiserActivitySchema } from './schema.ts'

/** An activity as the database has it, with its organisation's name and how many are in. */
export type ActivityRow = {
  id: string
  organisationId: string
  organisationKo: string
  organisationEn: string
  seriesId: string | null
  titleKo: string
  titleEn: string
  descriptionKo: string
  descriptionEn: string
  kind: string
  place: string
  address: string
  latitude: number
  longitude: number
  districtCode: string
  startsAt: Date
  endsAt: Date
  places: number
  minAge: number | null
  maxAge: number | null
  template: string | null
  params: Record<string, string> | null
  minutes: number
  programmeId: number | null
  pointsPerHour: number
  school: boolean
  status: 'draft' | 'published' | 'cancelled'
  cancelReason: string | null
  movedAt: Date | null
  /** Sign-ups that have a place. */
  taken: number
  waiting: number
}

export type ActivityView = z.output<typeof activitySchema>
export type OrganiserActivityView = z.output<typeof organiserActivitySchema>

/**
 * Locks an activity: whatever takes or frees one of its places waits for each other here.
 * @throws Problem `not_found`
 */
export async function lockActivity(sql: Sql, id: string): Promise<ActivityRow> {
  await sql`SELECT 1 FROM "Activity" WHERE "id" = ${id}::uuid FOR UPDATE`
  return readActivity(sql, id)
}

/** @throws Problem `not_found` */
export async function readActivity(sql: Sql, id: string): Promise<ActivityRow> {
  const [row] = await sql<ActivityRow>`
    SELECT a.*, o."nameKo" AS "organisationKo", o."nameEn" AS "organisationEn",
      (SELECT COUNT(*)::int FROM "Signup" s WHERE s."activityId" = a."id" AND s."status" IN ('signed', 'consent')) AS "taken",
      (SELECT COUNT(*)::int FROM "Signup" s WHERE s."activityId" = a."id" AND s."status" = 'waiting') AS "waiting"
    FROM "Activity" a JOIN "Organisation" o ON o."id" = a."organisationId"
    WHERE a."id" = ${id}::uuid`
  if (!row) throw new Problem('not_found', 'There is no such activity.')
  return row
}

/**
 * Whom the city suspended calls nobody, and gives no hours or points: what is due to volunteers, the city decides.
 * @throws Problem `forbidden`
 */
export async function requireAccredited(sql: Sql, { organisationId }: Principal): Promise<string> {
  if (organisationId === null) throw new Problem('forbidden', 'You act for no organisation.')
  const [row] = await sql`
    SELECT 1 FROM "Organisation" WHERE "id" = ${organisationId}::uuid AND "status" = 'accredited'`
  if (!row) throw new Problem('forbidden', 'Your organisation is not accredited at the moment.')
  return organisationId
}

/**
 * What one citizen does goes one after the other, whichever of their wallets it comes from: sign-ups do not overlap,
 * and a day's hours are counted right. Several citizens are locked in one order, so that nobody waits in a circle.
 */
export async function lockCitizens(sql: Sql, subjectIds: readonly string[]): Promise<void> {
  for (const id of [...new Set(subjectIds)].sort())
    await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`volunteering:${id}`}, 0))`
}

export const localized = (ko: string, en: string): Localized => ({ ko, en })

/** As everyone may see it. */
export function viewOf(row: ActivityRow): ActivityView {
  return {
    id: row.id,
    organisation: { id: row.organisationId, name: localized(row.organisationKo, row.organisationEn) },
    seriesId: row.seriesId,
    title: localized(row.titleKo, row.titleEn),
    description: localized(row.descriptionKo, row.descriptionEn),
    kind: row.kind,
    place: row.place,
    address: row.address,
    latitude: row.latitude,
    longitude: row.longitude,
    districtCode: row.districtCode,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    places: row.places,
    placesLeft: Math.max(0, row.places - row.taken),
    waiting: row.waiting,
    minAge: row.minAge,
    maxAge: row.maxAge,
    template: row.template,
    minutes: row.minutes,
    pointsPerHour: row.pointsPerHour,
    school: row.school,
    status: row.status,
    cancelReason: row.cancelReason,
    movedAt: row.movedAt?.toISOString() ?? null,
  }
}

export function organiserViewOf(row: ActivityRow): OrganiserActivityView {
  return { ...viewOf(row), district: row.districtCode, taken: row.taken, programmeId: row.programmeId }
}

/** Whole points for these minutes. */
export const pointsFor = (minutes: number, perHour: number): number => Math.floor((minutes * perHour) / 60)
