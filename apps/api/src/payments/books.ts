import type { Principal, WalletPrincipal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { dateOf, endOf, startOf } from '../time/korea.ts'
import type { RefundView } from './refunds.ts'

export type OwnPayment = {
  id: string
  status: string
  payee: { id: number; name: { ko: string; en: string }; kind: string }
  amount: bigint
  refunded: bigint
  heldAt: Date
  settledAt: Date | null
  receipt: string | null
}

export type MerchantPayment = {
  id: string
  amount: bigint
  refunded: bigint
  status: string
  via: string
  heldAt: Date
  settledAt: Date | null
  refunds: RefundView[]
}

export type DayTotals = {
  date: string
  payments: number
  amount: bigint
  refunds: number
  refunded: bigint
  net: bigint
  /** Of these, what the chain has not yet. */
  unsettled: { payments: number; amount: bigint }
}

/** What payer and payee can read of their payments: the payee learns nothing of who paid. */
export type Books = {
  /** @throws Problem `not_found` for somebody else's too */
  payment(wallet: WalletPrincipal, id: string): Promise<OwnPayment>
  totals(principal: Principal, date?: string): Promise<DayTotals>
  /** Newest first. `cursor` is the last page's `nextCursor`. */
  payments(
    principal: Principal,
    page: { date?: string | undefined; cursor?: string | undefined; limit: number },
  ): Promise<{ items: MerchantPayment[]; nextCursor: string | null }>
}

export function createBooks({ db, clock }: Pick<Context, 'db' | 'clock'>): Books {
  return {
    payment: async ({ accountId }, id) => {
      const row = await db.prisma.redemption.findFirst({ where: { id, accountId } })
      const payee = row && (await db.prisma.payee.findUnique({ where: { id: row.payeeId } }))
      if (!row || !payee) throw new Problem('not_found', 'There is no such payment of yours.')
      const { status, amount, refunded, heldAt, settledAt, hash } = row
      const { nameKo: ko, nameEn: en, kind } = payee
      return {
        id,
        status,
        payee: { id: payee.id, name: { ko, en }, kind },
        amount,
        refunded,
        heldAt,
        settledAt,
        receipt: status === 'settled' ? hash : null,
      }
    },

    totals: async ({ payeeId }, date = dateOf(clock())) => {
      const [from, to] = [startOf(date), endOf(date)]
      const [paid] = await db.sql<{ payments: bigint; amount: bigint; open: bigint; openAmount: bigint }>`
        SELECT COUNT(*) AS "payments", COALESCE(SUM("amount"), 0)::bigint AS "amount",
          COUNT(*) FILTER (WHERE "status" <> 'settled') AS "open",
          COALESCE(SUM("amount") FILTER (WHERE "status" <> 'settled'), 0)::bigint AS "openAmount"
        FROM "Redemption"
        WHERE "payeeId" = ${payeeId} AND "heldAt" >= ${from} AND "heldAt" < ${to} AND "status" <> 'failed'`
      const [back] = await db.sql<{ refunds: bigint; refunded: bigint }>`
        SELECT COUNT(*) AS "refunds", COALESCE(SUM("amount"), 0)::bigint AS "refunded" FROM "Refund"
        WHERE "payeeId" = ${payeeId} AND "createdAt" >= ${from} AND "createdAt" < ${to} AND "status" <> 'refused'`
      if (!paid || !back) throw new Error('The database answered no totals.')
      return {
        date,
        payments: Number(paid.payments),
        amount: paid.amount,
        refunds: Number(back.refunds),
        refunded: back.refunded,
        net: paid.amount - back.refunded,
        unsettled: { payments: Number(paid.open), amount: paid.openAmount },
      }
    },

    payments: async ({ payeeId }, { date, cursor, limit }) => {
      if (payeeId === null) throw new Problem('forbidden', 'You act for no merchant.')
      const [at, after] = cursor?.split('_') ?? []
      const before = at === undefined ? undefined : new Date(Number(at))
      const rows = await db.prisma.redemption.findMany({
        where: {
          payeeId,
          AND: [
            date === undefined ? {} : { heldAt: { gte: startOf(date), lt: endOf(date) } },
            before === undefined || after === undefined
              ? {}
              : { OR: [{ heldAt: { lt: before } }, { heldAt: before, id: { lt: after } }] },
          ],
        },
        orderBy: [{ heldAt: 'desc' }, { id: 'desc' }],
        take: limit + 1,
      })
      const page = rows.slice(0, limit)
      const refunds = await db.prisma.refund.findMany({
        where: { redemptionId: { in: page.map(({ id }) => id) } },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      })
      const last = page.at(-1)
      return {
        items: page.map(({ id, amount, refunded, status, via, heldAt, settledAt }) => ({
          id,
          amount,
          refunded,
          status,
          via,
          heldAt,
          settledAt,
          refunds: refunds
            .filter(({ redemptionId }) => redemptionId === id)
            .map((refund) => ({
              id: refund.id,
              paymentId: id,
              amount: refund.amount,
              reason: refund.reason,
              status: refund.status,
              createdAt: refund.createdAt,
              settledAt: refund.settledAt,
            })),
        })),
        nextCursor: rows.length > limit && last ? `${last.heldAt.getTime()}_${last.id}` : null,
      }
    },
  }
}
