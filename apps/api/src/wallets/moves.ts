import { randomUUID } from 'node:crypto'
import { lowS, objectionMessage } from '@pass/chain/authorisations'
import type { Sql } from '@pass/database'
import type { WalletKey } from '../access/wallet-keys.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { importEs256, verifyEs256 } from '../jose/es256.ts'
import { commandIn } from '../mileage/commands.ts'
import { koreanYear } from '../mileage/days.ts'
import { type Account, accountOfKey, openAccountOf, putAccount } from './accounts.ts'
import { cancellationKey, handOver, objectionKey, type Recovery, stopMove } from './recovery.ts'
import type { Objection } from './schema.ts'

type MovesDeps = { audit: Audit }

/** An objection that counts for longer than this is none that a wallet makes. */
const LONGEST_OBJECTION_SECONDS = 30 * 86_400
/** What the chain needs at least to take it. */
const SHORTEST_OBJECTION_SECONDS = 10 * 60

/** How a citizen's points and records come to another phone. */
export function createMoves(
  { db, chain, clock, random }: Pick<Context, 'db' | 'chain' | 'clock' | 'random'>,
  { audit }: MovesDeps,
) {
  /**
   * Moves everything of a citizen to this key: at once when there are no points, else after the contract's delay, in
   * which the old key can object. Asking again for the same move is no second one.
   * @param sql in the transaction that has proven and locked the citizen
   * @throws Problem `move_running` {readyAt}
   */
  async function moveTo(sql: Sql, key: WalletKey, subjectId: string): Promise<Account> {
    const now = clock()
    const put = (status: Account['status']) => putAccount(sql, key, subjectId, { status, random, now })
    const old = await openAccountOf(sql, subjectId)
    if (!old || old.jkt === key.jkt) return put('open')
    await lockAccount(sql, old.id)
    const running = await runningFrom(sql, old.id)
    const own = await accountOfKey(sql, key.jkt)
    if (running && running.toAccountId === own?.id) return own
    if (running || (await isStopping(sql, old.address)))
      throw new Problem('move_running', 'The points are on their way to another phone already.', {
        readyAt: running?.readyAt?.toISOString() ?? null,
      })
    // Points that were to follow from this key to the old one would pass those that come the other way.
    const crossing = own && (await runningFrom(sql, own.id))
    if (crossing) await cancel(sql, crossing, now)

    if (await isEmpty(sql, old.id, now)) {
      const account = await put('closed')
      await handOver(sql, old.id, account.id)
      await audit.recordIn(sql, { actor: actorOf(account), action: 'account.move', target: old.id })
      return { ...account, status: 'open' }
    }
    const account = await put('waiting')
    await begin(sql, { from: old, to: account, leftover: false, now })
    await audit.recordIn(sql, { actor: actorOf(account), action: 'account.move', target: old.id })
    return account
  }

  /**
   * The old phone says no. On the chain its signature stops the move; in our tables it stops at once.
   * @throws Problem `wallet_unknown`, `not_found`, `move_done`, `bad_signature`, `code_used`
   */
  async function object(sql: Sql, key: WalletKey, objection: Objection): Promise<void> {
    const now = clock()
    const [account] = await sql<Account & { held: bigint; lastNonce: number }>`
      SELECT "id", "number", "subjectId", "address", "jkt", "status", "held", "lastNonce" FROM "WalletAccount"
      WHERE "jkt" = ${key.jkt} FOR UPDATE`
    if (!account)
      throw new Problem('wallet_unknown', 'This wallet has not been connected with its citizen yet.')
    const move = await runningFrom(sql, account.id)
    if (!move) throw new Problem('not_found', 'Nobody is moving the points of this phone.')
    if (move.status === 'completing') throw new Problem('move_done', 'The points have moved already.')
    const { nonce, deadline } = objection
    const signature = checkSignature(key, account, objection, now)
    if (nonce <= account.lastNonce) throw new Problem('code_used', 'This number was signed with before.')
    if (account.held > 0n) {
      // Its nonce might pass that of a payment which is on its way, and void it. The payment stops the move as well.
      await cancel(sql, move, now)
    } else {
      await stopMove(sql, move, now)
      await sql`UPDATE "WalletAccount" SET "lastNonce" = ${nonce}::int WHERE "id" = ${account.id}::uuid`
      if (await isRequested(sql, move.id))
        await commandIn(sql, {
          key: objectionKey(move.id),
          call: 'objectToRecovery',
          args: {
            from: account.address,
            key: { x: key.publicJwk.x, y: key.publicJwk.y },
            signature,
            nonce,
            deadline,
          },
        })
    }
    await audit.recordIn(sql, { actor: actorOf(account), action: 'account.object', target: account.id })
  }

  /** Low s, base64url. @throws Problem `bad_signature` */
  function checkSignature(key: WalletKey, { address }: Account, given: Objection, now: Date): string {
    const { nonce, deadline } = given
    const left = deadline - now.getTime() / 1000
    const bytes = Buffer.from(given.signature, 'base64url')
    const message = objectionMessage(domain(), { holder: address as `0x${string}`, nonce, deadline })
    if (
      left < SHORTEST_OBJECTION_SECONDS ||
      left > LONGEST_OBJECTION_SECONDS ||
      !verifyEs256(importEs256(key.publicJwk), message, bytes)
    )
      throw new Problem('bad_signature', 'The signature of the objection does not match.')
    return Buffer.from(lowS(bytes)).toString('base64url')
  }

  const domain = () => ({ chainId: chain.chainId, contract: chain.manifest.contracts.mileage })

  /** What is due: the next step of each move, and moves for points that reached a closed account. */
  async function step(): Promise<void> {
    const moves = await db.sql<{ from: string }>`
      SELECT "fromAccountId" AS "from" FROM "Recovery" WHERE "status" IN ('requested', 'waiting', 'completing')`
    for (const { from } of moves) await db.transaction((sql) => stepMove(sql, from))
    for (const { from, to } of await leftovers(db.sql, clock()))
      await db.transaction(async (sql) => {
        await lockAccount(sql, from.id)
        if (!(await runningFrom(sql, from.id))) await begin(sql, { from, to, leftover: true, now: clock() })
      })
  }

  async function stepMove(sql: Sql, fromAccountId: string): Promise<void> {
    const now = clock()
    await lockAccount(sql, fromAccountId)
    const move = await runningFrom(sql, fromAccountId)
    if (!move || move.status === 'completing') return
    // Whatever the old key signs is its objection, for the contract as well.
    if (await hasPaidSince(sql, move)) await cancel(sql, move, now)
    else if (move.status === 'requested') await request(sql, move)
    else if (move.readyAt && move.readyAt <= now) await complete(sql, move)
  }

  return { moveTo, object, step }
}

const actorOf = ({ id }: Pick<Account, 'id'>): string => `wallet:${id}`

type Ends = { from: Pick<Account, 'id' | 'address'>; to: Pick<Account, 'id' | 'address'> }

async function begin(sql: Sql, { from, to, leftover, now }: Ends & { leftover: boolean; now: Date }) {
  const id = randomUUID()
  await sql`
    INSERT INTO "Recovery" ("id", "fromAccountId", "toAccountId", "status", "leftover", "requestedAt")
    VALUES (${id}::uuid, ${from.id}::uuid, ${to.id}::uuid, 'requested', ${leftover}, ${now})`
  await request(sql, { id, fromAccountId: from.id, from: from.address, to: to.address })
}

/**
 * Asks the contract, once no payment of the old key is on its way: it would settle after the request, and whatever the
 * old key signs counts as its objection.
 */
async function request(
  sql: Sql,
  { id, fromAccountId, from, to }: Pick<Recovery, 'id' | 'fromAccountId' | 'from' | 'to'>,
): Promise<void> {
  const [account] = await sql<{ held: bigint }>`
    SELECT "held" FROM "WalletAccount" WHERE "id" = ${fromAccountId}::uuid`
  if (account?.held !== 0n) return
  await commandIn(sql, { key: requestKey(id), call: 'requestRecovery', args: { from, to } })
}

async function complete(sql: Sql, { id, from }: Pick<Recovery, 'id' | 'from'>): Promise<void> {
  await sql`UPDATE "Recovery" SET "status" = 'completing' WHERE "id" = ${id}::uuid`
  await commandIn(sql, { key: `recovery:complete:${id}`, call: 'completeRecovery', args: { from } })
}

async function cancel(
  sql: Sql,
  move: Pick<Recovery, 'id' | 'from' | 'toAccountId' | 'leftover'>,
  now: Date,
): Promise<void> {
  await stopMove(sql, move, now)
  if (await isRequested(sql, move.id))
    await commandIn(sql, {
      key: cancellationKey(move.id),
      call: 'cancelRecovery',
      args: { from: move.from },
    })
}

const requestKey = (id: string) => `recovery:request:${id}`

/** Whether the contract was asked, or is about to be. */
async function isRequested(sql: Sql, id: string): Promise<boolean> {
  const rows =
    await sql`SELECT 1 FROM "ChainCommand" WHERE "key" = ${requestKey(id)} AND "status" <> 'refused'`
  return rows.length > 0
}

/** Whether an earlier move was stopped here, and the contract has not heard of it. */
async function isStopping(sql: Sql, from: string): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM "ChainCommand" WHERE "status" = 'pending' AND "call" IN ('cancelRecovery', 'objectToRecovery')
      AND "args" @> ${JSON.stringify({ from })}::jsonb`
  return rows.length > 0
}

/** The one move that goes out from an account. */
export async function runningFrom(sql: Sql, accountId: string): Promise<Recovery | undefined> {
  const [row] = await sql<Recovery>`
    SELECT r."id", r."fromAccountId", r."toAccountId", f."address" AS "from", t."address" AS "to", r."status",
      r."leftover", r."requestedAt", r."readyAt"
    FROM "Recovery" r JOIN "WalletAccount" f ON f."id" = r."fromAccountId" JOIN "WalletAccount" t ON t."id" = r."toAccountId"
    WHERE r."fromAccountId" = ${accountId}::uuid AND r."status" IN ('requested', 'waiting', 'completing')
    ORDER BY r."requestedAt" DESC LIMIT 1`
  return row
}

async function hasPaidSince(sql: Sql, { fromAccountId, requestedAt }: Recovery): Promise<boolean> {
  const rows = await sql`
    SELECT 1 FROM "Redemption" WHERE "accountId" = ${fromAccountId}::uuid AND "heldAt" > ${requestedAt}::timestamptz LIMIT 1`
  return rows.length > 0
}

/** Whatever changes a move out of an account holds this lock: payments of it, the citizen, the chain's events. */
async function lockAccount(sql: Sql, accountId: string): Promise<void> {
  await sql`SELECT 1 FROM "WalletAccount" WHERE "id" = ${accountId}::uuid FOR UPDATE`
}

/** Neither points that are good, nor any on their way, nor a payment that is not settled. */
async function isEmpty(sql: Sql, accountId: string, now: Date): Promise<boolean> {
  const year = koreanYear(now)
  const [account] = await sql<{ held: bigint; address: string }>`
    SELECT "held", "address" FROM "WalletAccount" WHERE "id" = ${accountId}::uuid`
  const [row] = await sql<{ some: boolean }>`
    SELECT EXISTS (
      SELECT 1 FROM "HolderEpoch" WHERE "address" = ${account?.address ?? ''} AND "epoch" >= ${year - 1}::int AND "points" > 0
    ) OR EXISTS (
      SELECT 1 FROM "Award" WHERE "accountId" = ${accountId}::uuid AND "status" IN ('pending', 'batched')
    ) AS "some"`
  return account?.held === 0n && row?.some === false
}

/** Closed accounts that points have reached since (an award on its way, a refund), with the citizen's open one. */
async function leftovers(sql: Sql, now: Date): Promise<Ends[]> {
  const year = koreanYear(now)
  const rows = await sql<{ fromId: string; from: string; toId: string; to: string }>`
    SELECT c."id" AS "fromId", c."address" AS "from", o."id" AS "toId", o."address" AS "to"
    FROM "WalletAccount" c JOIN "WalletAccount" o ON o."subjectId" = c."subjectId" AND o."status" = 'open'
    WHERE c."status" = 'closed'
      AND EXISTS (SELECT 1 FROM "HolderEpoch" h
        WHERE h."address" = c."address" AND h."epoch" >= ${year - 1}::int AND h."points" > 0)
      AND NOT EXISTS (SELECT 1 FROM "Recovery" r
        WHERE r."fromAccountId" = c."id" AND r."status" IN ('requested', 'waiting', 'completing'))
      AND NOT EXISTS (SELECT 1 FROM "ChainCommand" k
        WHERE k."status" = 'pending' AND k."args" @> jsonb_build_object('from', c."address"))`
  return rows.map(({ fromId, from, toId, to }) => ({
    from: { id: fromId, address: from },
    to: { id: toId, address: to },
  }))
}
