import type { ChainEvent } from '@pass/chain'
import type { Sql } from '@pass/database'

/** An event is applied forwards (1n) and undone backwards (-1n): what it moves, it moves back. */
export type Direction = 1n | -1n

export const textOf = ({ args }: ChainEvent, name: string): string => String(args[name])
export const numberOf = ({ args }: ChainEvent, name: string): number => Number(args[name])
export const pointsOf = ({ args }: ChainEvent, name: string): bigint => BigInt(String(args[name]))

/** Adds to what a holder has of a year; the year before gets `previous`. */
export async function addPoints(
  sql: Sql,
  {
    address,
    epoch,
    current,
    previous,
  }: { address: string; epoch: number; current: bigint; previous: bigint },
): Promise<void> {
  if (current !== 0n) await addToEpoch(sql, address, epoch, current)
  if (previous !== 0n) await addToEpoch(sql, address, epoch - 1, previous)
}

async function addToEpoch(sql: Sql, address: string, epoch: number, points: bigint): Promise<void> {
  await sql`
    INSERT INTO "HolderEpoch" ("address", "epoch", "points") VALUES (${address}, ${epoch}, ${points})
    ON CONFLICT ("address", "epoch") DO UPDATE SET "points" = "HolderEpoch"."points" + EXCLUDED."points"`
}

export async function addTotal(
  sql: Sql,
  name: 'awarded' | 'redeemed' | 'donated' | 'refunded' | 'corrected',
  points: bigint,
): Promise<void> {
  if (points === 0n) return
  await sql`
    INSERT INTO "PointTotal" ("name", "points") VALUES (${name}, ${points})
    ON CONFLICT ("name") DO UPDATE SET "points" = "PointTotal"."points" + EXCLUDED."points"`
}

/** When the block of an event was made: what tables say of an event is the same at each reading. */
export const timeOf = ({ blockTime }: ChainEvent): Date => new Date(blockTime * 1000)
