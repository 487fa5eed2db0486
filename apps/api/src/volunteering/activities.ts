import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { endOf, startOf } from '../time/korea.ts'
import { promoteIn } from './places.ts'
import { asksYesOrNo, templateForAges } from './proofs.ts'
import { repeatedDates } from './repeats.ts'
import {
  type ActivityRow,
  type ActivityView,
  lockActivity,
  type OrganiserActivityView,
  organiserViewOf,
  readActivity,
  requireAccredited,
  viewOf,
} from './rows.ts'
import type { activityBodySchema, activityChangeSchema, activityQuerySchema } from './schema.ts'

type Body = z.output<typeof activityBodySchema>
type Change = z.output<typeof activityChangeSchema>

export type Activities = {
  /** Published ones to come: at most 500, in the order of their beginning. Distance is the wallet's own matter. */
  upcoming(query: z.output<typeof activityQuerySchema>): Promise<ActivityView[]>
  /** @throws Problem `not_found`, also for a draft */
  read(id: string): Promise<ActivityView>
  list(principal: Principal): Promise<OrganiserActivityView[]>
  readOwn(principal: Principal, id: string): Promise<OrganiserActivityView>
  /** A draft; with `repeat` one for each date. @throws Problem `bad_request` */
  create(principal: Principal, body: Body): Promise<OrganiserActivityView>
  /**
   * With `following` also the later dates of its series: times move by as much as this one's.
   * @throws Problem `not_found`, `activity_closed`, `conflict` for fewer places than are taken
   */
  change(principal: Principal, id: string, body: Change): Promise<OrganiserActivityView>
  publish(principal: Principal, id: string, following: boolean): Promise<OrganiserActivityView>
  /** Those who signed up find the reason among their own activities. */
  cancel(
    principal: Principal,
    id: string,
    body: { reason: string; following: boolean },
  ): Promise<OrganiserActivityView>
}

const MOST_LISTED = 500
const MOST_MINUTES = 24 * 60

export function createActivities(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { audit }: { audit: Audit },
): Activities {
  const own = (principal: Principal, row: ActivityRow): ActivityRow => {
    if (row.organisationId !== principal.organisationId)
      throw new Problem('not_found', 'Your organisation has no such activity.')
    return row
  }
  /** What no schema can say. */
  const checked = async (sql: Sql, body: Body | Change) => {
    const { startsAt, endsAt, minutes, minAge = null, maxAge = null, pointsPerHour } = body
    const lasts = (endsAt.getTime() - startsAt.getTime()) / 60_000
    const wrong = (detail: string) => new Problem('bad_request', detail)
    if (startsAt <= clock()) throw wrong('An activity begins in the future.')
    if (lasts <= 0 || lasts > MOST_MINUTES) throw wrong('An activity ends after it begins, within a day.')
    if (minutes > lasts) throw wrong('It cannot count for longer than it lasts.')
    if (!city.activityKinds.some(({ id }) => id === body.kind))
      throw wrong(`There is no kind "${body.kind}".`)
    if (!city.districts.some(({ code }) => code === body.district))
      throw wrong(`There is no district "${body.district}".`)
    const asked = body.template == null ? undefined : city.templates.get(body.template)
    if (body.template != null && (!asked || asked.verifiers))
      throw new Problem('unknown_template', 'There is no template of this name.')
    if (asked && !asksYesOrNo(asked))
      throw wrong('A volunteer is asked for a yes or no, and for nothing to read.')
    if (body.template != null && (minAge !== null || maxAge !== null))
      throw wrong('Ages and a template cannot both be asked for.')
    const template = body.template ?? templateForAges(city, { minAge, maxAge })
    const programmeId = pointsPerHour === 0 ? null : await programmeOf(sql, body)
    return { ...body, minAge, maxAge, template, params: body.params ?? {}, programmeId }
  }
  type Checked = Awaited<ReturnType<typeof checked>>

  const insert = async (
    sql: Sql,
    body: Checked,
    place: { organisationId: string; seriesId: string | null; actor: string; startsAt: Date; endsAt: Date },
  ) => {
    const id = randomUUID()
    await sql`
      INSERT INTO "Activity" ("id", "organisationId", "seriesId", "titleKo", "titleEn", "descriptionKo",
        "descriptionEn", "kind", "place", "address", "latitude", "longitude", "districtCode", "startsAt", "endsAt",
        "places", "minAge", "maxAge", "template", "params", "minutes", "programmeId", "pointsPerHour", "school",
        "status", "createdBy", "createdAt")
      VALUES (${id}::uuid, ${place.organisationId}::uuid, ${place.seriesId}::uuid, ${body.title.ko}, ${body.title.en},
        ${body.description.ko}, ${body.description.en}, ${body.kind}, ${body.place}, ${body.address},
        ${body.latitude}, ${body.longitude}, ${body.district}, ${place.startsAt}, ${place.endsAt}, ${body.places},
        ${body.minAge}, ${body.maxAge}, ${body.template}, ${JSON.stringify(body.params)}::jsonb, ${body.minutes},
        ${body.programmeId}, ${body.pointsPerHour}, ${body.school}, 'draft', ${place.actor}, ${clock()})`
    return id
  }

  /** This one and, if told, the later ones of its series that still can change; locked in the order of their ids. */
  const affected = async (sql: Sql, principal: Principal, id: string, following: boolean) => {
    const first = own(principal, await readActivity(sql, id))
    const later =
      following && first.seriesId !== null
        ? await sql<{ id: string }>`
            SELECT "id" FROM "Activity" WHERE "seriesId" = ${first.seriesId}::uuid AND "startsAt" > ${first.startsAt}
              AND "status" <> 'cancelled'`
        : []
    const rows: ActivityRow[] = []
    for (const one of [id, ...later.map((row) => row.id)].sort()) rows.push(await lockActivity(sql, one))
    return rows
  }

  const update = async (sql: Sql, row: ActivityRow, body: Checked, moves: { start: number; end: number }) => {
    if (row.status === 'cancelled' || row.startsAt <= clock())
      throw new Problem('activity_closed', 'What was cancelled or has begun changes no more.')
    if (body.places < row.taken)
      throw new Problem('conflict', `${row.taken} people have a place already.`, { taken: row.taken })
    const startsAt = new Date(row.startsAt.getTime() + moves.start)
    const endsAt = new Date(row.endsAt.getTime() + moves.end)
    const moved =
      row.status === 'published' &&
      (moves.start !== 0 || moves.end !== 0 || body.place !== row.place || body.address !== row.address)
    // Who signed up was asked for this much; more is for a new activity.
    const stricter =
      body.template !== row.template || body.minAge !== row.minAge || body.maxAge !== row.maxAge
    if (row.status === 'published' && row.taken + row.waiting > 0 && stricter)
      throw new Problem('conflict', 'What volunteers have to prove cannot change once somebody signed up.')
    await sql`
      UPDATE "Activity" SET "titleKo" = ${body.title.ko}, "titleEn" = ${body.title.en},
        "descriptionKo" = ${body.description.ko}, "descriptionEn" = ${body.description.en}, "kind" = ${body.kind},
        "place" = ${body.place}, "address" = ${body.address}, "latitude" = ${body.latitude},
        "longitude" = ${body.longitude}, "districtCode" = ${body.district}, "startsAt" = ${startsAt},
        "endsAt" = ${endsAt}, "places" = ${body.places}, "minAge" = ${body.minAge}, "maxAge" = ${body.maxAge},
        "template" = ${body.template}, "params" = ${JSON.stringify(body.params)}::jsonb, "minutes" = ${body.minutes},
        "programmeId" = ${body.programmeId}, "pointsPerHour" = ${body.pointsPerHour}, "school" = ${body.school},
        "movedAt" = CASE WHEN ${moved}::boolean THEN ${clock()}::timestamptz ELSE "movedAt" END
      WHERE "id" = ${row.id}::uuid`
    await promoteIn(sql, row.id, clock())
  }

  return {
    upcoming: async ({ from, to, kind = '', district = '' }) => {
      const now = clock()
      const since = from === undefined || startOf(from) < now ? now : startOf(from)
      const until = to === undefined ? new Date('9999-01-01') : endOf(to)
      const rows = await db.sql<ActivityRow>`
        SELECT a.*, o."nameKo" AS "organisationKo", o."nameEn" AS "organisationEn",
          COALESCE(s."taken", 0)::int AS "taken", COALESCE(s."waiting", 0)::int AS "waiting"
        FROM "Activity" a JOIN "Organisation" o ON o."id" = a."organisationId"
        LEFT JOIN LATERAL (
          SELECT COUNT(*) FILTER (WHERE "status" IN ('signed', 'consent')) AS "taken",
            COUNT(*) FILTER (WHERE "status" = 'waiting') AS "waiting"
          FROM "Signup" WHERE "activityId" = a."id") s ON true
        WHERE a."status" = 'published' AND a."startsAt" > ${since} AND a."startsAt" < ${until}
          AND (${kind}::text = '' OR a."kind" = ${kind}) AND (${district}::text = '' OR a."districtCode" = ${district})
        ORDER BY a."startsAt", a."id" LIMIT ${MOST_LISTED}`
      return rows.map(viewOf)
    },

    read: async (id) => {
      const row = await readActivity(db.sql, id)
      if (row.status === 'draft') throw new Problem('not_found', 'There is no such activity.')
      return viewOf(row)
    },

    list: async ({ organisationId }) => {
      const rows = await db.sql<ActivityRow>`
        SELECT a.*, o."nameKo" AS "organisationKo", o."nameEn" AS "organisationEn",
          COALESCE(s."taken", 0)::int AS "taken", COALESCE(s."waiting", 0)::int AS "waiting"
        FROM "Activity" a JOIN "Organisation" o ON o."id" = a."organisationId"
        LEFT JOIN LATERAL (
          SELECT COUNT(*) FILTER (WHERE "status" IN ('signed', 'consent')) AS "taken",
            COUNT(*) FILTER (WHERE "status" = 'waiting') AS "waiting"
          FROM "Signup" WHERE "activityId" = a."id") s ON true
        WHERE a."organisationId" = ${organisationId}::uuid ORDER BY a."startsAt" DESC, a."id" LIMIT ${MOST_LISTED}`
      return rows.map(organiserViewOf)
    },

    readOwn: async (principal, id) => organiserViewOf(own(principal, await readActivity(db.sql, id))),

    create: (principal, body) =>
      db.transaction(async (sql) => {
        const organisationId = await requireAccredited(sql, principal)
        const good = await checked(sql, body)
        const { actor } = principal
        const dates = repeatedDates(good, body.repeat)
        const seriesId = dates.length > 1 ? randomUUID() : null
        const ids: string[] = []
        for (const { startsAt, endsAt } of dates)
          ids.push(await insert(sql, good, { organisationId, seriesId, actor, startsAt, endsAt }))
        const [id = ''] = ids
        await audit.recordIn(sql, {
          actor,
          action: 'activity.create',
          target: id,
          detail: { dates: ids.length },
        })
        return organiserViewOf(await readActivity(sql, id))
      }),

    change: (principal, id, body) =>
      db.transaction(async (sql) => {
        await requireAccredited(sql, principal)
        const rows = await affected(sql, principal, id, body.following)
        const good = await checked(sql, body)
        const first = rows.find((row) => row.id === id)
        if (!first) throw new Problem('not_found', 'There is no such activity.')
        const moves = {
          start: body.startsAt.getTime() - first.startsAt.getTime(),
          end: body.endsAt.getTime() - first.endsAt.getTime(),
        }
        for (const row of rows) await update(sql, row, good, moves)
        const { actor } = principal
        await audit.recordIn(sql, {
          actor,
          action: 'activity.change',
          target: id,
          detail: { dates: rows.length },
        })
        return organiserViewOf(await readActivity(sql, id))
      }),

    publish: (principal, id, following) =>
      db.transaction(async (sql) => {
        await requireAccredited(sql, principal)
        const rows = await affected(sql, principal, id, following)
        const now = clock()
        for (const row of rows) {
          if (row.status === 'cancelled' || row.startsAt <= now)
            throw new Problem('activity_closed', 'What was cancelled or has begun cannot be published.')
          await sql`
            UPDATE "Activity" SET "status" = 'published', "publishedAt" = COALESCE("publishedAt", ${now})
            WHERE "id" = ${row.id}::uuid`
        }
        const { actor } = principal
        await audit.recordIn(sql, { actor, action: 'activity.publish', target: id })
        return organiserViewOf(await readActivity(sql, id))
      }),

    cancel: (principal, id, { reason, following }) =>
      db.transaction(async (sql) => {
        const rows = await affected(sql, principal, id, following)
        const now = clock()
        for (const row of rows) {
          if (row.id !== id && row.startsAt <= now) continue
          const [present] = await sql`SELECT 1 FROM "Attendance" WHERE "activityId" = ${row.id}::uuid LIMIT 1`
          if (present || row.endsAt <= now)
            throw new Problem('activity_closed', 'Somebody was there already: it cannot be cancelled.')
          if (row.status === 'cancelled') continue
          await sql`
            UPDATE "Activity" SET "status" = 'cancelled', "cancelReason" = ${reason} WHERE "id" = ${row.id}::uuid`
          await sql`
            UPDATE "Signup" SET "status" = 'cancelled', "changedAt" = ${now}
            WHERE "activityId" = ${row.id}::uuid AND "status" IN ('signed', 'waiting', 'consent')`
        }
        const { actor } = principal
        await audit.recordIn(sql, { actor, action: 'activity.cancel', target: id, detail: { reason } })
        return organiserViewOf(await readActivity(sql, id))
      }),
  }
}

/** The programme that pays, and that it pays so much. @throws Problem `unknown_programme`, `bad_request` */
async function programmeOf(sql: Sql, { programmeId, pointsPerHour }: Body | Change): Promise<number> {
  const [row] = await sql<{ id: number; rules: { points: number }[] }>`
    SELECT "id", "rules" FROM "Programme"
    WHERE "kind" = 'volunteering' AND (${programmeId ?? null}::int IS NULL OR "id" = ${programmeId ?? null}::int)
    ORDER BY "id" LIMIT 1`
  if (!row) throw new Problem('unknown_programme', 'There is no such programme for volunteering.')
  const most = Math.max(0, ...row.rules.map(({ points }) => points))
  if (pointsPerHour > most)
    throw new Problem('bad_request', `The programme gives ${most} points an hour at most.`, { most })
  return row.id
}
