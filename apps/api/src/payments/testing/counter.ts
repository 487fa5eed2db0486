import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { type Payment, redemptionDigest } from '@pass/chain/authorisations'
import type { Database, DatabaseLocation, Sql } from '@pass/database'
import { encodePaymentCode } from '@pass/holder/payment-code'
import { Problem } from '../../http/problem.ts'
import { createAccounts } from '../../staff/accounts.ts'
import { createStaff } from '../../staff/service.ts'
import { startTestApi } from '../../testing/api.ts'
import { makeWalletKey } from '../../testing/wallet-key.ts'
import { dateOf } from '../../time/korea.ts'
import { createCounter } from '../counter.ts'

export const DOMAIN = { chainId: 8282, contract: `0x${'c7'.repeat(20)}` } as const
export const SETTLE_SECONDS = 7 * 24 * 60 * 60

export type Counter = Awaited<ReturnType<typeof openCounter>>
export type Citizen = Awaited<ReturnType<Counter['citizen']>>

/**
 * The API with merchants, payments and settlements over real HTTP, at a time that the test sets. The chain's part is
 * played by `settle` and `settleRefunds`, which write what its events would.
 */
export async function openCounter(options: { at?: string; database?: DatabaseLocation } = {}) {
  let now = new Date(options.at ?? '2026-11-21T03:00:00Z')
  const clock = () => new Date(now)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = publicKey.export({ format: 'jwk' })
  const agent = {
    authority: { signingKey: async () => ({ keyRef: 'city', publicJwk, x5c: [] }) },
    signer: () => async (data: Uint8Array) =>
      sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  }
  const rings = { count: 0 }
  const passes = new Map<string, { id: string }>()
  let made: ReturnType<typeof createCounter> | undefined
  const api = await startTestApi({
    ...(options.database === undefined ? {} : { database: options.database }),
    context: {
      clock,
      agent,
      chain: { chainId: DOMAIN.chainId, manifest: { contracts: { mileage: DOMAIN.contract } } },
    },
    routes: ({ context, audit, apiKeys, sessions, wallets }) => {
      const staff = createStaff(context, { sessions, audit })
      made = createCounter(context, {
        audit,
        accounts: createAccounts(context, { staff, apiKeys, audit }),
        walletKeys: wallets,
        ring: () => void rings.count++,
        accountByPass: async (pass) => {
          const account = passes.get(pass)
          if (!account) throw new Problem('expired', 'This pass is too old.')
          return account
        },
      })
      return made.routes
    },
  })
  if (!made) throw new Error('The routes were not made.')
  const { payments, settlements, start, stop } = made
  const { db } = api

  /** A payee that the chain knows, with a key for its counter. */
  const payee = async ({ kind = 'merchant', status = 'active', name = '송도카페' } = {}) => {
    const { id } = await db.prisma.payee.create({ data: { kind, nameKo: name, nameEn: name, status } })
    const key =
      kind === 'merchant'
        ? (await api.apiKeys.create({ name: `counter ${id}`, role: 'merchant', payeeId: id })).key
        : ''
    return { id, key }
  }

  /** A citizen with points of these years. */
  const citizen = async (points: Record<number, bigint> = { 2026: 10_000n }) => {
    const wallet = makeWalletKey(clock)
    const { address, jkt } = wallet
    const id = randomUUID()
    const number = String(Math.floor(Math.random() * 1e10)).padStart(10, '0')
    const account = { id, number, subjectId: randomUUID(), address, jkt, status: 'open' }
    await db.prisma.walletAccount.create({ data: { ...account, publicJwk: wallet.publicJwk } })
    for (const [epoch, amount] of Object.entries(points))
      await db.prisma.holderEpoch.create({ data: { address, epoch: Number(epoch), points: amount } })
    let nonce = 0
    /** What the phone signs, good for `seconds`; the changes are made before the signature. */
    const signed = (
      terms: Pick<Payment, 'payee' | 'amount'> & Partial<Payment> & { seconds?: number; requestId?: string },
      domain: { chainId: number; contract: `0x${string}` } = DOMAIN,
    ) => {
      const { seconds = 60, requestId, payee, amount } = terms
      const deadline = terms.deadline ?? Math.floor(now.getTime() / 1000) + SETTLE_SECONDS + seconds
      const payment = { payee, amount, nonce: terms.nonce ?? ++nonce, deadline }
      return {
        ...(requestId === undefined ? {} : { requestId }),
        address,
        ...payment,
        amount: String(amount),
        signature: wallet.signPayment(domain, payment),
      }
    }
    return {
      wallet,
      id,
      address,
      signed,
      pay: (payment: ReturnType<typeof signed>, proven = true) =>
        proven
          ? wallet.call(api.url, '/api/payments', { json: payment })
          : api.call('/api/payments', { json: payment }),
      /** The signed payment as the text of a QR code. */
      code: (payment: ReturnType<typeof signed>) =>
        encodePaymentCode({
          ...payment,
          amount: BigInt(payment.amount),
          signature: new Uint8Array(Buffer.from(payment.signature, 'base64url')),
        }),
      account: () => db.prisma.walletAccount.findUniqueOrThrow({ where: { id } }),
      balance: async () =>
        (await db.prisma.holderEpoch.findMany({ where: { address } })).reduce((sum, e) => sum + e.points, 0n),
    }
  }

  return {
    api,
    db,
    payments,
    settlements,
    start,
    stop,
    payee,
    citizen,
    passes,
    rings,
    clock,
    advance: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000)
    },
    setTime: (time: string) => {
      now = new Date(time)
    },
    request: async (merchant: { key: string }, amount: bigint, pass?: string) => {
      const json = { amount: String(amount), ...(pass === undefined ? {} : { pass }) }
      return (await api.call('/api/merchant/payment-requests', { key: merchant.key, json })).body as {
        id: string
        qr: string
        expiresAt: string
      }
    },
    scan: (merchant: { key: string }, code: string) =>
      api.call('/api/merchant/payment-codes', { key: merchant.key, json: { code } }),
    settle: () => settle(db, now),
    settleRefunds: () => settleRefunds(db, now),
  }
}

/** What the events of redemptions do: oldest points first. */
export async function settle(db: Database, at: Date): Promise<number> {
  const held = await db.prisma.redemption.findMany({ where: { status: 'held' }, orderBy: { heldAt: 'asc' } })
  const epoch = Number(dateOf(at).slice(0, 4))
  for (const { id, address, amount, accountId, digest, payeeId, nonce, deadline } of held)
    await db.transaction(async (sql) => {
      const payment = {
        holder: address,
        payee: payeeId,
        amount,
        nonce,
        deadline: Number(deadline),
      } as Payment
      if (redemptionDigest(DOMAIN, payment) !== digest)
        throw new Error('The chain would know this payment by another digest.')
      const [previous] = await sql<{ points: bigint }>`
        SELECT "points" FROM "HolderEpoch" WHERE "address" = ${address} AND "epoch" = ${epoch - 1}`
      const has = previous?.points ?? 0n
      const fromPrevious = has >= amount ? amount : has
      const hash = createHash('sha256').update(digest).digest('hex')
      await sql`UPDATE "WalletAccount" SET "held" = "held" - ${amount} WHERE "id" = ${accountId}::uuid`
      await sql`UPDATE "HolderEpoch" SET "points" = "points" - ${fromPrevious}
        WHERE "address" = ${address} AND "epoch" = ${epoch - 1}`
      await sql`UPDATE "HolderEpoch" SET "points" = "points" - ${amount - fromPrevious}
        WHERE "address" = ${address} AND "epoch" = ${epoch}`
      await sql`UPDATE "Redemption" SET "status" = 'settled', "settledAt" = ${at}, "epoch" = ${epoch},
        "fromPrevious" = ${fromPrevious}, "hash" = ${hash} WHERE "id" = ${id}::uuid`
      await recordEvent(sql, 'Redeemed', at, { holder: address, payee: payeeId, amount, digest })
    })
  return held.length
}

/** What the events of refunds do, for those that were forwarded. */
export async function settleRefunds(db: Database, at: Date): Promise<number> {
  const rows = await db.sql<{
    id: string
    amount: bigint
    address: string
    epoch: number
    digest: string
    payee: number
  }>`
    SELECT r."id", r."amount", d."address", d."epoch", d."digest", r."payeeId" AS "payee" FROM "Refund" r
    JOIN "ChainCommand" c ON c."key" = 'refund:' || r."id" JOIN "Redemption" d ON d."id" = r."redemptionId"
    WHERE r."status" = 'pending'`
  for (const { id, amount, address, epoch, digest, payee } of rows)
    await db.transaction(async (sql) => {
      await sql`UPDATE "Refund" SET "status" = 'settled', "credited" = ${amount}, "settledAt" = ${at}
        WHERE "id" = ${id}::uuid`
      await sql`UPDATE "HolderEpoch" SET "points" = "points" + ${amount}
        WHERE "address" = ${address} AND "epoch" = ${epoch}`
      await recordEvent(sql, 'Refunded', at, { holder: address, payee, amount, digest })
    })
  return rows.length
}

let block = 0
async function recordEvent(
  sql: Sql,
  name: string,
  at: Date,
  args: Record<string, string | number | bigint>,
): Promise<void> {
  const json = JSON.stringify(args, (_, value) =>
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : value,
  )
  await sql`
    INSERT INTO "ChainEvent" ("block", "index", "blockHash", "blockTime", "txHash", "contract", "name", "args")
    VALUES (${++block}, 0, ${`0x${block}`}, ${Math.floor(at.getTime() / 1000)}, ${`0x${block}`}, ${DOMAIN.contract},
      ${name}, ${json}::jsonb)`
}
