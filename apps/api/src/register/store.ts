import type { Sql } from '@pass/database'
import type { Resident } from './resident.ts'
import type { ImportRow } from './row.ts'

/** Serialises everything that writes the register: imports, and the sample at start. Any fixed number will do. */
const REGISTER_LOCK = 7_203_914

/** To be called first in a transaction that writes the register. */
export async function lockRegister(sql: Sql): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${REGISTER_LOCK})`
}

export type Difference = { added: number; changed: number; unchanged: number }

/** What applying the rows would do now. An `identityMac` that a row lacks stays; an empty one goes. */
export async function compare(sql: Sql, rows: readonly ImportRow[]): Promise<Difference> {
  const [counts] = await sql<{ added: bigint; changed: bigint }>`
    SELECT count(*) FILTER (WHERE r."id" IS NULL) AS added,
           count(*) FILTER (WHERE r."id" IS NOT NULL AND (
             r."nameKo", r."nameEn", r."birthDate", r."districtCode", r."neighbourhoodCode", r."residentSince",
             r."attributes", coalesce(r."identityMac", '')
           ) IS DISTINCT FROM (
             n."nameKo", n."nameEn", n."birthDate", n."districtCode", n."neighbourhoodCode", n."residentSince",
             (r."attributes" - ARRAY(SELECT jsonb_array_elements_text(n."drop"))) || n."set",
             coalesce(n."identityMac", r."identityMac", '')
           )) AS changed
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS n(
      "registerNo" text, "nameKo" text, "nameEn" text, "birthDate" text, "districtCode" text,
      "neighbourhoodCode" text, "residentSince" text, "set" jsonb, "drop" jsonb, "identityMac" text)
    LEFT JOIN "Resident" r ON r."registerNo" = n."registerNo"`
  return difference(rows.length, counts)
}

/**
 * Register numbers of rows whose identifier is another resident's, together with that resident's. One who gets another
 * identifier, or none, by the same rows gives theirs free.
 */
export async function takenIdentities(
  sql: Sql,
  rows: readonly ImportRow[],
): Promise<{ registerNo: string; takenBy: string }[]> {
  const naming = rows.flatMap(({ registerNo, identityMac }) =>
    identityMac === undefined ? [] : [{ registerNo, identityMac }],
  )
  if (naming.length === 0) return []
  const json = JSON.stringify(naming)
  return sql<{ registerNo: string; takenBy: string }>`
    SELECT n."registerNo", r."registerNo" AS "takenBy"
    FROM jsonb_to_recordset(${json}::jsonb) AS n("registerNo" text, "identityMac" text)
    JOIN "Resident" r ON r."identityMac" = n."identityMac" AND r."registerNo" <> n."registerNo"
    LEFT JOIN jsonb_to_recordset(${json}::jsonb) AS own("registerNo" text, "identityMac" text)
      ON own."registerNo" = r."registerNo"
    WHERE own."registerNo" IS NULL`
}

/** Writes the rows that differ, under the register's lock, in the caller's transaction. */
export async function write(sql: Sql, rows: readonly ImportRow[], now: Date): Promise<Difference> {
  const json = JSON.stringify(rows)
  // First, so that two residents can change identifiers with each other: each is unique at every moment.
  const released = rows.some(({ identityMac }) => identityMac !== undefined)
    ? await sql<{ id: string }>`
        UPDATE "Resident" r SET "identityMac" = NULL, "updatedAt" = ${now}
        FROM jsonb_to_recordset(${json}::jsonb) AS n("registerNo" text, "identityMac" text)
        WHERE r."registerNo" = n."registerNo" AND r."identityMac" <> n."identityMac"
        RETURNING r."id"`
    : []
  const changed = await sql<{ id: string }>`
    UPDATE "Resident" r
    SET "nameKo" = n."nameKo", "nameEn" = n."nameEn", "birthDate" = n."birthDate", "districtCode" = n."districtCode",
        "neighbourhoodCode" = n."neighbourhoodCode", "residentSince" = n."residentSince", "updatedAt" = ${now},
        "attributes" = (r."attributes" - ARRAY(SELECT jsonb_array_elements_text(n."drop"))) || n."set",
        "identityMac" = nullif(coalesce(n."identityMac", r."identityMac"), '')
    FROM jsonb_to_recordset(${json}::jsonb) AS n(
      "registerNo" text, "nameKo" text, "nameEn" text, "birthDate" text, "districtCode" text,
      "neighbourhoodCode" text, "residentSince" text, "set" jsonb, "drop" jsonb, "identityMac" text)
    WHERE r."registerNo" = n."registerNo" AND (
      r."nameKo", r."nameEn", r."birthDate", r."districtCode", r."neighbourhoodCode", r."residentSince",
      r."attributes", coalesce(r."identityMac", '')
    ) IS DISTINCT FROM (
      n."nameKo", n."nameEn", n."birthDate", n."districtCode", n."neighbourhoodCode", n."residentSince",
      (r."attributes" - ARRAY(SELECT jsonb_array_elements_text(n."drop"))) || n."set",
      coalesce(n."identityMac", r."identityMac", ''))
    RETURNING r."id"`
  const added = await sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince", "attributes", "identityMac", "createdAt", "updatedAt")
    SELECT gen_random_uuid(), n."registerNo", n."nameKo", n."nameEn", n."birthDate", n."districtCode",
      n."neighbourhoodCode", n."residentSince", n."set", nullif(n."identityMac", ''), ${now}, ${now}
    FROM jsonb_to_recordset(${json}::jsonb) AS n(
      "registerNo" text, "nameKo" text, "nameEn" text, "birthDate" text, "districtCode" text,
      "neighbourhoodCode" text, "residentSince" text, "set" jsonb, "identityMac" text)
    ON CONFLICT ("registerNo") DO NOTHING
    RETURNING "id"`
  const touched = new Set([...released, ...changed].map(({ id }) => id))
  return difference(rows.length, { added: BigInt(added.length), changed: BigInt(touched.size) })
}

export async function insertSample(sql: Sql, residents: readonly Resident[], now: Date): Promise<void> {
  await sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince", "attributes", "createdAt", "updatedAt")
    SELECT "id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode", "residentSince",
      "attributes", ${now}, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(residents)}::jsonb) AS n(
      "id" uuid, "registerNo" text, "nameKo" text, "nameEn" text, "birthDate" text, "districtCode" text,
      "neighbourhoodCode" text, "residentSince" text, "attributes" jsonb)`
}

function difference(total: number, counts: { added: bigint; changed: bigint } | undefined): Difference {
  const [added, changed] = [Number(counts?.added ?? 0n), Number(counts?.changed ?? 0n)]
  return { added, changed, unchanged: total - added - changed }
}
