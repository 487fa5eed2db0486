import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '../http/problem.ts'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { makeWalletKey, type TestWalletKey } from '../testing/wallet-key.ts'
import {
  recoveryCompleted,
  recoveryObjected,
  recoveryRefused,
  recoveryRequested,
  undoRecoveryCompleted,
  undoRecoveryObjected,
  undoRecoveryRequested,
} from './recovery.ts'
import { walletRoutes } from './routes.ts'
import { createWallets, type Wallets } from './service.ts'

const DOMAIN = { chainId: 8282, contract: '0x00000000000000000000000000000000000000ff' } as const
const DAY = 86_400

let api: TestApi
let wallets: Wallets
let subject: string
/** Stands for the verification, which wallets.test.ts has for real: who showed a card, by verification. */
const shown = new Map<string, string>()

beforeAll(async () => {
  api = await startTestApi({
    context: { chain: { chainId: DOMAIN.chainId, manifest: { contracts: { mileage: DOMAIN.contract } } } },
    routes: ({ context, audit }) => {
      wallets = createWallets(context, {
        audit,
        offers: { inbox: async () => [] },
        verification: {
          create: async () => {
            throw new Problem('not_found', 'Not here.')
          },
          takeSubjects: async (_sql, _principal, id) => [shown.get(id) ?? ''],
        },
      })
      return walletRoutes(wallets)
    },
  })
})
afterAll(() => api.close())

beforeEach(async () => {
  subject = randomUUID()
  await api.db.sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince")
    VALUES (${subject}::uuid, ${subject}, '김하늘', 'Kim', '1990-05-05', '28185', '2818510600', '2015-03-02')`
})

const phone = () => makeWalletKey(api.context.clock)
const post = (key: TestWalletKey, path: string, json: unknown) =>
  key.call(api.url, `/api/wallet/account${path}`, { json })
const proven = () => {
  const verificationId = randomUUID()
  shown.set(verificationId, subject)
  return { verificationId }
}
const connect = (key: TestWalletKey) => post(key, '', proven())
const move = (key: TestWalletKey) => post(key, '/move', proven())
const view = async (key: TestWalletKey) => (await key.call(api.url, '/api/wallet/account')).body
const give = (key: TestWalletKey, points: bigint) => api.db.sql`
  INSERT INTO "HolderEpoch" ("address", "epoch", "points")
  VALUES (${key.address}, ${api.context.clock().getUTCFullYear()}, ${points})
  ON CONFLICT ("address", "epoch") DO UPDATE SET "points" = EXCLUDED."points"`
const hold = (key: TestWalletKey, points: bigint) =>
  api.db.sql`UPDATE "WalletAccount" SET "held" = ${points} WHERE "address" = ${key.address}`
const commands = async (from: TestWalletKey) =>
  (
    await api.db.sql<{ call: string }>`
      SELECT "call" FROM "ChainCommand" WHERE "args" @> ${JSON.stringify({ from: from.address })}::jsonb ORDER BY "id"`
  ).map(({ call }) => call)
/** What the lane and the events would do with all commands. */
const settleCommands = () =>
  api.db.sql`UPDATE "ChainCommand" SET "status" = 'done' WHERE "status" = 'pending'`
const objectionOf = (key: TestWalletKey, nonce = 1) => {
  const deadline = Math.floor(api.context.clock().getTime() / 1000) + 7 * DAY
  return { nonce, deadline, signature: key.signObjection(DOMAIN, { nonce, deadline }) }
}
const at = () => api.context.clock()
const requested = (from: TestWalletKey, to: TestWalletKey, inSeconds = 3 * DAY) =>
  recoveryRequested(api.db.sql, {
    from: from.address,
    to: to.address,
    readyAt: new Date(at().getTime() + inSeconds * 1000),
  })
const completed = (from: TestWalletKey, to: TestWalletKey) =>
  recoveryCompleted(api.db.sql, { from: from.address, to: to.address, at: at() })

/** An old phone with points, and a new one that has asked for them. */
async function moving() {
  const [old, fresh] = [phone(), phone()]
  await connect(old)
  await give(old, 500n)
  await move(fresh)
  return { old, fresh }
}

describe('a second phone', () => {
  it('is told that points are with another one, and takes them over at once when there are none', async () => {
    const [old, fresh] = [phone(), phone()]
    await connect(old)
    const refused = await connect(fresh)
    expect([refused.status, refused.body.code]).toEqual([409, 'account_elsewhere'])
    expect((await move(fresh)).body.account.status).toBe('open')
    expect(await view(old)).toMatchObject({ status: 'closed', reason: 'moved' })
    expect(await commands(old)).toEqual([])
  })

  it('of two at once, one is the first', async () => {
    const phones = [phone(), phone(), phone()]
    const answers = await Promise.all(phones.map(connect))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    const moves = await Promise.all(phones.map(move))
    expect(moves.every(({ status }) => status === 201)).toBe(true)
    const open = await api.db.sql`
      SELECT 1 FROM "WalletAccount" WHERE "subjectId" = ${subject}::uuid AND "status" = 'open'`
    expect(open).toHaveLength(1)
  })

  it('waits for points while the old one may object, and both see until when', async () => {
    const { old, fresh } = await moving()
    expect(await commands(old)).toEqual(['requestRecovery'])
    expect(await view(fresh)).toMatchObject({ status: 'waiting', readyAt: null })
    expect(await view(old)).toMatchObject({ status: 'open', recovery: { readyAt: null } })
    await requested(old, fresh)
    const { readyAt } = await view(fresh)
    expect(Date.parse(readyAt) - at().getTime()).toBeGreaterThan(3 * DAY * 1000 - 60_000)
    expect((await view(old)).recovery).toEqual({ readyAt })
    // Not before its time.
    await wallets.step()
    expect(await commands(old)).toEqual(['requestRecovery'])
  })

  it('gets points, sign-ups and groups when the delay is over', async () => {
    const { old, fresh } = await moving()
    const ids = await Promise.all([view(old), view(fresh)])
    const [oldId, freshId] = ids.map(({ id }) => id)
    const groupId = randomUUID()
    await api.db.sql`
      INSERT INTO "VolunteerGroup" ("id", "name", "kind", "joinCode", "leaderId")
      VALUES (${groupId}::uuid, '1반', 'school', ${groupId.slice(0, 8)}, ${oldId}::uuid)`
    await requested(old, fresh, -1)
    await wallets.step()
    await wallets.step()
    expect(await commands(old)).toEqual(['requestRecovery', 'completeRecovery'])
    await completed(old, fresh)
    expect([(await view(old)).status, (await view(fresh)).status]).toEqual(['closed', 'open'])
    const [group] = await api.db.sql`SELECT "leaderId" FROM "VolunteerGroup" WHERE "id" = ${groupId}::uuid`
    expect(group).toEqual({ leaderId: freshId })
  })

  it('that asks twice is no second move, and a third phone has to wait', async () => {
    const { old, fresh } = await moving()
    expect((await move(fresh)).body.account.status).toBe('waiting')
    const third = await move(phone())
    expect([third.status, third.body]).toMatchObject([409, { code: 'move_running', readyAt: null }])
    expect(await commands(old)).toEqual(['requestRecovery'])
  })

  it('waits with its request until the last payment of the old one is settled', async () => {
    const [old, fresh] = [phone(), phone()]
    await connect(old)
    await give(old, 500n)
    await hold(old, 100n)
    await move(fresh)
    await wallets.step()
    expect(await commands(old)).toEqual([])
    await hold(old, 0n)
    await wallets.step()
    expect(await commands(old)).toEqual(['requestRecovery'])
  })

  it('takes over awards that are still on their way to the old one', async () => {
    const [old, fresh] = [phone(), phone()]
    const { id } = (await connect(old)).body.account
    await api.db.sql`
      INSERT INTO "Award" ("id", "programmeId", "accountId", "address", "points", "ruleId", "reasonKo", "reasonEn",
        "source", "idempotencyKey", "requestHash", "day", "salt", "hash")
      VALUES (${randomUUID()}::uuid, 1, ${id}::uuid, ${old.address}, 10, 'r', 'ㄱ', 'a', 's', ${id}, 'h', 1, '\\x00', ${id})`
    expect((await move(fresh)).body.account.status).toBe('waiting')
  })
})

describe('the old phone', () => {
  it('objects with its signature: nothing moves, and the new one is closed', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh)
    const { status, body } = await post(old, '/objection', objectionOf(old))
    expect([status, body.status, body.recovery]).toEqual([200, 'open', undefined])
    expect(await view(fresh)).toMatchObject({ status: 'closed', reason: 'objected' })
    expect(await commands(old)).toEqual(['requestRecovery', 'objectToRecovery'])
    await recoveryObjected(api.db.sql, { from: old.address, to: fresh.address, at: at() })
    await undoRecoveryObjected(api.db.sql, { from: old.address, to: fresh.address })
    expect(await view(fresh)).toMatchObject({ status: 'closed', reason: 'objected' })
    // Until the contract has heard of it, nobody can ask again: the new request would be taken for the old one.
    expect((await move(phone())).body.code).toBe('move_running')
    await settleCommands()
    expect((await move(fresh)).body.account.status).toBe('waiting')
  })

  it.each([
    ['of another key', () => objectionOf(phone())],
    ['for another nonce', (old: TestWalletKey) => ({ ...objectionOf(old), nonce: 2 })],
    ['that has run out', (old: TestWalletKey) => ({ ...objectionOf(old), deadline: 1 })],
  ])('is not believed with a signature %s', async (_what, make) => {
    const { old } = await moving()
    const { status, body } = await post(old, '/objection', make(old))
    expect([status, body.code]).toEqual([400, 'bad_signature'])
    expect((await view(old)).recovery).toBeDefined()
  })

  it('cannot object twice, when nothing moves, or for somebody else', async () => {
    const { old, fresh } = await moving()
    const code = async (key: TestWalletKey, nonce = 1) =>
      (await post(key, '/objection', objectionOf(key, nonce))).body.code
    expect(await code(fresh)).toBe('not_found')
    expect(await code(phone())).toBe('wallet_unknown')
    await post(old, '/objection', objectionOf(old))
    expect(await code(old, 2)).toBe('not_found')
  })

  it('comes too late when the points are moving already', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh, -1)
    await wallets.step()
    const { body } = await post(old, '/objection', objectionOf(old))
    expect(body.code).toBe('move_done')
  })

  it('objects by paying', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh)
    const { id } = await view(old)
    await api.db.sql`
      INSERT INTO "Redemption" ("id", "accountId", "address", "payeeId", "kind", "amount", "nonce", "deadline",
        "signature", "digest", "via", "heldAt")
      VALUES (${randomUUID()}::uuid, ${id}::uuid, ${old.address}, 1, 'merchant', 1, 1, 1, '\\x00', ${id}, 'phone',
        ${new Date(at().getTime() + 1000)})`
    await wallets.step()
    expect(await view(fresh)).toMatchObject({ status: 'closed', reason: 'objected' })
    expect(await commands(old)).toEqual(['requestRecovery', 'cancelRecovery'])
  })

  it('whose payment is on its way objects without a signature that could void the payment', async () => {
    const { old } = await moving()
    await hold(old, 100n)
    await post(old, '/objection', objectionOf(old))
    expect(await commands(old)).toEqual(['requestRecovery', 'cancelRecovery'])
  })

  it('that comes back moves everything to itself again', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh, -1)
    await wallets.step()
    await completed(old, fresh)
    await settleCommands()
    await give(old, 0n)
    await give(fresh, 500n)
    expect((await connect(old)).body.code).toBe('account_elsewhere')
    expect((await move(old)).body.account.status).toBe('waiting')
    await requested(fresh, old, -1)
    await wallets.step()
    await completed(fresh, old)
    expect([(await view(old)).status, (await view(fresh)).status]).toEqual(['open', 'closed'])
  })

  it('sends on what reaches it after it was closed', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh, -1)
    await wallets.step()
    await completed(old, fresh)
    await settleCommands()
    await give(old, 30n)
    await wallets.step()
    await wallets.step()
    expect(await commands(old)).toEqual(['requestRecovery', 'completeRecovery', 'requestRecovery'])
    await requested(old, fresh)
    await recoveryRefused(api.db.sql, { from: old.address, at: at() })
    // The account of the citizen is not touched by it, whatever becomes of the remainder.
    expect((await view(fresh)).status).toBe('open')
    await settleCommands()
    await wallets.step()
    await requested(old, fresh, -1)
    await completed(old, fresh)
    await undoRecoveryCompleted(api.db.sql, { from: old.address, to: fresh.address })
    expect([(await view(old)).status, (await view(fresh)).status]).toEqual(['closed', 'open'])
  })
})

describe('what the chain says', () => {
  it('is taken back step by step to what it was', async () => {
    const { old, fresh } = await moving()
    const ends = { from: old.address, to: fresh.address }
    const state = async () => {
      const [row] = await api.db.sql`
        SELECT r."status", r."readyAt", r."endedAt" FROM "Recovery" r JOIN "WalletAccount" f ON f."id" = "fromAccountId"
        WHERE f."address" = ${old.address}`
      return { ...row, old: (await view(old)).status, fresh: (await view(fresh)).status }
    }
    const before = await state()
    await requested(old, fresh, -1)
    const waiting = await state()
    await wallets.step()
    await completed(old, fresh)
    expect(await state()).toMatchObject({ status: 'completed', old: 'closed', fresh: 'open' })
    await undoRecoveryCompleted(api.db.sql, ends)
    expect(await state()).toEqual({ ...waiting, status: 'completing' })
    await undoRecoveryRequested(api.db.sql, ends)
    expect(await state()).toEqual(before)
    await requested(old, fresh, -1)
    await recoveryObjected(api.db.sql, { ...ends, at: at() })
    expect(await state()).toMatchObject({ status: 'objected', old: 'open', fresh: 'closed' })
    await undoRecoveryObjected(api.db.sql, ends)
    expect(await state()).toMatchObject({ status: 'waiting', old: 'open', fresh: 'waiting' })
  })

  it('holds even against an objection that came too late', async () => {
    const { old, fresh } = await moving()
    await requested(old, fresh)
    await post(old, '/objection', objectionOf(old))
    await completed(old, fresh)
    expect([(await view(old)).status, (await view(fresh)).status]).toEqual(['closed', 'open'])
    await undoRecoveryCompleted(api.db.sql, { from: old.address, to: fresh.address })
    expect([(await view(old)).status, await view(fresh)]).toMatchObject([
      'open',
      { status: 'closed', reason: 'objected' },
    ])
  })

  it('of a move that nobody asked for here changes no account', async () => {
    const [old, fresh] = [phone(), phone()]
    await connect(old)
    expect(await requested(old, fresh)).toBe(false)
    expect(await completed(old, fresh)).toBe(false)
    expect((await view(old)).status).toBe('open')
  })
})
