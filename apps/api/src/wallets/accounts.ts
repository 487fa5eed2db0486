import { randomUUID } from 'node:crypto'
import { holderAddress } from '@pass/chain/authorisations'
import type { Sql } from '@pass/database'
import type { WalletKey } from '../access/wallet-keys.ts'
import { Problem } from '../http/problem.ts'
import { newAccountNumber } from './number.ts'

export type AccountStatus = 'open' | 'waiting' | 'closed'

export type Account = {
  id: string
  number: string
  subjectId: string
  /** 0x, lower case. */
  address: string
  jkt: string
  status: AccountStatus
}

/**
 * Makes whatever concerns one citizen's accounts come one after the other: two phones at once cannot both be the first.
 * @throws Problem `unknown_subject`
 */
export async function lockCitizen(sql: Sql, subjectId: string): Promise<void> {
  const rows = await sql`SELECT 1 FROM "Resident" WHERE "id" = ${subjectId}::uuid FOR NO KEY UPDATE`
  if (rows.length === 0) throw new Problem('unknown_subject', 'The register knows no such person any more.')
}

export async function accountOfKey(sql: Sql, jkt: string): Promise<Account | undefined> {
  const [row] = await sql<Account>`
    SELECT "id", "number", "subjectId", "address", "jkt", "status" FROM "WalletAccount" WHERE "jkt" = ${jkt}`
  return row
}

/** The one account of a citizen that points come to and are paid from. */
export async function openAccountOf(sql: Sql, subjectId: string): Promise<Account | undefined> {
  const [row] = await sql<Account>`
    SELECT "id", "number", "subjectId", "address", "jkt", "status" FROM "WalletAccount"
    WHERE "subjectId" = ${subjectId}::uuid AND "status" = 'open'`
  return row
}

/** The account of a key with that status: a new one, or the one that a phone had before. */
export async function putAccount(
  sql: Sql,
  { publicJwk, jkt }: WalletKey,
  subjectId: string,
  { status, random, now }: { status: AccountStatus; random: (length: number) => Uint8Array; now: Date },
): Promise<Account> {
  const jwk = JSON.stringify(publicJwk)
  const address = holderAddress(publicJwk)
  // A number that somebody has already is drawn again: one in a hundred even when ten million are taken.
  for (;;) {
    const [row] = await sql<Account>`
      INSERT INTO "WalletAccount" ("id", "number", "subjectId", "address", "publicJwk", "jkt", "status", "createdAt")
      SELECT ${randomUUID()}::uuid, n.number, ${subjectId}::uuid, ${address}, ${jwk}::jsonb, ${jkt}, ${status}, ${now}::timestamptz
      FROM (SELECT ${newAccountNumber(random)}::text AS number) n
      WHERE NOT EXISTS (
        SELECT 1 FROM "WalletAccount" a WHERE a."number" = n.number AND a."jkt" <> ${jkt}
      )
      ON CONFLICT ("jkt") DO UPDATE SET "status" = EXCLUDED."status"
      RETURNING "id", "number", "subjectId", "address", "jkt", "status"`
    if (row) return row
  }
}

/**
 * Gives one account's sign-ups, hours, groups and consents to another of the same citizen. What was signed by the key
 * stays with it: payments, and the awards that reached it.
 */
export async function adopt(sql: Sql, fromId: string, toId: string): Promise<void> {
  await sql`
    UPDATE "Signup" s SET "accountId" = ${toId}::uuid WHERE "accountId" = ${fromId}::uuid
      AND NOT EXISTS (SELECT 1 FROM "Signup" o WHERE o."activityId" = s."activityId" AND o."accountId" = ${toId}::uuid)`
  await sql`
    UPDATE "GroupMember" m SET "accountId" = ${toId}::uuid WHERE "accountId" = ${fromId}::uuid
      AND NOT EXISTS (SELECT 1 FROM "GroupMember" o WHERE o."groupId" = m."groupId" AND o."accountId" = ${toId}::uuid)`
  await sql`UPDATE "Attendance" SET "accountId" = ${toId}::uuid WHERE "accountId" = ${fromId}::uuid`
  await sql`UPDATE "VolunteerHours" SET "accountId" = ${toId}::uuid WHERE "accountId" = ${fromId}::uuid`
  await sql`UPDATE "VolunteerGroup" SET "leaderId" = ${toId}::uuid WHERE "leaderId" = ${fromId}::uuid`
  await sql`UPDATE "GuardianConsent" SET "guardianId" = ${toId}::uuid WHERE "guardianId" = ${fromId}::uuid`
  await sql`
    UPDATE "WalletAccount" SET "adultProvenAt" = COALESCE("adultProvenAt",
      (SELECT "adultProvenAt" FROM "WalletAccount" WHERE "id" = ${fromId}::uuid))
    WHERE "id" = ${toId}::uuid`
  await sql`UPDATE "Offer" SET "accountId" = ${toId}::uuid WHERE "accountId" = ${fromId}::uuid`
}
