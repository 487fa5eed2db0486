import { ChainError, type CityChain } from '@pass/chain'
import type { Sql } from '@pass/database'
import type { Signer } from 'ethers'
import type { RelayLog } from './log.ts'

export type TransactionRow = { key: string; signer: string; nonce: number; raw: string; hash: string }

/** An account of ours, with what the chain says of it. */
export type Account = { signer: Signer; address: string; nonce: number }

export type Nonces = {
  sql: Sql
  chain: CityChain
  log: RelayLog
  stuckAfterMs: number
  /** Transactions whose refusal by the node is in the log already. */
  refusedOnce: Set<string>
}

const MOST_REMEMBERED = 1000

/** Notes whose nonces are used by now, of every account. */
export async function noteLanded({ sql, chain }: Nonces): Promise<void> {
  const accounts = await sql<{ signer: string }>`
    SELECT DISTINCT "signer" FROM "ChainTransaction" WHERE "status" = 'sent'`
  for (const { signer } of accounts) {
    const nonce = await chain.transactions.nonceOf(signer)
    await sql`
      UPDATE "ChainTransaction" SET "status" = 'confirmed', "updatedAt" = now()
      WHERE "signer" = ${signer} AND "nonce" < ${nonce} AND "status" = 'sent'`
  }
}

/**
 * Looks after the account's transactions that are in no block: hands the node those that it does not have (after a
 * crash between writing one down and sending it, when the node dropped it, when the chain came back older than it
 * was), and replaces the first when blocks go by without it. Answers the account with its next nonce on the chain, and
 * how many are on their way.
 */
export async function tendNonces(
  nonces: Nonces,
  signer: Signer,
  newestBlock: number,
): Promise<{ account: Account; inFlight: number }> {
  const { sql, chain, log, stuckAfterMs } = nonces
  const address = (await signer.getAddress()).toLowerCase()
  const nonce = await chain.transactions.nonceOf(address)
  const account = { signer, address, nonce }
  const rows = await sql<TransactionRow & { isLate: boolean }>`
    SELECT "key", "signer", "nonce", "raw", "hash", "status" = 'sent' AND "sentBlock" < ${newestBlock}
      AND "updatedAt" < now() - ${stuckAfterMs}::int * interval '1 millisecond' AS "isLate"
    FROM "ChainTransaction" WHERE "signer" = ${address} AND "nonce" >= ${nonce} ORDER BY "nonce"`
  const [first] = rows
  if (!first) return { account, inFlight: 0 }
  if (first.nonce > nonce) {
    // Another process may have moved things between the two questions.
    if ((await chain.transactions.nonceOf(address)) !== nonce) return { account, inFlight: rows.length }
    // The transaction that belongs here is lost, and nothing after it can be mined. What the others were to do is
    // done by new ones; the contract refuses whatever would happen twice.
    log.warn({ nonce, waiting: rows.length }, 'relay: a nonce is missing, transactions are made anew')
    await sql`DELETE FROM "ChainTransaction" WHERE "signer" = ${address} AND "nonce" >= ${nonce}`
    return { account, inFlight: 0 }
  }
  await sql`
    UPDATE "ChainTransaction" SET "status" = 'sent', "updatedAt" = now(), "sentBlock" = ${newestBlock}
    WHERE "signer" = ${address} AND "nonce" >= ${nonce} AND "status" = 'confirmed'`
  const known = await Promise.all(rows.map(({ hash }) => chain.transactions.isKnown(hash)))
  const missing = known.indexOf(false)
  const taken: boolean[] = []
  if (missing >= 0) for (const row of rows.slice(missing)) taken.push(await broadcast(nonces, row))
  if (first.isLate && (missing !== 0 || !taken[0])) await replace(first)
  return { account, inFlight: rows.length }

  /** Later blocks left it out: a higher price where the account can pay one; else it stays as it is with the node. */
  async function replace({ key, hash, raw }: TransactionRow): Promise<void> {
    const raised = await chain.transactions.raise(signer, raw)
    const next = raised ?? { raw, hash }
    const written = await sql`
      UPDATE "ChainTransaction" SET "raw" = ${next.raw}, "hash" = ${next.hash}, "updatedAt" = now(), "sentBlock" = ${newestBlock}
      WHERE "key" = ${key} AND "hash" = ${hash} RETURNING "key"`
    if (written.length === 0) return
    log.warn({ effect: key, raised: raised !== undefined }, 'relay: blocks go by without a transaction')
    if (raised) await broadcast(nonces, raised)
  }
}

/**
 * Signs the request with the account's next nonce and writes the transaction down before it leaves. False when
 * another process took the nonce or the effect in the meantime. @throws ChainError `reverted` when it would fail now
 */
export async function sendNew(
  nonces: Nonces,
  { signer, address, nonce: least }: Account,
  effect: { key: string; request: { to: `0x${string}`; data: `0x${string}` }; gas?: bigint },
  before: TransactionRow | undefined,
  newestBlock: number,
): Promise<boolean> {
  const { sql, chain } = nonces
  const [last] = await sql<{ nonce: number | null }>`
    SELECT max("nonce") AS "nonce" FROM "ChainTransaction" WHERE "signer" = ${address}`
  const nonce = Math.max(least, (last?.nonce ?? -1) + 1)
  const { raw, hash } = await chain.transactions.sign(signer, effect.request, nonce, effect.gas)
  const written = before
    ? await sql`
        UPDATE "ChainTransaction" SET "signer" = ${address}, "nonce" = ${nonce}, "raw" = ${raw}, "hash" = ${hash},
          "status" = 'sent', "sentBlock" = ${newestBlock}, "updatedAt" = now()
        WHERE "key" = ${effect.key} AND "hash" = ${before.hash}
        AND NOT EXISTS (SELECT 1 FROM "ChainTransaction" WHERE "signer" = ${address} AND "nonce" = ${nonce}) RETURNING "key"`
    : await sql`
        INSERT INTO "ChainTransaction" ("key", "signer", "nonce", "raw", "hash", "status", "sentBlock", "updatedAt")
        VALUES (${effect.key}, ${address}, ${nonce}, ${raw}, ${hash}, 'sent', ${newestBlock}, now())
        ON CONFLICT DO NOTHING RETURNING "key"`
  if (written.length === 0) return false
  await broadcast(nonces, { raw, hash })
  return true
}

/** False when the node does not take it. Then the nonce was used in between, or it is too cheap: the next look tells. */
async function broadcast({ chain, log, refusedOnce }: Nonces, transaction: { raw: string; hash: string }) {
  try {
    await chain.transactions.broadcast(transaction.raw)
    return true
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'transaction_refused') throw error
    if (refusedOnce.size > MOST_REMEMBERED) refusedOnce.clear()
    if (!refusedOnce.has(transaction.hash)) {
      log.warn({ hash: transaction.hash, reason: error.reason }, 'relay: the node refused a transaction')
    }
    refusedOnce.add(transaction.hash)
    return false
  }
}
