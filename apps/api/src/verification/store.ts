import type { Sql } from '@pass/database'
import type { CheckResult, Refusal } from './codes.ts'
import type { ClientIdPrefix } from './verifier-identity.ts'

/** `answered`: decided, and waiting for the browser to come back (HAIP 1.0 section 5.1); until then nothing is told. */
export type StoredState = 'created' | 'fetched' | 'answered' | 'accepted' | 'refused'

/** How the wallet is reached, and what the request says beside the question. None of it changes. */
export type Terms = {
  clientIdPrefix: ClientIdPrefix
  channel: 'redirect' | 'dc_api'
  /** Web origins that may ask over the Digital Credentials API. */
  origins: string[]
  /** As they stand in the request: base64url of JSON. */
  transactionData: string[]
  /** Where the browser comes back to on the same device. */
  redirectUri: string | null
}

export type NewVerification = Terms & {
  id: string
  verifierId: string
  actor: string
  template: string | null
  purpose: { ko: string; en: string } | null
  anchorPolicy: 'accept' | 'refuse'
  /** JSON text. */
  dcql: string
  nonce: string
  sealedKey: Uint8Array
  /** JSON text. */
  publicKey: string
  createdAt: Date
  expiresAt: Date
}

/** What answering needs; none of it changes while the request is open. */
export type RequestRow = Terms & {
  verifierId: string
  /** Who asked. */
  createdBy: string
  template: string | null
  purposeKo: string | null
  purposeEn: string | null
  anchorPolicy: 'accept' | 'refuse'
  dcql: unknown
  nonce: string
  sealedKey: Uint8Array
  publicKey: unknown
  state: StoredState
  expiresAt: Date
}

export type ResultRow = {
  id: string
  template: string | null
  state: StoredState
  checks: CheckResult[] | null
  refusal: Refusal | null
  sealedClaims: Uint8Array | null
  claimsReadAt: Date | null
  createdAt: Date
  expiresAt: Date
  answeredAt: Date | null
  transactionData: string[]
  /** Whether this reading took the claims out of the database. */
  taken: boolean
}

/**
 * One statement for the request and its entry in the audit log: they stand or fall together at the price of one
 * round trip.
 */
export async function insertVerification(sql: Sql, row: NewVerification): Promise<void> {
  await sql`
    WITH made AS (
      INSERT INTO "Verification" ("id", "verifierId", "createdBy", "template", "purposeKo", "purposeEn", "anchorPolicy",
        "clientIdPrefix", "channel", "origins", "transactionData", "redirectUri", "dcql", "nonce", "sealedKey",
        "publicKey", "createdAt", "expiresAt")
      VALUES (${row.id}::uuid, ${row.verifierId}, ${row.actor}, ${row.template}, ${row.purpose?.ko ?? null},
        ${row.purpose?.en ?? null}, ${row.anchorPolicy}, ${row.clientIdPrefix}, ${row.channel},
        ${row.origins}::text[], ${row.transactionData}::text[], ${row.redirectUri}, ${row.dcql}::jsonb, ${row.nonce},
        ${row.sealedKey}::bytea,
        ${row.publicKey}::jsonb, ${row.createdAt}::timestamptz, ${row.expiresAt}::timestamptz)
      RETURNING "id", "createdAt"
    )
    INSERT INTO "AuditEntry" ("at", "actor", "action", "target", "detail")
    SELECT "createdAt", ${row.actor}::text, 'verification.create', "id"::text,
      ${JSON.stringify({ template: row.template })}::jsonb FROM made`
}

export async function readRequest(sql: Sql, id: string): Promise<RequestRow | undefined> {
  const [row] = await sql<RequestRow>`
    SELECT "verifierId", "createdBy", "template", "purposeKo", "purposeEn", "anchorPolicy", "clientIdPrefix", "channel",
      "origins", "transactionData", "redirectUri", "dcql", "nonce", "sealedKey", "publicKey", "state", "expiresAt"
    FROM "Verification" WHERE "id" = ${id}::uuid`
  return row
}

/** Notes that wallets have these requests. */
export async function markFetched(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql`
    UPDATE "Verification" SET "state" = 'fetched' WHERE "id" = ANY(${ids}::uuid[]) AND "state" = 'created'`
}

export type Decision = {
  state: 'answered' | 'accepted' | 'refused'
  checks: CheckResult[]
  refusal: Refusal | null
  sealedClaims: Uint8Array | null
  /** sha256, hex, of what the browser has to bring back. */
  responseCodeHash: string | null
  now: Date
}

/**
 * The one statement that decides. Of two answers at the same moment the database lets exactly one pass; the
 * decryption key goes with it. False when the request was answered or had expired.
 */
export async function decide(sql: Sql, id: string, decision: Decision): Promise<boolean> {
  const { state, checks, refusal, sealedClaims, responseCodeHash, now } = decision
  const rows = await sql`
    UPDATE "Verification" SET "state" = ${state}, "checks" = ${JSON.stringify(checks)}::jsonb, "refusal" = ${refusal},
      "sealedClaims" = ${sealedClaims}::bytea, "responseCodeHash" = ${responseCodeHash}, "answeredAt" = ${now}::timestamptz, "sealedKey" = ''::bytea
    WHERE "id" = ${id}::uuid AND "state" IN ('created', 'fetched') AND "expiresAt" > ${now}::timestamptz
    RETURNING "id"`
  return rows.length > 0
}

/**
 * Reads a result, and with the same statement takes the claims out of the database and writes down who got them.
 * The SELECT still sees the row as it was before; of two readings at once only one has `taken`.
 * @param oldest claims that were answered before this moment are dropped unread
 */
export async function takeResult(
  sql: Sql,
  key: { id: string; verifierId: string; actor: string },
  { now, oldest }: { now: Date; oldest: Date },
): Promise<ResultRow | undefined> {
  const [row] = await sql<ResultRow>`
    WITH taken AS (
      UPDATE "Verification" SET "sealedClaims" = NULL, "claimsReadAt" = ${now}::timestamptz
      WHERE "id" = ${key.id}::uuid AND "verifierId" = ${key.verifierId} AND "state" = 'accepted'
        AND "sealedClaims" IS NOT NULL AND "answeredAt" > ${oldest}::timestamptz
      RETURNING "id"
    ), noted AS (
      INSERT INTO "AuditEntry" ("at", "actor", "action", "target", "detail")
      SELECT ${now}::timestamptz, ${key.actor}::text, 'verification.read', "id"::text, '{}'::jsonb FROM taken
    )
    SELECT "id", "template", "state", "checks", "refusal", "sealedClaims", "claimsReadAt", "createdAt", "expiresAt",
      "answeredAt", "transactionData", EXISTS (SELECT 1 FROM taken) AS "taken"
    FROM "Verification" WHERE "id" = ${key.id}::uuid AND "verifierId" = ${key.verifierId}`
  return row
}

export type AnsweredRow = Pick<ResultRow, 'state' | 'refusal' | 'sealedClaims' | 'expiresAt' | 'taken'>

/**
 * As `takeResult`, for what the city asked of a wallet itself: only for who asked, and only when this was the question.
 * @param key `dcql` is JSON text
 */
export async function takeAnswer(
  sql: Sql,
  key: { id: string; verifierId: string; actor: string; dcql: string },
  { now, oldest }: { now: Date; oldest: Date },
): Promise<AnsweredRow | undefined> {
  const [row] = await sql<AnsweredRow>`
    WITH asked AS (
      SELECT "id" FROM "Verification"
      WHERE "id" = ${key.id}::uuid AND "verifierId" = ${key.verifierId} AND "createdBy" = ${key.actor}
        AND "dcql" = ${key.dcql}::jsonb
    ), taken AS (
      UPDATE "Verification" v SET "sealedClaims" = NULL, "claimsReadAt" = ${now}::timestamptz
      FROM asked WHERE v."id" = asked."id" AND v."state" = 'accepted' AND v."sealedClaims" IS NOT NULL
        AND v."answeredAt" > ${oldest}::timestamptz
      RETURNING v."id"
    ), noted AS (
      INSERT INTO "AuditEntry" ("at", "actor", "action", "target", "detail")
      SELECT ${now}::timestamptz, ${key.actor}::text, 'verification.read', "id"::text, '{}'::jsonb FROM taken
    )
    SELECT v."state", v."refusal", v."sealedClaims", v."expiresAt", EXISTS (SELECT 1 FROM taken) AS "taken"
    FROM "Verification" v JOIN asked ON asked."id" = v."id"`
  return row
}

export type SummaryRow = Omit<
  ResultRow,
  'checks' | 'sealedClaims' | 'claimsReadAt' | 'transactionData' | 'taken'
>

export async function listResults(sql: Sql, verifierId: string, limit: number): Promise<SummaryRow[]> {
  return sql<SummaryRow>`
    SELECT "id", "template", "state", "refusal", "createdAt", "expiresAt", "answeredAt"
    FROM "Verification" WHERE "verifierId" = ${verifierId} ORDER BY "createdAt" DESC LIMIT ${limit}`
}

/** Drops claims answered up to `until`. `since` bounds the search to requests made after it. */
export async function sweepClaims(sql: Sql, { since, until }: { since: Date; until: Date }): Promise<number> {
  const rows = await sql`
    UPDATE "Verification" SET "sealedClaims" = NULL
    WHERE "createdAt" > ${since}::timestamptz AND "answeredAt" <= ${until}::timestamptz AND "sealedClaims" IS NOT NULL
    RETURNING "id"`
  return rows.length
}

/** Drops the decryption keys of requests that ran out unanswered, and in the end such requests themselves. */
export async function sweepUnanswered(
  sql: Sql,
  { since, now, oldest }: { since: Date; now: Date; oldest: Date },
): Promise<void> {
  await sql`
    DELETE FROM "Verification"
    WHERE "createdAt" > ${since}::timestamptz AND "answeredAt" IS NULL AND "expiresAt" <= ${oldest}::timestamptz`
  await sql`
    UPDATE "Verification" SET "sealedKey" = ''::bytea
    WHERE "createdAt" > ${since}::timestamptz AND "answeredAt" IS NULL AND "expiresAt" <= ${now}::timestamptz
      AND octet_length("sealedKey") > 0`
}
