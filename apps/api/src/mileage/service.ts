import type { Lane, Projection } from '@pass/relay'
import type { z } from 'zod'
import type { Principal, WalletPrincipal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { ProgrammeRule } from '../city.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { type Awards, createAwards, type Given } from './awards.ts'
import { balanceOf } from './balance.ts'
import { type Corrections, createCorrections } from './corrections.ts'
import { koreanYear } from './days.ts'
import { historyOf } from './history.ts'
import { createPause, type Pause } from './pause.ts'
import { createProgrammes, type Programmes, requireProgramme } from './programmes.ts'
import { type Reconciliation, reconcile } from './reconcile/reconcile.ts'
import type {
  awardBodySchema,
  awardsPageSchema,
  historySchema,
  totalsSchema,
  walletPointsSchema,
} from './schema.ts'
import { mileageSettlement } from './settlement/settlement.ts'

type Page = { cursor?: string | undefined; limit: number }
type Totals = z.output<typeof totalsSchema>

export type Mileage = Awards & {
  programmes: Programmes
  corrections: Corrections
  brake: Pause
  /**
   * Points by a rule of the programme, from its owner, the city, or a machine of theirs. The same key with the same
   * content is the same award, however often it comes.
   * @throws Problem as `awardIn`, and `unknown_rule`, `quantity_too_large`, `wallet_unknown`
   */
  give(
    principal: Principal,
    programmeId: number,
    request: { body: z.output<typeof awardBodySchema>; idempotencyKey: string },
  ): Promise<Given>
  awards(principal: Principal, programmeId: number, page: Page): Promise<z.output<typeof awardsPageSchema>>
  points(wallet: WalletPrincipal): Promise<z.output<typeof walletPointsSchema>>
  history(wallet: WalletPrincipal, page: Page): Promise<z.output<typeof historySchema>>
  totals(): Promise<Totals>
  /** Where database and chain differ. */
  reconcile(): Promise<Reconciliation>
  /** To the chain and back. */
  lanes: Lane[]
  projections: Projection[]
}

export type MileageDeps = {
  audit: Audit
  /** The account of a citizen who reads out its number, or shows the pass. @throws Problem */
  accountByNumber(number: string): Promise<{ id: string }>
  accountByPass(pass: string): Promise<{ id: string }>
  /** Something waits for the chain. */
  ring(): void
}

/** Waiting for others, a block, and the reader. */
const BASE_SECONDS = 3

export function createMileage(context: Context, deps: MileageDeps): Mileage {
  const { db, chain, city, clock, config } = context
  const awards = createAwards(context)
  const brake = createPause(context, deps)

  return {
    ...awards,
    ...mileageSettlement(context),
    programmes: createProgrammes(context, deps),
    corrections: createCorrections(context, deps),
    brake,

    give: async (principal, programmeId, { body, idempotencyKey }) => {
      requireProgramme(principal, programmeId)
      const row = await db.prisma.programme.findUnique({ where: { id: programmeId } })
      if (!row) throw new Problem('unknown_programme', 'There is no such programme.')
      const rules = row.rules as ProgrammeRule[]
      const rule = rules.find(({ id }) => id === body.rule)
      if (!rule) throw new Problem('unknown_rule', 'The programme has no such rule.')
      if (body.quantity > rule.most)
        throw new Problem('quantity_too_large', `This rule counts ${rule.most} at most at once.`, {
          most: rule.most,
        })
      const { id: accountId } =
        'number' in body.to
          ? await deps.accountByNumber(body.to.number)
          : await deps.accountByPass(body.to.pass)
      const { quantity } = body
      const reason = body.reason ?? {
        ko: `${rule.name.ko} ${quantity}${rule.unit.ko}`,
        en: `${rule.name.en}, ${quantity} ${rule.unit.en}`,
      }
      const given = await db.transaction((sql) =>
        awards.awardIn(sql, {
          programmeId,
          accountId,
          points: rule.points * quantity,
          ruleId: rule.id,
          reason,
          source: principal.actor,
          idempotencyKey,
          // A pass is shown anew each time, so the account counts and not how it was named.
          request: JSON.stringify([accountId, rule.id, quantity, reason.ko, reason.en]),
        }),
      )
      deps.ring()
      return given
    },

    awards: async (principal, programmeId, { cursor, limit }) => {
      requireProgramme(principal, programmeId)
      const [time, lastId = '00000000-0000-0000-0000-000000000000'] = cursor?.split('_') ?? []
      const before = time === undefined ? '9999-12-31T00:00:00Z' : new Date(Number(time)).toISOString()
      type Row = {
        id: string
        points: number
        reasonKo: string
        reasonEn: string
        ruleId: string
        status: 'pending' | 'batched' | 'confirmed' | 'refused'
        number: string
        createdAt: Date
        confirmedAt: Date | null
        hash: string
      }
      const rows = await db.sql<Row>`
        SELECT a."id", a."points", a."reasonKo", a."reasonEn", a."ruleId", a."status", w."number", a."createdAt",
          a."confirmedAt", a."hash"
        FROM "Award" a JOIN "WalletAccount" w ON w."id" = a."accountId"
        WHERE a."programmeId" = ${programmeId}::int AND (a."createdAt", a."id") < (${before}::timestamptz, ${lastId}::uuid)
        ORDER BY a."createdAt" DESC, a."id" DESC LIMIT ${limit + 1}::int`
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(
          ({ reasonKo: ko, reasonEn: en, ruleId, number, createdAt, confirmedAt, ...row }) => ({
            ...row,
            reason: { ko, en },
            rule: ruleId,
            to: number,
            createdAt: createdAt.toISOString(),
            confirmedAt: confirmedAt?.toISOString() ?? null,
          }),
        ),
        nextCursor: rows.length > limit && last ? `${last.createdAt.getTime()}_${last.id}` : null,
      }
    },

    points: async ({ accountId }) => {
      const { spendable, held, pending, buckets, lastNonce } = await balanceOf(db.sql, accountId, clock())
      return {
        spendable: String(spendable),
        held: String(held),
        pending: String(pending),
        buckets: buckets.map(({ points, expiresOn }) => ({ points: String(points), expiresOn })),
        lastNonce,
        domain: { chainId: chain.chainId, contract: chain.manifest.contracts.mileage },
        settlementSeconds: BASE_SECONDS + 2 * config.chainConfirmations,
        offline: { most: String(city.settlement.offline.most), perDay: city.settlement.offline.perDay },
      }
    },

    history: ({ subjectId }, page) => historyOf(db.sql, { subjectId, now: clock(), ...page }),

    reconcile: () => reconcile(db, chain),

    totals: async () => {
      const living = koreanYear(clock()) - 1
      const [[sums], totals, paused] = await Promise.all([
        db.sql<{ supply: bigint; expired: bigint }>`
          SELECT COALESCE(SUM("points") FILTER (WHERE "epoch" >= ${living}::int), 0)::bigint AS "supply",
            COALESCE(SUM("points") FILTER (WHERE "epoch" < ${living}::int), 0)::bigint AS "expired"
          FROM "HolderEpoch"`,
        db.prisma.pointTotal.findMany(),
        brake.isPaused(),
      ])
      const sumOf = (name: string) => String(totals.find((one) => one.name === name)?.points ?? 0n)
      return {
        contract: chain.manifest.contracts.mileage,
        chainId: chain.chainId,
        paused,
        supply: String(sums?.supply ?? 0n),
        awarded: sumOf('awarded'),
        redeemed: sumOf('redeemed'),
        donated: sumOf('donated'),
        expired: String(sums?.expired ?? 0n),
        refunded: sumOf('refunded'),
        corrected: sumOf('corrected'),
      }
    },
  }
}
