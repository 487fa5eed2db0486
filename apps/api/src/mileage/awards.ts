import { createHash, randomUUID } from 'node:crypto'
import type { Localized } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { Problem, type ProblemCode } from '../http/problem.ts'
import { koreanDay } from './days.ts'

export type AwardInput = {
  programmeId: number
  accountId: string
  points: number
  ruleId: string
  reason: Localized
  /** "staff:<id>", "key:<id>", "volunteering:<hours id>" */
  source: string
  /** Names the act within the programme: a second award with it is the same one. */
  idempotencyKey: string
  /** What else must be equal for that; the content of the request, say. */
  request?: string
}

export type Given = {
  id: string
  points: number
  status: string
  /** It had been given before, and was not given again. */
  repeated: boolean
}

/** An award that the limits kept down: `withheld` says which, `points` what was given all the same (perhaps 0). */
export type GivenWithin = { id: string | null; points: number; withheld: Withheld | null }
export type Withheld = 'programme_stopped' | 'programme_ended' | 'day_limit_reached' | 'budget_spent'

type Terms = {
  status: string
  budget: bigint
  periodDays: number
  dayLimit: number
  startDay: number
  endDay: number
}
type Room = { points: bigint; limit: Withheld }

/** Programmes that one holder can have awards of on one day: the counters in the contract's slot. */
const PROGRAMMES_A_DAY = 4

const SENTENCES: Record<Withheld, string> = {
  programme_stopped: 'The programme is stopped: it gives no points at the moment.',
  programme_ended: 'The programme gives no points today: it has not begun, or has ended.',
  day_limit_reached: 'This is more than the citizen may get in one day.',
  budget_spent: 'The budget of this period is spent.',
}

export type Awards = {
  /**
   * Gives points in the caller's transaction; the chain confirms them within seconds. Awards of one programme wait
   * for each other, so that a limit holds however many come at once.
   * @throws Problem `unknown_programme`, `programme_stopped`, `programme_ended`, `day_limit_reached`, `budget_spent`,
   * `idempotency_conflict`
   */
  awardIn(sql: Sql, award: AwardInput): Promise<Given>
  /** As many of the points as the limits leave. @throws Problem `unknown_programme`, `idempotency_conflict` */
  awardWithin(sql: Sql, award: AwardInput): Promise<GivenWithin>
}

export function createAwards({ clock, random }: Pick<Context, 'clock' | 'random'>): Awards {
  /** Looks for the same act, and else for the room that there is. Locks the programme. */
  const prepare = async (sql: Sql, award: AwardInput, requestHash: string) => {
    const { programmeId, accountId, idempotencyKey } = award
    const [terms] = await sql<Terms>`
      SELECT "budget", "periodDays", "dayLimit", "startDay", "endDay",
        CASE WHEN EXISTS (SELECT 1 FROM "Setting" WHERE "key" = 'points.paused') THEN 'stopped' ELSE "status" END AS "status"
      FROM "Programme"
      WHERE "id" = ${programmeId}::int FOR UPDATE`
    if (!terms) throw new Problem('unknown_programme', 'There is no such programme.')
    const [before] = await sql<Given & { requestHash: string }>`
      SELECT "id", "points", "status", "requestHash" FROM "Award"
      WHERE "programmeId" = ${programmeId}::int AND "idempotencyKey" = ${idempotencyKey}`
    if (before && before.requestHash !== requestHash)
      throw new Problem('idempotency_conflict', 'This key was used for another award.')
    const day = koreanDay(clock())
    return { before, day, room: await roomFor(sql, { terms, programmeId, accountId, day }) }
  }

  const insert = async (sql: Sql, award: AwardInput, requestHash: string, day: number): Promise<Given> => {
    const { programmeId, accountId, points, ruleId, reason, source, idempotencyKey } = award
    const [account] = await sql<{ address: string }>`
      SELECT "address" FROM "WalletAccount" WHERE "id" = ${accountId}::uuid`
    if (!account) throw new Problem('wallet_unknown', 'There is no such account.')
    const id = randomUUID()
    const at = clock()
    const salt = random(32)
    const hash = awardHash({ id, programme: programmeId, points, rule: ruleId, reason, at, salt })
    await sql`
      INSERT INTO "Award" ("id", "programmeId", "accountId", "address", "points", "ruleId", "reasonKo", "reasonEn",
        "source", "idempotencyKey", "requestHash", "day", "salt", "hash", "status", "createdAt")
      VALUES (${id}::uuid, ${programmeId}, ${accountId}::uuid, ${account.address}, ${points}, ${ruleId}, ${reason.ko},
        ${reason.en}, ${source}, ${idempotencyKey}, ${requestHash}, ${day}, ${salt}, ${hash}, 'pending', ${at})`
    return { id, points, status: 'pending', repeated: false }
  }

  return {
    awardIn: async (sql, award) => {
      const requestHash = hashOf(award.request ?? [award.accountId, award.ruleId, award.points])
      const { before, day, room } = await prepare(sql, award, requestHash)
      if (before) return { id: before.id, points: before.points, status: before.status, repeated: true }
      if (room.points < BigInt(award.points))
        throw new Problem(room.limit satisfies ProblemCode, SENTENCES[room.limit], {
          room: String(room.points),
        })
      return insert(sql, award, requestHash, day)
    },

    awardWithin: async (sql, award) => {
      const requestHash = hashOf(award.request ?? [award.accountId, award.ruleId, award.points])
      const { before, day, room } = await prepare(sql, award, requestHash)
      const withheld = (points: number) => (points < award.points ? room.limit : null)
      if (before) return { id: before.id, points: before.points, withheld: withheld(before.points) }
      const points = room.points < BigInt(award.points) ? Number(room.points) : award.points
      if (points === 0) return { id: null, points, withheld: room.limit }
      const { id } = await insert(sql, { ...award, points }, requestHash, day)
      return { id, points, withheld: withheld(points) }
    },
  }
}

/** How many points the programme can still give this citizen today, and what stands in the way of more. */
async function roomFor(
  sql: Sql,
  {
    terms,
    programmeId,
    accountId,
    day,
  }: { terms: Terms; programmeId: number; accountId: string; day: number },
): Promise<Room> {
  const { status, budget, periodDays, dayLimit, startDay, endDay } = terms
  if (status === 'stopped') return { points: 0n, limit: 'programme_stopped' }
  if (day < startDay || day > endDay) return { points: 0n, limit: 'programme_ended' }
  const from = day - ((day - startDay) % periodDays)
  const to = from + periodDays - 1
  // What the chain has, and what is on its way there, as of one moment.
  const [spent] = await sql<{ points: bigint }>`
    SELECT (
      (SELECT COALESCE(SUM("points"), 0) FROM "ProgrammeSpending"
        WHERE "programmeId" = ${programmeId}::int AND "day" BETWEEN ${from}::int AND ${to}::int)
      + (SELECT COALESCE(SUM("points"), 0) FROM "Award"
        WHERE "programmeId" = ${programmeId}::int AND "day" BETWEEN ${from}::int AND ${to}::int
          AND "status" IN ('pending', 'batched'))
    )::bigint AS "points"`
  // Of the citizen, whichever of their wallets got them. As an array, so that no plan reads all awards of the day.
  const today = await sql<{ programmeId: number; points: bigint }>`
    SELECT "programmeId", SUM("points")::bigint AS "points" FROM "Award"
    WHERE "day" = ${day}::int AND "status" <> 'refused' AND "accountId" = ANY(ARRAY(
      SELECT "id" FROM "WalletAccount"
      WHERE "subjectId" = (SELECT "subjectId" FROM "WalletAccount" WHERE "id" = ${accountId}::uuid)))
    GROUP BY "programmeId"`
  const own = today.find((one) => one.programmeId === programmeId)
  const crowded = !own && today.length >= PROGRAMMES_A_DAY
  const ofDay = crowded ? 0n : atLeastZero(BigInt(dayLimit) - (own?.points ?? 0n))
  const ofBudget = atLeastZero(budget - (spent?.points ?? 0n))
  return ofBudget < ofDay
    ? { points: ofBudget, limit: 'budget_spent' }
    : { points: ofDay, limit: 'day_limit_reached' }
}

const atLeastZero = (points: bigint) => (points > 0n ? points : 0n)

type HashedAward = {
  id: string
  programme: number
  points: number
  rule: string
  reason: Localized
  at: Date
  salt: Uint8Array
}

/** What the chain is given of an award: sha256 of its canonical JSON (RFC 8785: members by name), salted. Hex. */
function awardHash({ id, programme, points, rule, reason, at, salt }: HashedAward): string {
  const salted = Buffer.from(salt).toString('hex')
  const { ko, en } = reason
  return hashOf({
    at: at.toISOString(),
    id,
    points,
    programme,
    reason: { en, ko },
    rule,
    salt: salted,
  })
}

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex')
