import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { isOver, type Period, periodOf } from './periods.ts'
import type { closedSchema, settlementSchema } from './schema.ts'
import { csvOf, hashOf, openOf, type Statement, statementOf, unprovenOf } from './statement.ts'
import { pdfOf } from './statement-pdf.ts'

export type SettlementView = z.output<typeof settlementSchema>

export type Settlements = {
  /** Of one payee, or for the city of all; newest first. */
  list(payeeId?: number): Promise<SettlementView[]>
  /**
   * Closes a period that is over. Closing it again changes nothing.
   * @throws Problem `not_found`, `conflict` for days that are no period, or one that is not over,
   * `payments_open` {open} while something is not final on the chain, `statement_differs` from the chain's events
   */
  close(actor: string, payeeId: number, from: string): Promise<SettlementView>
  /** Closes whatever can be. */
  closeDue(actor: string): Promise<z.output<typeof closedSchema>>
  /** @throws Problem `not_found`, `conflict` when it was paid under another reference */
  paid(principal: Principal, id: string, reference: string): Promise<SettlementView>
  /** For the payee's own staff and for the city. @throws Problem `not_found`, `statement_differs` */
  statement(
    principal: Principal,
    id: string,
    form: 'csv' | 'pdf',
  ): Promise<{ bytes: Uint8Array; name: string }>
}

type Row = {
  id: string
  payeeId: number
  fromDate: string
  toDate: string
  payments: number
  gross: bigint
  refunded: bigint
  net: bigint
  status: string
  fileHash: string
  closedAt: Date
  paidAt: Date | null
  reference: string | null
}

/** A look back that finds every period anybody would still close. */
const LOOK_BACK_DAYS = 200

export function createSettlements(
  { db, city, clock }: Pick<Context, 'db' | 'city' | 'clock'>,
  { audit }: { audit: Audit },
): Settlements {
  const { periodDays } = city.settlement
  const notFound = () => new Problem('not_found', 'There is no such settlement.')

  const viewsOf = async (rows: Row[]): Promise<SettlementView[]> => {
    const ids = [...new Set(rows.map(({ payeeId }) => payeeId))]
    const payees = await db.prisma.payee.findMany({ where: { id: { in: ids } } })
    return rows.map(({ payeeId, fromDate, toDate, closedAt, paidAt, ...row }) => {
      const payee = payees.find(({ id }) => id === payeeId)
      return {
        id: row.id,
        payee: { id: payeeId, name: { ko: payee?.nameKo ?? '', en: payee?.nameEn ?? '' } },
        from: fromDate,
        to: toDate,
        payments: row.payments,
        gross: String(row.gross),
        refunded: String(row.refunded),
        net: String(row.net),
        status: row.status as SettlementView['status'],
        fileHash: row.fileHash,
        closedAt: closedAt.toISOString(),
        paidAt: paidAt?.toISOString() ?? null,
        reference: row.reference,
      }
    })
  }
  const one = async (row: Row): Promise<SettlementView> => {
    const [view] = await viewsOf([row])
    if (!view) throw notFound()
    return view
  }

  /** The statement, if all of it is final and borne out by the chain. */
  const finalStatement = async (payeeId: number, period: Period): Promise<Statement> => {
    const open = await openOf(db.sql, payeeId, period)
    if (open > 0)
      throw new Problem('payments_open', 'Some payments or refunds of this period are not final yet.', {
        open,
      })
    const statement = await statementOf(db.sql, payeeId, period)
    const digests = await unprovenOf(db.sql, payeeId, statement)
    if (digests.length > 0)
      throw new Problem('statement_differs', 'The chain does not bear this statement out.', {
        digests: digests.slice(0, 20),
      })
    return statement
  }

  const close: Settlements['close'] = async (actor, payeeId, from) => {
    const period = periodOf(from, periodDays)
    if (period.from !== from)
      throw new Problem('conflict', `The period of that day begins on ${period.from}.`)
    if (!isOver(period, clock())) throw new Problem('conflict', `This period goes on through ${period.to}.`)
    const payee = await db.prisma.payee.findUnique({ where: { id: payeeId } })
    if (!payee) throw new Problem('not_found', 'There is no such payee.')
    const key = { payeeId_fromDate: { payeeId, fromDate: from } }
    const known = await db.prisma.settlement.findUnique({ where: key })
    if (known) return one(known)

    const statement = await finalStatement(payeeId, period)
    const { payments, gross, refunded, net } = statement
    const id = randomUUID()
    await db.transaction(async (sql) => {
      const added = await sql`
        INSERT INTO "Settlement" ("id", "payeeId", "fromDate", "toDate", "payments", "gross", "refunded", "net",
          "status", "fileHash", "closedBy", "closedAt")
        VALUES (${id}::uuid, ${payeeId}, ${from}, ${period.to}, ${payments}, ${gross}, ${refunded}, ${net},
          'closed', ${hashOf(csvOf(statement))}, ${actor}, ${clock()})
        ON CONFLICT ("payeeId", "fromDate") DO NOTHING RETURNING "id"`
      if (added.length > 0)
        await audit.recordIn(sql, {
          actor,
          action: 'settlement.close',
          target: id,
          detail: { payee: payeeId, from },
        })
    })
    return one(await db.prisma.settlement.findUniqueOrThrow({ where: key }))
  }

  /** Periods that are over, with something in them, and not closed. */
  const due = async (): Promise<{ payeeId: number; from: string }[]> => {
    const since = new Date(clock().getTime() - LOOK_BACK_DAYS * 86_400_000)
    // The exchange is not paid by transfer: its adapter has moved the money already.
    const days = await db.sql<{ payeeId: number; date: string }>`
      SELECT DISTINCT m."payeeId", to_char(m."at" AT TIME ZONE 'Asia/Seoul', 'YYYY-MM-DD') AS "date" FROM (
        SELECT "payeeId", "heldAt" AS "at" FROM "Redemption"
        WHERE "status" <> 'failed' AND "kind" <> 'exchange' AND "heldAt" >= ${since}
        UNION ALL
        SELECT "payeeId", "createdAt" FROM "Refund" WHERE "status" <> 'refused' AND "createdAt" >= ${since}
      ) m`
    const periods = new Map<string, { payeeId: number; from: string }>()
    for (const { payeeId, date } of days) {
      const period = periodOf(date, periodDays)
      if (isOver(period, clock())) periods.set(`${payeeId} ${period.from}`, { payeeId, from: period.from })
    }
    const closed = await db.prisma.settlement.findMany({ select: { payeeId: true, fromDate: true } })
    for (const { payeeId, fromDate } of closed) periods.delete(`${payeeId} ${fromDate}`)
    return [...periods.values()].sort((a, b) => a.from.localeCompare(b.from) || a.payeeId - b.payeeId)
  }

  return {
    list: async (payeeId) =>
      viewsOf(
        await db.prisma.settlement.findMany({
          where: payeeId === undefined ? {} : { payeeId },
          orderBy: [{ fromDate: 'desc' }, { payeeId: 'asc' }],
          take: 1000,
        }),
      ),
    close,
    closeDue: async (actor) => {
      const result: z.output<typeof closedSchema> = { closed: [], waiting: [] }
      for (const { payeeId, from } of await due())
        try {
          result.closed.push(await close(actor, payeeId, from))
        } catch (error) {
          if (!(error instanceof Problem)) throw error
          const open = Number(error.extra['open'] ?? 0)
          result.waiting.push({ payee: payeeId, ...periodOf(from, periodDays), open })
        }
      return result
    },
    paid: async ({ actor }, id, reference) =>
      one(
        await db.transaction(async (sql): Promise<Row> => {
          const [row] = await sql<Row>`SELECT * FROM "Settlement" WHERE "id" = ${id}::uuid FOR UPDATE`
          if (!row) throw notFound()
          if (row.status === 'paid') {
            if (row.reference === reference) return row
            throw new Problem('conflict', `This was paid already, as ${row.reference}.`)
          }
          const paidAt = clock()
          await sql`
            UPDATE "Settlement" SET "status" = 'paid', "paidAt" = ${paidAt}, "reference" = ${reference}
            WHERE "id" = ${id}::uuid`
          await audit.recordIn(sql, { actor, action: 'settlement.paid', target: id, detail: { reference } })
          return { ...row, status: 'paid', paidAt, reference }
        }),
      ),
    statement: async ({ role, payeeId }, id, form) => {
      const row = await db.prisma.settlement.findUnique({ where: { id } })
      if (!row || (role !== 'operator' && row.payeeId !== payeeId)) throw notFound()
      const statement = await statementOf(db.sql, row.payeeId, { from: row.fromDate, to: row.toDate })
      const csv = csvOf(statement)
      // What was closed is what is handed out, also when the chain took something back in the meantime.
      if (hashOf(csv) !== row.fileHash)
        throw new Problem('statement_differs', 'This period is no longer what it was when it was closed.')
      const name = `statement-${row.payeeId}-${row.fromDate}.${form}`
      if (form === 'csv') return { bytes: csv, name }
      const payee = await db.prisma.payee.findUniqueOrThrow({ where: { id: row.payeeId } })
      const head = {
        city: city.name.ko,
        payee: payee.nameKo,
        businessNo: payee.businessNo,
        closedAt: row.closedAt,
      }
      return { bytes: await pdfOf(statement, head), name }
    },
  }
}
