import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import type { z } from 'zod'
import type { WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { askGuardianIn, type ConsentLinks } from './consent-links.ts'
import { membersOf } from './groups.ts'
import { promoteIn } from './places.ts'
import { ADULTHOOD, coveredByAdulthood, type Proofs, provesAdulthood, provesMinority } from './proofs.ts'
import { type ActivityRow, lockActivity, lockCitizens, readActivity } from './rows.ts'
import type { signedUpSchema, signupBodySchema, verificationNeededSchema } from './schema.ts'
import { signupView } from './signup-view.ts'

type Body = z.output<typeof signupBodySchema>
type SignedUp = z.output<typeof signedUpSchema>
type Needed = z.output<typeof verificationNeededSchema>

/** Somebody who is to be signed up, and whether they proved to be of age. */
export type Member = { accountId: string; subjectId: string; adult: boolean }

export type Signups = {
  /**
   * Signs up, or says what has to be proved first. The leader of a group signs up all its members, who get places
   * together or wait together.
   * @throws Problem `activity_closed`, `signup_overlaps`, `proof_each`, `not_found` for no such group
   */
  signUp(wallet: WalletPrincipal, body: Body): Promise<SignedUp | Needed>
  /** The same with a proof; may ask for another one. @throws Problem also `proof_missing` */
  signUpProved(wallet: WalletPrincipal, body: Body & { verificationId: string }): Promise<SignedUp | Needed>
  /** Until it begins. The first who waits moves up in the same transaction. @throws Problem `not_found`, `activity_closed` */
  withdraw(wallet: WalletPrincipal, signupId: string): Promise<SignedUp>
}

export function createSignups(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { proofs, links }: { proofs: Proofs; links: ConsentLinks },
): Signups {
  const enter = async (
    sql: Sql,
    wallet: WalletPrincipal,
    { activityId, groupId }: Body,
    adult: boolean,
  ): Promise<SignedUp> => {
    const whole = groupId === undefined ? null : await membersOf(sql, groupId, wallet)
    const members: Member[] = whole ?? [{ accountId: wallet.accountId, subjectId: wallet.subjectId, adult }]
    await lockCitizens(
      sql,
      members.map(({ subjectId }) => subjectId),
    )
    const activity = await lockActivity(sql, activityId)
    const now = clock()
    if (activity.status !== 'published' || activity.startsAt <= now)
      throw new Problem('activity_closed', 'Nobody can sign up for this any more.')
    const coming = await notYetIn(sql, activity, members, whole !== null)
    if (whole !== null && activity.template !== null) {
      const covered = coveredByAdulthood(city, activity.template) && coming.every((member) => member.adult)
      if (!covered)
        throw new Problem('proof_each', 'Each member has to prove something: let them sign up by themselves.')
    }
    await refuseOverlaps(sql, activity, coming)
    const counts = await takePlaces(sql, activity, coming, groupId ?? null, now)
    const own = await ownSignup(sql, wallet, activityId)
    return {
      signup: own === undefined ? null : await signupView(sql, own, links),
      ...(whole === null ? {} : { group: counts }),
    }
  }

  const takePlaces = async (
    sql: Sql,
    activity: ActivityRow,
    coming: readonly Member[],
    groupId: string | null,
    now: Date,
  ) => {
    if (coming.length > activity.places)
      throw new Problem('conflict', 'The group is larger than the activity.', { places: activity.places })
    // Whoever waits already comes first.
    const fits = activity.waiting === 0 && coming.length <= activity.places - activity.taken
    const counts = { signed: 0, waiting: 0, consent: 0 }
    for (const { accountId, adult } of coming) {
      const status = !fits ? 'waiting' : adult ? 'signed' : 'consent'
      counts[status] += 1
      const [row] = await sql<{ id: string }>`
        INSERT INTO "Signup" ("id", "activityId", "accountId", "groupId", "status", "createdAt", "changedAt")
        VALUES (${randomUUID()}::uuid, ${activity.id}::uuid, ${accountId}::uuid, ${groupId}::uuid, ${status}, ${now}, ${now})
        ON CONFLICT ("activityId", "accountId") DO UPDATE SET "status" = EXCLUDED."status",
          "groupId" = EXCLUDED."groupId", "createdAt" = EXCLUDED."createdAt", "changedAt" = EXCLUDED."changedAt"
        RETURNING "id"`
      if (!row) throw new Error('The database kept no sign-up.')
      if (adult) await sql`DELETE FROM "GuardianConsent" WHERE "signupId" = ${row.id}::uuid`
      else await askGuardianIn(sql, links, { signupId: row.id, startsAt: activity.startsAt, now })
    }
    return counts
  }

  return {
    signUp: async (wallet, body) => {
      const activity = await readActivity(db.sql, body.activityId)
      if (activity.status !== 'published' || activity.startsAt <= clock())
        throw new Problem('activity_closed', 'Nobody can sign up for this any more.')
      // Who is in already, or leads a group of people who each spoke for themselves, has nothing to prove.
      const own = await ownSignup(db.sql, wallet, body.activityId, true)
      if (own !== undefined && body.groupId === undefined)
        return { signup: await signupView(db.sql, own, links) }
      if (body.groupId !== undefined && (await membersOf(db.sql, body.groupId, wallet)) !== null)
        return db.transaction((sql) => enter(sql, wallet, body, true))
      const adult = await proofs.isAdult(wallet)
      const { template } = activity
      if (template !== null && !(adult && coveredByAdulthood(city, template))) {
        // One proof for two questions, where being of age answers both.
        if (!adult && !body.guardian && coveredByAdulthood(city, template))
          return { verification: await proofs.ask(wallet, ADULTHOOD), asks: 'adult' }
        const asked = { template, params: activity.params ?? {} }
        return { verification: await proofs.ask(wallet, asked), asks: 'activity' }
      }
      if (!adult && !body.guardian)
        return { verification: await proofs.ask(wallet, ADULTHOOD), asks: 'adult' }
      return db.transaction((sql) => enter(sql, wallet, body, adult))
    },

    signUpProved: async (wallet, { verificationId, ...body }) => {
      const { template, params } = await readActivity(db.sql, body.activityId)
      const asked = template === null ? null : { template, params: params ?? {} }
      const knownAdult = await proofs.isAdult(wallet)
      const proving = (await proofs.templateOf(verificationId)) === ADULTHOOD.template ? ADULTHOOD : asked
      if (!proving) throw new Problem('bad_request', 'This proof is not what the activity asks for.')
      const outcome = await db.transaction(async (sql): Promise<SignedUp | Pick<Needed, 'asks'>> => {
        await proofs.check(sql, wallet, verificationId, proving)
        const adult = knownAdult || provesAdulthood(city, proving.template)
        if (adult) await proofs.noteAdult(sql, wallet)
        const shown =
          asked === null ||
          proving.template === asked.template ||
          (adult && coveredByAdulthood(city, asked.template))
        if (!shown) return { asks: 'activity' }
        // What is for young people alone has shown that a guardian is needed.
        const young = asked !== null && provesMinority(city, asked.template)
        if (!adult && !body.guardian && !young) return { asks: 'adult' }
        return enter(sql, wallet, body, adult)
      })
      if (!('asks' in outcome)) return outcome
      const next = outcome.asks === 'activity' && asked ? asked : ADULTHOOD
      return { ...outcome, verification: await proofs.ask(wallet, next) }
    },

    withdraw: (wallet, signupId) =>
      db.transaction(async (sql) => {
        const [signup] = await sql<{ activityId: string }>`
          SELECT s."activityId" FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
          WHERE s."id" = ${signupId}::uuid AND w."subjectId" = ${wallet.subjectId}::uuid`
        if (!signup) throw new Problem('not_found', 'You have no such sign-up.')
        const { startsAt } = await lockActivity(sql, signup.activityId)
        const now = clock()
        if (startsAt <= now) throw new Problem('activity_closed', 'It has begun: tell the organiser.')
        const [present] = await sql`SELECT 1 FROM "Attendance" WHERE "signupId" = ${signupId}::uuid`
        if (present) throw new Problem('activity_closed', 'You checked in already: tell the organiser.')
        await withdrawIn(sql, signupId, now)
        await promoteIn(sql, signup.activityId, now)
        return { signup: await signupView(sql, signupId, links) }
      }),
  }
}

/** The caller holds the activity's lock. */
export async function withdrawIn(sql: Sql, signupId: string, now: Date): Promise<void> {
  await sql`
    UPDATE "Signup" SET "status" = 'withdrawn', "changedAt" = ${now}
    WHERE "id" = ${signupId}::uuid AND "status" IN ('signed', 'waiting', 'consent')`
}

async function ownSignup(sql: Sql, { subjectId }: WalletPrincipal, activityId: string, live = false) {
  const [row] = await sql<{ id: string }>`
    SELECT s."id" FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
    WHERE s."activityId" = ${activityId}::uuid AND w."subjectId" = ${subjectId}::uuid
      AND (NOT ${live}::boolean OR s."status" IN ('signed', 'waiting', 'consent'))
    ORDER BY s."createdAt" DESC LIMIT 1`
  return row?.id
}

/** Those who are not in yet. A leader does not bring back who withdrew. */
async function notYetIn(sql: Sql, { id }: ActivityRow, members: readonly Member[], byLeader: boolean) {
  const subjects = members.map(({ subjectId }) => subjectId)
  const known = await sql<{ subjectId: string; status: string }>`
    SELECT w."subjectId", s."status" FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId"
    WHERE s."activityId" = ${id}::uuid AND w."subjectId" = ANY(${subjects}::uuid[])`
  const out = new Set(
    known
      .filter(({ status }) => byLeader || ['signed', 'waiting', 'consent'].includes(status))
      .map(({ subjectId }) => subjectId),
  )
  return members.filter(({ subjectId }) => !out.has(subjectId))
}

/** Nobody can be in two places. Waiting counts: a place may come free at any moment. */
async function refuseOverlaps(sql: Sql, { id, startsAt, endsAt }: ActivityRow, members: readonly Member[]) {
  const subjects = members.map(({ subjectId }) => subjectId)
  const rows = await sql<{ subjectId: string; activityId: string }>`
    SELECT DISTINCT w."subjectId", a."id" AS "activityId"
    FROM "Signup" s JOIN "WalletAccount" w ON w."id" = s."accountId" JOIN "Activity" a ON a."id" = s."activityId"
    WHERE w."subjectId" = ANY(${subjects}::uuid[]) AND s."status" IN ('signed', 'waiting', 'consent')
      AND a."id" <> ${id}::uuid AND a."status" = 'published' AND a."startsAt" < ${endsAt} AND a."endsAt" > ${startsAt}`
  if (rows.length === 0) return
  const [other] = rows
  throw new Problem(
    'signup_overlaps',
    'There is a sign-up for another activity at that time.',
    members.length === 1
      ? { activityId: other?.activityId }
      : { members: new Set(rows.map((r) => r.subjectId)).size },
  )
}
