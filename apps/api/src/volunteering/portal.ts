import { createHash, randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { csvBytes } from '../http/csv.ts'
import { Problem } from '../http/problem.ts'
import { decodeCsv } from '../register/decode.ts'
import { dateOf } from '../time/korea.ts'
import { MOST_A_DAY } from './approvals.ts'
import { type PortalColumns, type PortalFault, type PortalRow, parsePortalRows } from './portal-rows.ts'
import { lockCitizens } from './rows.ts'
import type { portalAppliedSchema, portalPreviewSchema } from './schema.ts'

type Applied = z.output<typeof portalAppliedSchema>

export type Portal = {
  /** Reads a file of the national portal and says what it would add; adds nothing. @throws Problem `invalid_file` */
  preview(principal: Principal, file: Uint8Array): Promise<z.output<typeof portalPreviewSchema>>
  /** Applies a preview whole, once. @throws Problem `not_found`, `expired`, `invalid_file`, `hours_too_many` */
  apply(principal: Principal, importId: string): Promise<Applied>
  /** Hours that were given here, in the portal's columns; both days counted. */
  csv(principal: Principal, from: string, to: string): Promise<Uint8Array>
  /** Drops the people in previews that nobody applied. */
  sweep(): Promise<void>
}

const PREVIEW_MS = 24 * 60 * 60 * 1000
const LISTED_ERRORS = 500
/** What we gave out ourselves comes back with this in front of its number. */
const OURS = 'IP-'

/** A row whose person the register knows. */
type Known = PortalRow & { subjectId: string }

export function createPortal(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { audit }: { audit: Audit },
): Portal {
  const columns: PortalColumns = city.portalColumns

  return {
    preview: async ({ actor }, file) => {
      const now = clock()
      const { text, encoding } = decodeCsv(file)
      const { rows, errors } = parsePortalRows(text, { columns, today: dateOf(now), mostMinutes: MOST_A_DAY })
      const known = await peopleOf(db.sql, rows, columns, errors)
      const fresh = await newOnes(db.sql, known)
      errors.push(...(await faultsBesides(db.sql, fresh, columns)))
      errors.sort((a, b) => a.row - b.row)
      const appliable = errors.length === 0
      const counts = appliable
        ? { added: fresh.length, unchanged: known.length - fresh.length }
        : { added: 0, unchanged: 0 }
      const id = randomUUID()
      const fileHash = createHash('sha256').update(file).digest('hex')
      await db.transaction(async (sql) => {
        await sql`
          INSERT INTO "HoursImport" ("id", "fileHash", "createdBy", "createdAt", "rows", "added", "unchanged")
          VALUES (${id}::uuid, ${fileHash}, ${actor}, ${now}, ${appliable ? JSON.stringify(known) : null}::jsonb,
            ${counts.added}, ${counts.unchanged})`
        const detail = { ...counts, errors: errors.length }
        await audit.recordIn(sql, { actor, action: 'hours.preview', target: id, detail })
      })
      return {
        id,
        ...counts,
        encoding,
        rows: rows.slice(0, 20).map(({ number, name, title, date, minutes }) => ({
          number,
          name,
          title,
          date,
          minutes,
        })),
        errorCount: errors.length,
        errors: errors.slice(0, LISTED_ERRORS),
      }
    },

    apply: ({ actor }, importId) =>
      db.transaction(async (sql) => {
        const [preview] = await sql<
          Applied & { rows: Known[] | null; createdAt: Date; appliedAt: Date | null }
        >`
          SELECT "rows", "createdAt", "appliedAt", "added", "unchanged" FROM "HoursImport"
          WHERE "id" = ${importId}::uuid AND "createdBy" = ${actor} FOR UPDATE`
        if (!preview) throw new Problem('not_found', 'You have no such import.')
        if (preview.appliedAt) return { added: preview.added, unchanged: preview.unchanged }
        const now = clock()
        if (now.getTime() - preview.createdAt.getTime() > PREVIEW_MS)
          throw new Problem('expired', 'This preview is older than a day. Upload the file again.')
        if (!preview.rows)
          throw new Problem('invalid_file', 'This file has errors. Mend them and upload it again.')
        await lockCitizens(
          sql,
          preview.rows.map(({ subjectId }) => subjectId),
        )
        // Hours may have been confirmed since the preview.
        const fresh = await newOnes(sql, preview.rows)
        const [fault] = await faultsBesides(sql, fresh, columns)
        if (fault)
          throw new Problem('invalid_file', fault.message.en, { errors: [fault], message: fault.message })
        const counts = { added: fresh.length, unchanged: preview.rows.length - fresh.length }
        await insert(sql, fresh, now)
        await sql`
          UPDATE "HoursImport" SET "rows" = NULL, "appliedAt" = ${now}, "added" = ${counts.added},
            "unchanged" = ${counts.unchanged} WHERE "id" = ${importId}::uuid`
        await audit.recordIn(sql, { actor, action: 'hours.import', target: importId, detail: { ...counts } })
        return counts
      }),

    csv: async ({ actor }, from, to) => {
      const rows = await db.sql<ExportRow>`
        SELECT h."id", r."nameKo" AS "name", r."birthDate", h."titleKo", h."organisationKo", h."date", h."minutes",
          a."kind", t."checkedInAt", t."checkedOutAt", h."activityId"
        FROM "VolunteerHours" h JOIN "Resident" r ON r."id" = h."subjectId"
        LEFT JOIN "Activity" a ON a."id" = h."activityId"
        LEFT JOIN "Attendance" t ON h."source" = 'activity:' || t."signupId"::text
        WHERE h."source" LIKE 'activity:%' AND h."minutes" > 0 AND h."date" BETWEEN ${from} AND ${to}
        ORDER BY h."date", h."createdAt", h."id"`
      await audit.record(actor, 'hours.export', 'hours', { from, to, rows: rows.length })
      return csvBytes([
        columns.map(({ heading }) => heading),
        ...rows.map((row) => columns.map(({ field }) => cellsOf(row, city)[field] ?? '')),
      ])
    },

    sweep: async () => {
      const before = new Date(clock().getTime() - PREVIEW_MS)
      await db.sql`UPDATE "HoursImport" SET "rows" = NULL WHERE "rows" IS NOT NULL AND "createdAt" < ${before}`
    },
  }
}

/** Finds each person by name and date of birth; a row of nobody, or of one of several, is a fault. */
async function peopleOf(
  sql: Sql,
  rows: readonly PortalRow[],
  columns: PortalColumns,
  errors: PortalFault[],
): Promise<Known[]> {
  const found = await sql<{ id: string; nameKo: string; birthDate: string }>`
    SELECT DISTINCT r."id", r."nameKo", r."birthDate" FROM "Resident" r
    JOIN jsonb_to_recordset(${JSON.stringify(rows.map(({ name, birthDate }) => ({ name, birthDate })))}::jsonb)
      AS n("name" text, "birthDate" text) ON n."name" = r."nameKo" AND n."birthDate" = r."birthDate"`
  const ids = new Map<string, string[]>()
  for (const { id, nameKo, birthDate } of found) {
    const key = `${nameKo} ${birthDate}`
    ids.set(key, [...(ids.get(key) ?? []), id])
  }
  return rows.flatMap((row) => {
    const people = ids.get(`${row.name} ${row.birthDate}`) ?? []
    const [subjectId] = people
    if (subjectId !== undefined && people.length === 1) return [{ ...row, subjectId }]
    const message =
      people.length === 0
        ? {
            ko: '이름과 생년월일이 맞는 주민이 없어요.',
            en: 'No resident has this name and date of birth.',
          }
        : {
            ko: '이름과 생년월일이 같은 주민이 여럿이에요. 따로 확인해 주세요.',
            en: 'Several residents have this name and date of birth: look into it by hand.',
          }
    errors.push({ row: row.line, column: headingOf(columns, 'name'), message })
    return []
  })
}

/** Those that are not recorded yet: neither from the portal, nor as our own that came back. */
async function newOnes(sql: Sql, rows: readonly Known[]): Promise<Known[]> {
  const sources = rows.map(({ number }) => `1365:${number}`)
  const ours = rows.flatMap(({ number }) => (UUID.test(number.slice(OURS.length)) ? [number] : []))
  const known = await sql<{ source: string }>`
    SELECT "source" FROM "VolunteerHours" WHERE "source" = ANY(${sources}::text[])
    UNION ALL SELECT '1365:' || ${OURS} || "id"::text FROM "VolunteerHours"
    WHERE "id" = ANY(${ours.map((number) => number.slice(OURS.length))}::uuid[])`
  const there = new Set(known.map(({ source }) => source))
  return rows.filter(({ number }) => !there.has(`1365:${number}`))
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Hours that are here already under another number, and days that would have more than eight. */
async function faultsBesides(
  sql: Sql,
  rows: readonly Known[],
  columns: PortalColumns,
): Promise<PortalFault[]> {
  const subjects = [...new Set(rows.map(({ subjectId }) => subjectId))]
  const recorded = await sql<{ subjectId: string; date: string; titleKo: string; minutes: number }>`
    SELECT "subjectId", "date", "titleKo", "minutes" FROM "VolunteerHours"
    WHERE "subjectId" = ANY(${subjects}::uuid[]) AND "minutes" > 0`
  const days = new Map<string, number>()
  const add = (key: string, minutes: number) => {
    const sum = (days.get(key) ?? 0) + minutes
    days.set(key, sum)
    return sum
  }
  const titles = new Set(recorded.map((row) => `${row.subjectId} ${row.date} ${plain(row.titleKo)}`))
  for (const row of recorded) add(`${row.subjectId} ${row.date}`, row.minutes)
  const faults: PortalFault[] = []
  for (const { line, subjectId, date, title, minutes } of rows) {
    const key = `${subjectId} ${date} ${plain(title)}`
    if (titles.has(key))
      faults.push({
        row: line,
        column: headingOf(columns, 'title'),
        message: {
          ko: '같은 날 같은 활동의 시간이 다른 번호로 이미 있어요.',
          en: 'Hours of the same activity on that day are recorded already under another number.',
        },
      })
    else if (add(`${subjectId} ${date}`, minutes) > MOST_A_DAY)
      faults.push({
        row: line,
        column: headingOf(columns, 'minutes'),
        message: {
          ko: '하루에 여덟 시간까지만 인정돼요. 이 날 시간을 더하면 넘어요.',
          en: 'Eight hours a day count at most, and this day would have more.',
        },
      })
    titles.add(key)
  }
  return faults
}

const plain = (title: string) =>
  title
    .normalize('NFC')
    .replaceAll(/[\s·.,()[\]-]/g, '')
    .toLowerCase()
const headingOf = (columns: PortalColumns, field: string) =>
  columns.find((column) => column.field === field)?.heading ?? field

async function insert(sql: Sql, rows: readonly Known[], now: Date): Promise<void> {
  const json = JSON.stringify(rows.map((row) => ({ ...row, id: randomUUID(), source: `1365:${row.number}` })))
  await sql`
    INSERT INTO "VolunteerHours" ("id", "accountId", "subjectId", "organisationKo", "titleKo", "titleEn", "date",
      "minutes", "school", "source", "createdAt")
    SELECT n."id", (SELECT w."id" FROM "WalletAccount" w WHERE w."subjectId" = n."subjectId" AND w."status" = 'open'),
      n."subjectId", n."organisation", n."title", n."title", n."date", n."minutes", false, n."source", ${now}::timestamptz
    FROM jsonb_to_recordset(${json}::jsonb) AS n("id" uuid, "subjectId" uuid, "organisation" text, "title" text,
      "date" text, "minutes" int, "source" text)`
}

type ExportRow = {
  id: string
  name: string
  birthDate: string
  titleKo: string
  organisationKo: string
  date: string
  minutes: number
  kind: string | null
  checkedInAt: Date | null
  checkedOutAt: Date | null
  activityId: string | null
}

function cellsOf(row: ExportRow, city: Pick<Context['city'], 'activityKinds'>): { [field: string]: string } {
  const time = (at: Date | null) =>
    at === null ? '' : at.toLocaleTimeString('en-GB', { timeZone: 'Asia/Seoul', hour12: false }).slice(0, 5)
  return {
    number: `${OURS}${row.id}`,
    name: row.name,
    birthDate: row.birthDate,
    programme: row.activityId ?? '',
    title: row.titleKo,
    organisation: row.organisationKo,
    kind: city.activityKinds.find(({ id }) => id === row.kind)?.name.ko ?? '',
    date: row.date,
    from: time(row.checkedInAt),
    to: time(row.checkedOutAt),
    minutes: String(row.minutes),
  }
}
