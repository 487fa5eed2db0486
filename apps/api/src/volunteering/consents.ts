import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { WalletPrincipal } from '../access/principal.ts'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { promoteIn } from './places.ts'
import { ADULTHOOD, type Proofs } from './proofs.ts'
import { lockActivity, readActivity, viewOf } from './rows.ts'
import type { consentAnswerBodySchema, consentSchema, verificationNeededSchema } from './schema.ts'
import { withdrawIn } from './signups.ts'

type View = z.output<typeof consentSchema>
type Needed = z.output<typeof verificationNeededSchema>

export type Consents = {
  /** What a guardian is asked. @throws Problem `not_found`, `expired` */
  open(wallet: WalletPrincipal, token: string): Promise<View>
  /**
   * A guardian's answer; asks them to prove that they are of age, once. The answer stands, unless they take it back.
   * @throws Problem `not_found`, `expired`, `conflict` when it was answered, `own_consent`, `proof_missing`
   */
  answer(wallet: WalletPrincipal, body: z.output<typeof consentAnswerBodySchema>): Promise<View | Needed>
  /** Those that this guardian gave or refused. */
  list(wallet: WalletPrincipal): Promise<View[]>
  /** Takes a yes back, until the activity begins. @throws Problem `not_found`, `activity_closed` */
  takeBack(wallet: WalletPrincipal, id: string): Promise<View>
  /** Sign-ups whose guardian never answered make room for those who wait. */
  sweep(): Promise<void>
}

type Row = {
  id: string
  signupId: string
  activityId: string
  subjectId: string
  name: string | null
  guardianId: string | null
  status: View['status']
  expiresAt: Date
  answeredAt: Date | null
}

export function createConsents(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { proofs }: { proofs: Proofs },
): Consents {
  const find = async (sql: Sql, token: string): Promise<Row> => {
    const [row] = await sql<Row>`
      SELECT c.*, s."activityId", w."subjectId", r."nameKo" AS "name"
      FROM "GuardianConsent" c JOIN "Signup" s ON s."id" = c."signupId"
      JOIN "WalletAccount" w ON w."id" = s."accountId" LEFT JOIN "Resident" r ON r."id" = w."subjectId"
      WHERE c."tokenHash" = ${hashSecret(token)}`
    if (!row) throw new Problem('not_found', 'This link asks for nothing.')
    if (row.status === 'asked' && row.expiresAt <= clock())
      throw new Problem('expired', 'The time for an answer is over.')
    return row
  }
  const view = async (
    sql: Sql,
    { id, activityId, name, status, expiresAt, answeredAt }: Row,
  ): Promise<View> => ({
    id,
    activity: viewOf(await readActivity(sql, activityId)),
    volunteer: halfHidden(name ?? ''),
    status,
    expiresAt: expiresAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
  })
  const refuseIn = async (sql: Sql, signupId: string, activityId: string, now: Date) => {
    await withdrawIn(sql, signupId, now)
    await promoteIn(sql, activityId, now)
  }

  return {
    open: async (_wallet, token) => view(db.sql, await find(db.sql, token)),

    answer: async (wallet, { token, answer, verificationId }) => {
      const asked = await find(db.sql, token)
      if (asked.subjectId === wallet.subjectId)
        throw new Problem('own_consent', 'Somebody else has to answer: a parent or a guardian.')
      if (verificationId === undefined && !(await proofs.isAdult(wallet)))
        return { verification: await proofs.ask(wallet, ADULTHOOD), asks: 'adult' }
      return db.transaction(async (sql) => {
        if (verificationId !== undefined) {
          await proofs.check(sql, wallet, verificationId, ADULTHOOD)
          await proofs.noteAdult(sql, wallet)
        }
        await lockActivity(sql, asked.activityId)
        const now = clock()
        const [row] = await sql<{ signupId: string }>`
          UPDATE "GuardianConsent" SET "status" = ${answer}, "guardianId" = ${wallet.accountId}::uuid, "answeredAt" = ${now}
          WHERE "id" = ${asked.id}::uuid AND "status" = 'asked' AND "expiresAt" > ${now} RETURNING "signupId"`
        if (!row) throw new Problem('conflict', 'This was answered already.')
        if (answer === 'refused') await refuseIn(sql, row.signupId, asked.activityId, now)
        else
          await sql`
            UPDATE "Signup" SET "status" = 'signed', "changedAt" = ${now}
            WHERE "id" = ${row.signupId}::uuid AND "status" = 'consent'`
        return view(sql, { ...asked, status: answer, answeredAt: now })
      })
    },

    list: async ({ subjectId }) => {
      const rows = await db.sql<Row>`
        SELECT c.*, s."activityId", w."subjectId", r."nameKo" AS "name"
        FROM "GuardianConsent" c JOIN "Signup" s ON s."id" = c."signupId"
        JOIN "WalletAccount" w ON w."id" = s."accountId" LEFT JOIN "Resident" r ON r."id" = w."subjectId"
        JOIN "WalletAccount" g ON g."id" = c."guardianId"
        WHERE g."subjectId" = ${subjectId}::uuid ORDER BY c."answeredAt" DESC LIMIT 100`
      return Promise.all(rows.map((row) => view(db.sql, row)))
    },

    takeBack: (wallet, id) =>
      db.transaction(async (sql) => {
        const [row] = await sql<Row>`
          SELECT c.*, s."activityId", w."subjectId", r."nameKo" AS "name"
          FROM "GuardianConsent" c JOIN "Signup" s ON s."id" = c."signupId"
          JOIN "WalletAccount" w ON w."id" = s."accountId" LEFT JOIN "Resident" r ON r."id" = w."subjectId"
          JOIN "WalletAccount" g ON g."id" = c."guardianId"
          WHERE c."id" = ${id}::uuid AND g."subjectId" = ${wallet.subjectId}::uuid`
        if (!row) throw new Problem('not_found', 'You gave no such consent.')
        const { startsAt } = await lockActivity(sql, row.activityId)
        const now = clock()
        if (startsAt <= now) throw new Problem('activity_closed', 'It has begun.')
        await sql`
          UPDATE "GuardianConsent" SET "status" = 'refused', "answeredAt" = ${now} WHERE "id" = ${id}::uuid`
        await refuseIn(sql, row.signupId, row.activityId, now)
        return view(sql, { ...row, status: 'refused', answeredAt: now })
      }),

    sweep: async () => {
      const late = await db.sql<{ signupId: string; activityId: string }>`
        SELECT c."signupId", s."activityId" FROM "GuardianConsent" c JOIN "Signup" s ON s."id" = c."signupId"
        WHERE c."status" = 'asked' AND c."expiresAt" <= ${clock()} AND s."status" IN ('consent', 'waiting') LIMIT 500`
      for (const { signupId, activityId } of late)
        await db.transaction(async (sql) => {
          await lockActivity(sql, activityId)
          const [still] = await sql`
            SELECT 1 FROM "GuardianConsent" WHERE "signupId" = ${signupId}::uuid AND "status" = 'asked'`
          if (still) await refuseIn(sql, signupId, activityId, clock())
        })
    },
  }
}

/** 김하준 is 김*준, 이솔 is 이*: enough for who knows the child, and little for who found the link. */
function halfHidden(name: string): string {
  const letters = [...name]
  if (letters.length <= 2) return `${letters[0] ?? ''}*`
  return letters.map((letter, index) => (index === 0 || index === letters.length - 1 ? letter : '*')).join('')
}
