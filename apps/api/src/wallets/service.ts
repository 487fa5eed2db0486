import type { Sql } from '@pass/database'
import { type Principal, placeOf } from '../access/principal.ts'
import type { WalletKey } from '../access/wallet-keys.ts'
import type { Audit } from '../audit/service.ts'
import { CityError } from '../city.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Offers } from '../issuance/offers.ts'
import { walletActor } from '../verification/asker.ts'
import type { Verification } from '../verification/service.ts'
import { type Account, accountOfKey, lockCitizen, openAccountOf, putAccount } from './accounts.ts'
import { createMoves, runningFrom } from './moves.ts'
import { accountNumberIn } from './number.ts'
import { createPassReader } from './pass.ts'
import type { AccountView, Connected, Objection, VerificationRequest } from './schema.ts'

/** A template of the city with its parameters, as a wallet is asked it. */
export type WalletQuestion = { template: string; params?: Record<string, string> }

/** What the desk of a merchant or an organiser needs to know of a citizen's wallet. */
export type KnownAccount = Pick<Account, 'id' | 'number' | 'subjectId' | 'address'>

export type Wallets = {
  /** A request that this key's wallet answers, at the city's own verifier. @throws Problem `unknown_template` */
  ask(jkt: string, question?: WalletQuestion): Promise<VerificationRequest>
  /**
   * Who answered such a request: once, only for the key that it was made for, and only for the same question. `sql` is
   * the caller's transaction; if that fails, the answer can be used again.
   * @throws Problem `not_found`, `verification_pending`, `verification_refused` {refusal}, `expired`,
   *   `verification_spent`, `unknown_subject`
   */
  subjectOf(sql: Sql, verificationId: string, jkt: string, question: WalletQuestion): Promise<string>
  /** Connects a key with its citizen. @throws Problem as `subjectOf`, `wallet_of_another`, `account_elsewhere` */
  connect(key: WalletKey, verificationId: string): Promise<Connected>
  /** The same for a citizen who has an account elsewhere. @throws Problem as `connect`, `move_running` {readyAt} */
  move(key: WalletKey, verificationId: string): Promise<Connected>
  view(key: WalletKey): Promise<AccountView>
  /** @throws Problem `wallet_unknown`, `not_found`, `move_done`, `bad_signature`, `code_used` */
  object(key: WalletKey, objection: Objection): Promise<void>
  inbox: Offers['inbox']
  /** The open account of a number that was read out. @throws Problem `account_number_wrong`, `account_unknown` */
  accountByNumber(text: string): Promise<KnownAccount>
  /** The open account whose pass was scanned. @throws Problem `bad_signature`, `code_expired`, `code_used`, `wallet_unknown` */
  accountByPass(code: string): Promise<KnownAccount>
  /** Takes the steps of moves that are due. */
  step(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export type WalletsDeps = {
  audit: Audit
  offers: Pick<Offers, 'inbox'>
  verification: Pick<Verification, 'create' | 'takeSubjects'>
}

const CONNECTING: WalletQuestion = { template: 'wallet-account' }
const STEP_MS = 15_000

/**
 * Citizens' wallets as the city knows them: which key is whose. The wallet shows its resident card to the city's own
 * verifier, which learns nothing but whose copy it was.
 * @throws CityError when the city's files name no verifier that may
 */
export function createWallets(context: Context, { audit, offers, verification }: WalletsDeps): Wallets {
  const { db, city, clock, random, log } = context
  const office = city.verifiers.find(({ identifies }) => identifies)
  if (!office) throw new CityError('city/verifiers.json: no verifier has "identifies".')
  const moves = createMoves(context, { audit })
  const readPass = createPassReader(context)
  let timer: NodeJS.Timeout | undefined
  let stepping: Promise<void> | undefined

  /** The office, asking on behalf of one key. */
  const askerFor = (jkt: string): Principal => ({
    actor: walletActor(jkt),
    name: office.name.ko,
    role: 'verifier',
    ...placeOf({ verifierId: office.id }),
  })

  const subjectOf: Wallets['subjectOf'] = async (sql, verificationId, jkt, question) => {
    const [subject, ...others] = await verification.takeSubjects(sql, askerFor(jkt), verificationId, question)
    if (subject === undefined || others.length > 0)
      throw new Problem('wallet_of_another', 'The cards that were shown are of several people.')
    return subject
  }

  type Settle = (sql: Sql, subjectId: string, own: Account | undefined) => Promise<Account>

  /** Proves whose the key is, and settles what follows, as one act. */
  async function connecting(key: WalletKey, verificationId: string, settle: Settle): Promise<Connected> {
    try {
      return await db.transaction(async (sql) => {
        const subjectId = await subjectOf(sql, verificationId, key.jkt, CONNECTING)
        await lockCitizen(sql, subjectId)
        const own = await accountOfKey(sql, key.jkt)
        if (own && own.subjectId !== subjectId)
          throw new Problem('wallet_of_another', 'This wallet belongs to somebody else than the card.')
        return connected(await settle(sql, subjectId, own))
      })
    } catch (error) {
      // The answer to the first try was lost: this key's own proof has done its work.
      const own =
        error instanceof Problem && error.code === 'verification_spent'
          ? await accountOfKey(db.sql, key.jkt)
          : undefined
      if (!own || own.status === 'closed') throw error
      return connected(own)
    }
  }

  const known = async (jkt: string): Promise<KnownAccount | undefined> => {
    const account = await accountOfKey(db.sql, jkt)
    return account?.status === 'open' ? account : undefined
  }

  return {
    subjectOf,
    inbox: offers.inbox,

    ask: async (jkt, question = CONNECTING) => {
      const { id, requestUri, expiresAt } = await verification.create(askerFor(jkt), question)
      return { id, requestUri, expiresAt }
    },

    connect: (key, verificationId) =>
      connecting(key, verificationId, async (sql, subjectId, own) => {
        if (own && own.status !== 'closed') return own
        if (await openAccountOf(sql, subjectId))
          throw new Problem('account_elsewhere', 'Points and records are connected with another phone.')
        const account = await putAccount(sql, key, subjectId, { status: 'open', random, now: clock() })
        await audit.recordIn(sql, {
          actor: `wallet:${account.id}`,
          action: 'account.open',
          target: account.id,
        })
        return account
      }),

    move: (key, verificationId) =>
      connecting(key, verificationId, (sql, subjectId) => moves.moveTo(sql, key, subjectId)),

    view: async ({ jkt }) => {
      const account = await accountOfKey(db.sql, jkt)
      if (!account) return { status: 'none' }
      const { id, number, address, status } = account
      if (status === 'waiting') {
        const coming = await lastTo(db.sql, id)
        return { id, number, address, status, readyAt: coming?.readyAt?.toISOString() ?? null }
      }
      const going = await runningFrom(db.sql, id)
      const recovery = going ? { recovery: { readyAt: going.readyAt?.toISOString() ?? null } } : {}
      if (status === 'open') return { id, number, address, status, ...recovery }
      const last = await lastTo(db.sql, id)
      return { id, number, address, status, reason: last?.stopped ? 'objected' : 'moved', ...recovery }
    },

    object: (key, objection) => db.transaction((sql) => moves.object(sql, key, objection)),

    accountByNumber: async (text) => {
      const number = accountNumberIn(text)
      if (number === undefined)
        throw new Problem('account_number_wrong', 'This is no number of an account: look at it again.')
      const [account] = await db.sql<KnownAccount>`
        SELECT "id", "number", "subjectId", "address" FROM "WalletAccount"
        WHERE "number" = ${number} AND "status" = 'open'`
      if (!account) throw new Problem('account_unknown', 'No open account has this number.')
      return account
    },

    accountByPass: async (code) => {
      const account = await known(readPass(code))
      if (!account)
        throw new Problem('wallet_unknown', 'This wallet has not been connected with its citizen yet.')
      return account
    },

    step: moves.step,
    start: () => {
      timer ??= setInterval(() => {
        stepping = moves
          .step()
          .catch((error: unknown) =>
            log.error({ type: Object(error).name }, 'moves between phones could not be continued'),
          )
      }, STEP_MS)
      timer.unref()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
      await stepping
    },
  }
}

const connected = ({ id, number, address, status }: Account): Connected => ({
  account: { id, number, address, status: status === 'open' ? 'open' : 'waiting' },
})

/** The last move to an account; `stopped` when the old phone did not let it come, and nothing went out since. */
async function lastTo(
  sql: Sql,
  accountId: string,
): Promise<{ readyAt: Date | null; stopped: boolean } | undefined> {
  const [row] = await sql<{ readyAt: Date | null; stopped: boolean }>`
    SELECT "readyAt", "status" = 'objected' AND NOT "leftover" AS "stopped" FROM "Recovery"
    WHERE "toAccountId" = ${accountId}::uuid ORDER BY "requestedAt" DESC LIMIT 1`
  return row
}
