import { createHash, randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Identities } from '../sign-in/identities.ts'
import { dateOf } from '../time/korea.ts'
import { decodeCsv } from './decode.ts'
import { generateResidents } from './generate.ts'
import { type ParsedRows, parseRows, type RowError } from './parse-rows.ts'
import type { ImportRow } from './row.ts'
import type { previewSchema, residentDetailSchema, residentPageSchema } from './schema.ts'
import { compare, type Difference, insertSample, lockRegister, takenIdentities, write } from './store.ts'

const SAMPLE_SIZE = 300
/** A preview waits a day for its officer; then the personal data in it is dropped. */
const PREVIEW_MS = 24 * 60 * 60 * 1000
/** More faults than anyone mends one by one: the rest is counted, not listed. */
const LISTED_ERRORS = 500

export type Register = {
  /** Fills an empty register with synthetic residents. Answers how many. */
  loadSample(): Promise<number>
  /** By the beginning of a name or register number, in the order of register numbers. */
  search(
    principal: Principal,
    filter: { query: string; district: string; cursor?: string; limit: number },
  ): Promise<z.output<typeof residentPageSchema>>
  /** @throws Problem `unknown_subject` */
  read(principal: Principal, id: string): Promise<z.output<typeof residentDetailSchema>>
  /** Reads a CSV and says what it would change; changes nothing. @throws Problem `invalid_file` */
  preview(principal: Principal, file: Uint8Array): Promise<z.output<typeof previewSchema>>
  /**
   * Applies a preview whole, or not at all. Applying it again changes nothing and answers what the first time did.
   * @throws Problem `not_found` for somebody else's preview, `invalid_file` for one with errors, `expired`
   */
  apply(principal: Principal, importId: string): Promise<Difference>
  /** Drops the rows of previews that nobody applied. */
  sweep(): Promise<void>
}

export function createRegister(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { audit, identities }: { audit: Audit; identities: Pick<Identities, 'macOf'> },
): Register {
  type ResidentRow = z.output<typeof residentDetailSchema>
  return {
    loadSample: () =>
      db.transaction(async (sql) => {
        await lockRegister(sql)
        const [someone] = await sql`SELECT 1 FROM "Resident" LIMIT 1`
        if (someone) return 0
        const now = clock()
        const residents = generateResidents(city.id, SAMPLE_SIZE, city.districts, dateOf(now))
        await insertSample(sql, residents, now)
        return residents.length
      }),

    search: async (principal, { query, district, cursor, limit }) => {
      const prefix = `${escapeLike(query.normalize('NFC'))}%`
      const after = cursor === undefined ? '' : readCursor(cursor)
      const rows = await db.sql<Omit<ResidentRow, 'attributes'>>`
        SELECT "id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode", "residentSince"
        FROM "Resident"
        WHERE (${query} = '' OR "nameKo" LIKE ${prefix} OR lower("nameEn") LIKE lower(${prefix})
               OR upper("registerNo") LIKE upper(${prefix}))
          AND (${district} = '' OR "districtCode" = ${district})
          AND "registerNo" > ${after}
        ORDER BY "registerNo" LIMIT ${limit + 1}`
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      await audit.record(principal.actor, 'register.search', 'register', { found: items.length })
      return { items, nextCursor: rows.length > limit && last ? writeCursor(last.registerNo) : null }
    },

    read: async (principal, id) => {
      const [row] = await db.sql<ResidentRow>`
        SELECT "id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
               "residentSince", "attributes"
        FROM "Resident" WHERE "id" = ${id}::uuid`
      if (!row) throw new Problem('unknown_subject', 'The register has nobody with this id.')
      await audit.record(principal.actor, 'register.read', id)
      return row
    },

    preview: async (principal, file) => {
      const now = clock()
      const { text, encoding } = decodeCsv(file)
      const { rows, errors, at } = parseRows(text, {
        districts: city.districts,
        today: dateOf(now),
        identityMacOf: identities.macOf,
      })
      errors.push(...takenFaults(await takenIdentities(db.sql, rows), at))
      const id = randomUUID()
      const appliable = errors.length === 0
      const counts = appliable ? await compare(db.sql, rows) : { added: 0, changed: 0, unchanged: 0 }
      const fileHash = createHash('sha256').update(file).digest('hex')
      await db.transaction(async (sql) => {
        await sql`
          INSERT INTO "RegisterImport" ("id", "fileHash", "createdBy", "createdAt", "rows", "added", "changed", "unchanged")
          VALUES (${id}::uuid, ${fileHash}, ${principal.actor}, ${now}, ${appliable ? JSON.stringify(rows) : null}::jsonb,
                  ${counts.added}, ${counts.changed}, ${counts.unchanged})`
        await audit.recordIn(sql, {
          actor: principal.actor,
          action: 'register.preview',
          target: id,
          detail: { ...counts, errors: errors.length },
        })
      })
      return {
        id,
        ...counts,
        encoding,
        rows: rows.slice(0, 20).map(({ set: _set, drop: _drop, identityMac: _identityMac, ...row }) => row),
        errorCount: errors.length,
        errors: errors.slice(0, LISTED_ERRORS),
      }
    },

    apply: (principal, importId) =>
      db.transaction(async (sql) => {
        // First the row, which makes two applications of one preview wait for each other, then the register.
        const [preview] = await sql<
          Difference & { rows: ImportRow[] | null; createdAt: Date; appliedAt: Date | null }
        >`
          SELECT "rows", "createdAt", "appliedAt", "added", "changed", "unchanged" FROM "RegisterImport"
          WHERE "id" = ${importId}::uuid AND "createdBy" = ${principal.actor} FOR UPDATE`
        if (!preview) throw new Problem('not_found', 'You have no such import.')
        if (preview.appliedAt) {
          const { added, changed, unchanged } = preview
          return { added, changed, unchanged }
        }
        const now = clock()
        if (now.getTime() - preview.createdAt.getTime() > PREVIEW_MS)
          throw new Problem('expired', 'This preview is older than a day. Upload the file again.')
        if (!preview.rows)
          throw new Problem('invalid_file', 'This file has errors. Mend them and upload it again.')
        await lockRegister(sql)
        // Since the preview another import may have given one of these identifiers to somebody else.
        if ((await takenIdentities(sql, preview.rows)).length > 0)
          throw new Problem(
            'invalid_file',
            "An identifier is another resident's by now. Upload the file again.",
          )
        const counts = await write(sql, preview.rows, now)
        await sql`
          UPDATE "RegisterImport" SET "rows" = NULL, "appliedAt" = ${now}, "added" = ${counts.added},
            "changed" = ${counts.changed}, "unchanged" = ${counts.unchanged}
          WHERE "id" = ${importId}::uuid`
        await audit.recordIn(sql, {
          actor: principal.actor,
          action: 'register.import',
          target: importId,
          detail: { ...counts },
        })
        return counts
      }),

    sweep: async () => {
      const before = new Date(clock().getTime() - PREVIEW_MS)
      await db.sql`UPDATE "RegisterImport" SET "rows" = NULL WHERE "rows" IS NOT NULL AND "createdAt" < ${before}`
    },
  }
}

function takenFaults(taken: { registerNo: string; takenBy: string }[], at: ParsedRows['at']): RowError[] {
  return taken.map(({ registerNo, takenBy }) => ({
    ...at(registerNo, 'identity'),
    message: {
      ko: `등록번호 ${takenBy}에 이미 있는 식별값이에요.`,
      en: `This identifier belongs to register number ${takenBy} already.`,
    },
  }))
}

/** A percent sign in a search is a percent sign. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)
}

function writeCursor(registerNo: string): string {
  return Buffer.from(registerNo).toString('base64url')
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[\p{L}\p{N}-]{1,32}$/u.test(text)) throw new Problem('bad_request', 'This cursor is none of ours.')
  return text
}
