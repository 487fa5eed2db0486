import type { Prisma } from '@pass/database'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { ProgrammeRule } from '../city.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { commandIn } from './commands.ts'
import { dateOfDay, dayOf, koreanDay, mondayOf } from './days.ts'
import type { changeBodySchema, programmeBodySchema, programmeSchema, spendingSchema } from './schema.ts'

type ProgrammeView = z.output<typeof programmeSchema>
type Spending = z.output<typeof spendingSchema>
type Definition = z.output<typeof programmeBodySchema>

export type Programmes = {
  list(): Promise<ProgrammeView[]>
  spending(id: number): Promise<Spending>
  create(principal: Principal, definition: Definition): Promise<ProgrammeView>
  /** Counts once the chain has it. @throws Problem `budget_below_spent` */
  change(principal: Principal, id: number, change: z.output<typeof changeBodySchema>): Promise<ProgrammeView>
  /** At once: nothing is given from now on. */
  stop(principal: Principal, id: number): Promise<ProgrammeView>
  /** Once the chain has it. What the city stopped, an owner cannot resume. */
  resume(principal: Principal, id: number): Promise<ProgrammeView>
}

type Row = Prisma.ProgrammeGetPayload<object> & { rules: unknown }

/** Numbers up to here are the city's files'. */
const FIRST_OF_RUN_TIME = 1000
const WEEKS = 26
const PERIODS = 24

/** @throws Problem `forbidden` for the owners of another programme */
export function requireProgramme(principal: Principal, programmeId: number): void {
  if (principal.role === 'programme' && principal.programmeId !== programmeId)
    throw new Problem('forbidden', 'You act for another programme.')
}

export function createProgrammes(
  { db, agent, clock }: Pick<Context, 'db' | 'agent' | 'clock'>,
  { audit, ring }: { audit: Audit; ring: () => void },
): Programmes {
  const find = async (id: number): Promise<Row> => {
    const row = await db.prisma.programme.findUnique({ where: { id } })
    if (!row) throw new Problem('unknown_programme', 'There is no such programme.')
    return row
  }
  const view = async (row: Row): Promise<ProgrammeView> => {
    const today = koreanDay(clock())
    const from = today - (Math.max(0, today - row.startDay) % row.periodDays)
    const [spent] = await db.sql<{ points: bigint }>`
      SELECT COALESCE(SUM("points"), 0)::bigint AS "points" FROM "ProgrammeSpending"
      WHERE "programmeId" = ${row.id}::int AND "day" BETWEEN ${from}::int AND ${from + row.periodDays - 1}::int`
    return {
      id: row.id,
      slug: row.slug,
      kind: row.kind,
      name: { ko: row.nameKo, en: row.nameEn },
      description: { ko: row.descriptionKo, en: row.descriptionEn },
      owner: { ko: row.ownerKo, en: row.ownerEn },
      status: row.status as ProgrammeView['status'],
      budget: String(row.budget),
      spent: String(spent?.points ?? 0n),
      periodDays: row.periodDays,
      dayLimit: row.dayLimit,
      startsOn: dateOfDay(row.startDay),
      endsOn: dateOfDay(row.endDay),
      rules: row.rules as ProgrammeRule[],
    }
  }

  return {
    list: async () => {
      const rows = await db.prisma.programme.findMany({ orderBy: { id: 'asc' } })
      return Promise.all(rows.map(view))
    },

    spending: async (id) => {
      const { startDay, endDay, periodDays, budget } = await find(id)
      const rows = await db.sql<{ day: number; points: bigint }>`
        SELECT "day", "points" FROM "ProgrammeSpending" WHERE "programmeId" = ${id}::int`
      const last = Math.min(koreanDay(clock()), endDay)
      const between = (from: number, to: number) =>
        String(rows.reduce((sum, { day, points }) => (day >= from && day <= to ? sum + points : sum), 0n))
      const spans = (first: number, length: number, most: number) => {
        const count = last < first ? 0 : Math.floor((last - first) / length) + 1
        return Array.from({ length: count }, (_, i) => first + i * length).slice(-most)
      }
      return {
        periods: spans(startDay, periodDays, PERIODS).map((from) => {
          const to = Math.min(from + periodDays - 1, endDay)
          return {
            from: dateOfDay(from),
            to: dateOfDay(to),
            points: between(from, to),
            budget: String(budget),
          }
        }),
        weeks: spans(mondayOf(startDay), 7, WEEKS).map((week) => ({
          week: dateOfDay(week),
          points: between(week, week + 6),
        })),
      }
    },

    create: async (principal, definition) => {
      const operator = await operatorOf(agent)
      const id = await db.transaction(async (sql) => {
        await sql`SELECT pg_advisory_xact_lock(7001059)`
        const [known] = await sql`SELECT 1 FROM "Programme" WHERE "slug" = ${definition.slug}`
        if (known) throw new Problem('conflict', 'There is a programme of that name already.')
        const [last] = await sql<{ id: number | null }>`SELECT max("id") AS "id" FROM "Programme"`
        const next = Math.max(FIRST_OF_RUN_TIME, (last?.id ?? 0) + 1)
        await insertProgramme(sql, { ...definition, id: next, operator })
        const target = String(next)
        await audit.recordIn(sql, { actor: principal.actor, action: 'programme.create', target })
        return next
      })
      ring()
      return view(await find(id))
    },

    change: async (principal, id, change) => {
      await db.transaction(async (sql) => {
        const [row] = await sql<{
          budget: bigint
          dayLimit: number
          endDay: number
          startDay: number
          periodDays: number
        }>`SELECT "budget", "dayLimit", "endDay", "startDay", "periodDays" FROM "Programme" WHERE "id" = ${id}::int FOR UPDATE`
        if (!row) throw new Problem('unknown_programme', 'There is no such programme.')
        const terms = {
          budgetPerPeriod: String(change.budget ?? row.budget),
          dayLimit: change.dayLimit ?? row.dayLimit,
          endDay: change.endsOn === undefined ? row.endDay : dayOf(change.endsOn),
        }
        if (terms.endDay < row.startDay)
          throw new Problem('bad_request', 'A programme does not end before it starts.')
        const today = koreanDay(clock())
        const from = today - (Math.max(0, today - row.startDay) % row.periodDays)
        const [spent] = await sql<{ points: bigint }>`
          SELECT ((SELECT COALESCE(SUM("points"), 0) FROM "ProgrammeSpending"
              WHERE "programmeId" = ${id}::int AND "day" >= ${from}::int)
            + (SELECT COALESCE(SUM("points"), 0) FROM "Award"
              WHERE "programmeId" = ${id}::int AND "day" >= ${from}::int AND "status" IN ('pending', 'batched'))
          )::bigint AS "points"`
        if (BigInt(terms.budgetPerPeriod) < (spent?.points ?? 0n))
          throw new Problem('budget_below_spent', 'More than that was given in this period already.', {
            spent: String(spent?.points ?? 0n),
          })
        const key = `programme:${id}:change:${crypto.randomUUID()}`
        await commandIn(sql, { key, call: 'changeProgramme', args: { id, ...terms } })
        const entry = {
          actor: principal.actor,
          action: 'programme.change',
          target: String(id),
          detail: terms,
        }
        await audit.recordIn(sql, entry)
      })
      ring()
      return view(await find(id))
    },

    stop: async (principal, id) => {
      requireProgramme(principal, id)
      await db.transaction(async (sql) => {
        const [row] = await sql`
          UPDATE "Programme" SET "status" = 'stopped' WHERE "id" = ${id}::int AND "status" <> 'stopped' RETURNING "id"`
        if (!row) throw new Problem('conflict', 'There is no such programme, or it is stopped already.')
        const by = principal.role === 'operator' ? 'city' : 'owner'
        const key = `programme:${id}:stop:${crypto.randomUUID()}`
        await commandIn(sql, { key, call: 'stopProgramme', args: { id, by } })
        await audit.recordIn(sql, { actor: principal.actor, action: 'programme.stop', target: String(id) })
      })
      ring()
      return view(await find(id))
    },

    resume: async (principal, id) => {
      requireProgramme(principal, id)
      await db.transaction(async (sql) => {
        const [row] = await sql<{ status: string }>`
          SELECT "status" FROM "Programme" WHERE "id" = ${id}::int FOR UPDATE`
        if (row?.status !== 'stopped') throw new Problem('conflict', 'This programme is not stopped.')
        const [last] = await sql<{ call: string; by: string | null }>`
          SELECT "call", "args"->>'by' AS "by" FROM "ChainCommand"
          WHERE "call" IN ('stopProgramme', 'resumeProgramme') AND ("args"->>'id')::int = ${id}::int
            AND "status" <> 'refused'
          ORDER BY "id" DESC LIMIT 1`
        if (last?.call === 'resumeProgramme')
          throw new Problem('conflict', 'This programme is being resumed already.')
        if (principal.role !== 'operator' && last?.by === 'city')
          throw new Problem('forbidden', 'The city stopped this programme, and only the city can resume it.')
        const key = `programme:${id}:resume:${crypto.randomUUID()}`
        await commandIn(sql, { key, call: 'resumeProgramme', args: { id } })
        await audit.recordIn(sql, { actor: principal.actor, action: 'programme.resume', target: String(id) })
      })
      ring()
      return view(await find(id))
    },
  }
}

/** The account that is a programme's operator on the chain: owners act through the city, and hold no keys there. */
async function operatorOf(agent: Context['agent']): Promise<string> {
  return (await (await agent.chainSigner('treasurer')).getAddress()).toLowerCase()
}

/** The row, and the order to the chain. */
async function insertProgramme(
  sql: Parameters<typeof commandIn>[0],
  programme: Definition & { id: number; operator: string },
): Promise<void> {
  const { id, operator, slug, kind, name, description, owner, budget, periodDays, dayLimit } = programme
  const [startDay, endDay] = [dayOf(programme.startsOn), dayOf(programme.endsOn)]
  await sql`
    INSERT INTO "Programme" ("id", "slug", "kind", "nameKo", "nameEn", "descriptionKo", "descriptionEn", "ownerKo",
      "ownerEn", "budget", "periodDays", "dayLimit", "startDay", "endDay", "rules", "status")
    VALUES (${id}, ${slug}, ${kind}, ${name.ko}, ${name.en}, ${description.ko}, ${description.en}, ${owner.ko},
      ${owner.en}, ${budget}, ${periodDays}, ${dayLimit}, ${startDay}, ${endDay},
      ${JSON.stringify(programme.rules)}::jsonb, 'pending')`
  const terms = { operator, budgetPerPeriod: String(budget), periodDays, dayLimit, startDay, endDay }
  await commandIn(sql, { key: `programme:${id}:create`, call: 'createProgramme', args: { id, ...terms } })
}

/**
 * Brings the programmes of the city's files into the database and orders those that are new on the chain. Names and
 * rules follow the file; budget, limit and end, once given, are changed by an operator, for all to see.
 */
export async function ensureProgrammes({
  db,
  agent,
  city,
}: Pick<Context, 'db' | 'agent' | 'city'>): Promise<void> {
  const operator = await operatorOf(agent)
  for (const { id: slug, number: id, budget, ...rest } of city.programmes.values())
    await db.transaction(async (sql) => {
      const { name, description, owner, kind, rules } = rest
      const [known] = await sql`
        UPDATE "Programme" SET "kind" = ${kind}, "nameKo" = ${name.ko}, "nameEn" = ${name.en},
          "descriptionKo" = ${description.ko}, "descriptionEn" = ${description.en}, "ownerKo" = ${owner.ko},
          "ownerEn" = ${owner.en}, "rules" = ${JSON.stringify(rules)}::jsonb
        WHERE "id" = ${id}::int RETURNING "id"`
      if (known) return
      const terms = { budget: budget.points, periodDays: budget.periodDays }
      await insertProgramme(sql, { ...rest, ...terms, slug, id, operator })
    })
}
