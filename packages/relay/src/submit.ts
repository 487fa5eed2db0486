import { ChainError, type CityChain } from '@pass/chain'
import type { Sql } from '@pass/database'
import type { Signer } from 'ethers'
import type { Effect } from './effect.ts'
import type { RelayLog } from './log.ts'

type TransactionRow = { key: string; nonce: number; raw: string; hash: string }

export type Submitting = {
  sql: Sql
  chain: CityChain
  signer: Signer
  log: RelayLog
}

/**
 * Hands the node every transaction of ours that is in no block: after a crash between writing it down and sending
 * it, when the node dropped it, or when the chain came back older than it was. Answers the account's next nonce.
 */
export async function rebroadcast({ sql, chain, signer, log }: Submitting): Promise<number> {
  const account = (await signer.getAddress()).toLowerCase()
  const nonce = await chain.transactions.nonceOf(account)
  await sql`
    UPDATE "ChainTransaction" SET "status" = 'confirmed', "updatedAt" = now()
    WHERE "signer" = ${account} AND "nonce" < ${nonce} AND "status" = 'sent'`
  const rows = await sql<TransactionRow>`
    SELECT "key", "nonce", "raw", "hash" FROM "ChainTransaction"
    WHERE "signer" = ${account} AND "nonce" >= ${nonce} ORDER BY "nonce"`
  const first = rows[0]
  if (!first) return nonce
  if (first.nonce > nonce) {
    // The transaction that belongs here is lost, and nothing after it can be mined. What the others were to do is
    // done by new ones; the contract refuses whatever would happen twice.
    log.warn({ nonce, waiting: rows.length }, 'relay: a nonce is missing, transactions are made anew')
    await sql`DELETE FROM "ChainTransaction" WHERE "signer" = ${account} AND "nonce" >= ${nonce}`
    return nonce
  }
  await sql`
    UPDATE "ChainTransaction" SET "status" = 'sent', "updatedAt" = now()
    WHERE "signer" = ${account} AND "nonce" >= ${nonce} AND "status" = 'confirmed'`
  for (const { raw } of rows) await broadcast(chain, log, raw)
  return nonce
}

/**
 * Confirms what the chain has finally taken, and sends what has no transaction, or one that was mined without its
 * effect (reverted, or its nonce used by another). Each is written down before it leaves. Nothing beyond `newestBlock` counts yet.
 * Answers how many were sent or lie beyond it: while there are some, another look is worth it.
 */
export async function submit(
  submitting: Submitting & { confirmations: number; clock: () => Date },
  effects: readonly Effect[],
  chainNonce: number,
  newestBlock: number,
): Promise<number> {
  const { sql, log } = submitting
  const rows = await sql<TransactionRow>`
    SELECT "key", "nonce", "raw", "hash" FROM "ChainTransaction"
    WHERE "key" = ANY(${effects.map(({ key }) => key)}::text[])`
  const byKey = new Map(rows.map((row) => [row.key, row]))
  let moved = 0
  for (const effect of effects) {
    const row = byKey.get(effect.key)
    const found = await effect.find(row?.hash ?? null)
    if (found) {
      const depth = found.block === null ? submitting.confirmations : newestBlock - found.block + 1
      if (depth <= 0) moved++
      if (depth >= submitting.confirmations) await effect.confirm(sql, row?.hash ?? null, submitting.clock())
      continue
    }
    if (row && row.nonce >= chainNonce) continue
    try {
      if (await sendAnew(submitting, effect, row, chainNonce)) moved++
    } catch (error) {
      if (!(error instanceof ChainError) || error.code !== 'reverted') throw error
      if (error.reason === 'VersionNotIncreasing' && effect.supersede) await effect.supersede(sql)
      // RootAlreadyAnchored: another process was faster, and the next look finds it.
      log.warn({ effect: effect.key, reason: error.reason }, 'relay: the contract would refuse this')
    }
  }
  return moved
}

/** False when another process took the nonce or the effect in the meantime. */
async function sendAnew(
  { sql, chain, signer, log }: Submitting,
  effect: Effect,
  before: TransactionRow | undefined,
  chainNonce: number,
): Promise<boolean> {
  const account = (await signer.getAddress()).toLowerCase()
  const [last] = await sql<{ nonce: number | null }>`
    SELECT max("nonce") AS "nonce" FROM "ChainTransaction" WHERE "signer" = ${account}`
  const nonce = Math.max(chainNonce, (last?.nonce ?? -1) + 1)
  const { raw, hash } = await chain.transactions.sign(signer, effect.request, nonce)
  const written = before
    ? await sql`
        UPDATE "ChainTransaction" SET "nonce" = ${nonce}, "raw" = ${raw}, "hash" = ${hash}, "status" = 'sent', "updatedAt" = now()
        WHERE "key" = ${effect.key} AND "hash" = ${before.hash}
        AND NOT EXISTS (SELECT 1 FROM "ChainTransaction" WHERE "signer" = ${account} AND "nonce" = ${nonce}) RETURNING "key"`
    : await sql`
        INSERT INTO "ChainTransaction" ("key", "signer", "nonce", "raw", "hash", "status", "updatedAt")
        VALUES (${effect.key}, ${account}, ${nonce}, ${raw}, ${hash}, 'sent', now())
        ON CONFLICT DO NOTHING RETURNING "key"`
  if (written.length === 0) return false
  await broadcast(chain, log, raw)
  return true
}

/** A refusal is no failure: the nonce was used in between, which the next look at the chain tells. */
async function broadcast(chain: CityChain, log: RelayLog, raw: string): Promise<void> {
  try {
    await chain.transactions.broadcast(raw)
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'transaction_refused') throw error
    log.warn({ err: error.cause }, 'relay: the node refused a transaction')
  }
}
