import { createHash } from 'node:crypto'
import type { Sql } from '@pass/database'
import { csvBytes } from '../http/csv.ts'
import { dateOf, endOf, startOf, timeOf } from '../time/korea.ts'
import type { Period } from './periods.ts'

/** A payment or a refund; a refund's `points` are negative. */
export type StatementLine = {
  kind: 'payment' | 'refund'
  /** When it happened at the counter. */
  at: Date
  points: bigint
  id: string
  /** Of the payment: what the chain knows it by. */
  digest: string
  reason: string
}

export type Statement = Period & {
  lines: StatementLine[]
  payments: number
  gross: bigint
  refunded: bigint
  net: bigint
}

/** Everything of a payee's period that is settled on the chain, in the order in which it happened. */
export async function statementOf(sql: Sql, payeeId: number, period: Period): Promise<Statement> {
  const [from, to] = [startOf(period.from), endOf(period.to)]
  const lines = await sql<StatementLine>`
    SELECT 'payment' AS "kind", "heldAt" AS "at", "amount" AS "points", "id", "digest", '' AS "reason"
    FROM "Redemption" WHERE "payeeId" = ${payeeId} AND "status" = 'settled'
      AND "heldAt" >= ${from} AND "heldAt" < ${to}
    UNION ALL
    SELECT 'refund', r."createdAt", -r."amount", r."id", d."digest", r."reason"
    FROM "Refund" r JOIN "Redemption" d ON d."id" = r."redemptionId"
    WHERE r."payeeId" = ${payeeId} AND r."status" = 'settled'
      AND r."createdAt" >= ${from} AND r."createdAt" < ${to}
    ORDER BY "at", "id"`
  const sum = (kind: StatementLine['kind']) =>
    lines.filter((line) => line.kind === kind).reduce((total, { points }) => total + points, 0n)
  const [gross, refunded] = [sum('payment'), -sum('refund')]
  return {
    ...period,
    lines,
    payments: lines.filter(({ kind }) => kind === 'payment').length,
    gross,
    refunded,
    net: gross - refunded,
  }
}

/** How many payments and refunds of the period may still come out either way. */
export async function openOf(sql: Sql, payeeId: number, period: Period): Promise<number> {
  const [from, to] = [startOf(period.from), endOf(period.to)]
  const [row] = await sql<{ open: bigint }>`
    SELECT (
      SELECT COUNT(*) FROM "Redemption" WHERE "payeeId" = ${payeeId} AND "status" IN ('held', 'batched')
        AND "heldAt" >= ${from} AND "heldAt" < ${to}
    ) + (
      SELECT COUNT(*) FROM "Refund" WHERE "payeeId" = ${payeeId} AND "status" = 'pending'
        AND "createdAt" >= ${from} AND "createdAt" < ${to}
    ) AS "open"`
  return Number(row?.open ?? 0n)
}

/**
 * Digests of lines that the chain's own events do not bear out, point for point: nothing, unless somebody or something
 * wrote into the tables beside the event reader.
 */
export async function unprovenOf(sql: Sql, payeeId: number, { lines }: Statement): Promise<string[]> {
  const events = await sql<{ name: string; digest: string; amount: string }>`
    SELECT "name", "args"->>'digest' AS "digest", "args"->>'amount' AS "amount" FROM "ChainEvent"
    WHERE "name" IN ('Redeemed', 'Refunded') AND "args"->>'payee' = ${String(payeeId)}`
  const key = (name: string, digest: string, amount: string) => `${name} ${digest.toLowerCase()} ${amount}`
  const proven = new Map<string, number>()
  for (const { name, digest, amount } of events) {
    const id = key(name, digest, amount)
    proven.set(id, (proven.get(id) ?? 0) + 1)
  }
  // Two refunds of one payment can be alike: each event bears out one.
  return lines.flatMap(({ kind, digest, points }) => {
    const id =
      kind === 'payment' ? key('Redeemed', digest, String(points)) : key('Refunded', digest, String(-points))
    const left = proven.get(id) ?? 0
    proven.set(id, left - 1)
    return left > 0 ? [] : [digest]
  })
}

const KINDS = { payment: '결제', refund: '환불' } as const

/** The statement as a file for a spreadsheet. Its bytes are what `fileHash` is of. */
export function csvOf({ lines, gross, refunded, net }: Statement): Uint8Array {
  return csvBytes([
    ['날짜', '시각', '구분', '포인트', '번호', '결제 확인값', '사유'],
    ...lines.map(({ kind, at, points, id, digest, reason }) => [
      dateOf(at),
      timeOf(at),
      KINDS[kind],
      points,
      id,
      digest,
      reason,
    ]),
    ['', '', '결제 합계', gross, '', '', ''],
    ['', '', '환불 합계', -refunded, '', '', ''],
    ['', '', '지급액(원)', net, '', '', ''],
  ])
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
