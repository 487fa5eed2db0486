import type { Sql } from '@pass/database'
import { adopt } from './accounts.ts'

/** One key's points on their way to another, both as addresses: what the contract's events name. */
export type Move = { from: string; to: string }

export type RecoveryStatus = 'requested' | 'waiting' | 'completing' | 'completed' | 'objected'

export type Recovery = {
  id: string
  fromAccountId: string
  toAccountId: string
  from: string
  to: string
  status: RecoveryStatus
  leftover: boolean
  requestedAt: Date
  readyAt: Date | null
}

type Running = Pick<Recovery, 'id' | 'fromAccountId' | 'toAccountId' | 'leftover'>

// The projections of the contract's events call these, in the transaction that writes the event down. What the chain
// says holds, whatever was thought before; a move that nobody here asked for changes no account.

/** The delay has begun; `readyAt` is when it ends. Answers false for a move that is not known here. */
export async function recoveryRequested(
  sql: Sql,
  { from, to, readyAt }: Move & { readyAt: Date },
): Promise<boolean> {
  const move = await newest(sql, { from, to }, ['requested'])
  if (!move) return (await newest(sql, { from, to }, ['objected'])) !== undefined
  await sql`
    UPDATE "Recovery" SET "status" = 'waiting', "readyAt" = ${readyAt}::timestamptz WHERE "id" = ${move.id}::uuid`
  return true
}

export async function undoRecoveryRequested(sql: Sql, { from, to }: Move): Promise<void> {
  const move = await newest(sql, { from, to }, ['waiting', 'completing'])
  if (!move) return
  await sql`UPDATE "Recovery" SET "status" = 'requested', "readyAt" = NULL WHERE "id" = ${move.id}::uuid`
}

/**
 * The points are with the new key: its account opens, the old one closes and hands over what is the citizen's. Answers
 * false for a move that is not known here.
 */
export async function recoveryCompleted(sql: Sql, { from, to, at }: Move & { at: Date }): Promise<boolean> {
  // Also one that was objected to too late: the chain had moved the points already.
  const move = await newest(sql, { from, to }, ['completing', 'waiting', 'requested', 'objected'])
  if (!move) return false
  await sql`UPDATE "Recovery" SET "status" = 'completed', "endedAt" = ${at}::timestamptz WHERE "id" = ${move.id}::uuid`
  if (!move.leftover) await handOver(sql, move.fromAccountId, move.toAccountId)
  return true
}

export async function undoRecoveryCompleted(sql: Sql, { from, to }: Move): Promise<void> {
  const move = await newest(sql, { from, to }, ['completed'])
  if (!move) return
  // One that was objected to, too late, is objected to again: this time it may be in time.
  const stopped = await isStoppedByUs(sql, move.id)
  if (stopped) await sql`UPDATE "Recovery" SET "status" = 'objected' WHERE "id" = ${move.id}::uuid`
  else
    await sql`UPDATE "Recovery" SET "status" = 'completing', "endedAt" = NULL WHERE "id" = ${move.id}::uuid`
  if (move.leftover) return
  await setStatus(sql, move.toAccountId, stopped ? 'closed' : 'waiting')
  await setStatus(sql, move.fromAccountId, 'open')
  await adopt(sql, move.toAccountId, move.fromAccountId)
}

/** The old key has objected, or the city took the request back: nothing moves. */
export async function recoveryObjected(sql: Sql, { from, to, at }: Move & { at: Date }): Promise<void> {
  const move = await newest(sql, { from, to }, ['requested', 'waiting', 'completing'])
  if (move) await stopMove(sql, move, at)
}

export async function undoRecoveryObjected(sql: Sql, { from, to }: Move): Promise<void> {
  const move = await newest(sql, { from, to }, ['objected'])
  if (!move) return
  // An objection that came through us stays a fact, and goes to the chain again.
  if (await isStoppedByUs(sql, move.id)) return
  await sql`
    UPDATE "Recovery" SET "endedAt" = NULL, "status" = CASE WHEN "readyAt" IS NULL THEN 'requested' ELSE 'waiting' END
    WHERE "id" = ${move.id}::uuid`
  if (!move.leftover) await setStatus(sql, move.toAccountId, 'waiting')
}

/** The contract will never take it, as when the old key has signed something since: the new one connects again. */
export async function recoveryRefused(sql: Sql, { from, at }: { from: string; at: Date }): Promise<void> {
  const moves = await sql<Running>`
    SELECT r."id", r."fromAccountId", r."toAccountId", r."leftover" FROM "Recovery" r
    JOIN "WalletAccount" f ON f."id" = r."fromAccountId"
    WHERE f."address" = ${from.toLowerCase()} AND r."status" IN ('requested', 'waiting', 'completing')`
  for (const move of moves) await stopMove(sql, move, at)
}

async function isStoppedByUs(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM "ChainCommand" WHERE "key" IN (${objectionKey(id)}, ${cancellationKey(id)})`
  return rows.length > 0
}

export const objectionKey = (recoveryId: string): string => `recovery:objection:${recoveryId}`
export const cancellationKey = (recoveryId: string): string => `recovery:cancel:${recoveryId}`

/** Ends a move before its time; the account that waited for it closes. */
export async function stopMove(
  sql: Sql,
  { id, toAccountId, leftover }: Pick<Recovery, 'id' | 'toAccountId' | 'leftover'>,
  at: Date,
): Promise<void> {
  await sql`UPDATE "Recovery" SET "status" = 'objected', "endedAt" = ${at}::timestamptz WHERE "id" = ${id}::uuid`
  if (!leftover)
    await sql`UPDATE "WalletAccount" SET "status" = 'closed' WHERE "id" = ${toAccountId}::uuid AND "status" = 'waiting'`
}

/** In this order: a citizen never has two open accounts. */
export async function handOver(sql: Sql, fromId: string, toId: string): Promise<void> {
  await setStatus(sql, fromId, 'closed')
  await setStatus(sql, toId, 'open')
  await adopt(sql, fromId, toId)
}

async function setStatus(sql: Sql, accountId: string, status: 'open' | 'waiting' | 'closed'): Promise<void> {
  await sql`UPDATE "WalletAccount" SET "status" = ${status} WHERE "id" = ${accountId}::uuid`
}

async function newest(
  sql: Sql,
  { from, to }: Move,
  statuses: RecoveryStatus[],
): Promise<Running | undefined> {
  // As everybody does who changes a move; see moves.ts.
  await sql`SELECT 1 FROM "WalletAccount" WHERE "address" = ${from.toLowerCase()} FOR UPDATE`
  const [row] = await sql<Running>`
    SELECT r."id", r."fromAccountId", r."toAccountId", r."leftover" FROM "Recovery" r
    JOIN "WalletAccount" f ON f."id" = r."fromAccountId" JOIN "WalletAccount" t ON t."id" = r."toAccountId"
    WHERE f."address" = ${from.toLowerCase()} AND t."address" = ${to.toLowerCase()} AND r."status" = ANY(${statuses}::text[])
    ORDER BY r."requestedAt" DESC LIMIT 1`
  return row
}
