import { createHash } from 'node:crypto'
import type { AgencyKey } from '@pass/agent'
import {
  createStatusBitmap,
  getStatus,
  type Sign,
  type STATUS,
  setStatus,
  signStatusListToken,
} from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createIndexLeases } from './index-leases.ts'

/** Two bits an entry: valid, revoked, suspended. */
export const BITS = 2
/** Large enough that an index points at a crowd; 32 kB as a bitmap, a few hundred bytes when nearly all is valid. */
const SIZE = 2 ** 17
/** For how long others may keep a list (`ttl`, `max-age`), and until when a signed one counts at most. */
export const TTL_SECONDS = 300
const TOKEN_SECONDS = 24 * 60 * 60
/** A token is signed again when less than this is left of it. */
const RENEW_SECONDS = 12 * 60 * 60
const REFRESH_MS = 5 * 60 * 1000

/** Indices of one list, as many as were asked for. */
export type Allocation = { listId: string; uri: string; indices: number[] }

export type StatusChange = { listId: string; index: number; status: (typeof STATUS)[keyof typeof STATUS] }

/** A key ready to sign: nothing is read from the database any more. */
export type StatusSigner = { key: AgencyKey; sign: Sign }

export type ServedList = {
  /** The signed token, `statuslist+jwt`. */
  token: string
  /** sha256 of the token, hex. */
  hash: string
  version: number
}

export type CurrentList = {
  listId: string
  version: number
  /** The status at an index. Throws a RangeError outside the list. */
  statusAt(index: number): number
}

export type Status = {
  uriOf(listId: string): string
  /** Gives out free indices, each once, in an order that tells nothing; begins a new list when one is full. */
  allocate(agencyId: string, count: number): Promise<Allocation>
  /** To be called before a transaction that will `apply`: inside one nothing else may be asked of the database. */
  signerFor(agencyId: string): Promise<StatusSigner>
  /** Writes changes inside the caller's transaction: new version, signed, on its way to the chain. */
  apply(sql: Sql, signer: StatusSigner, changes: readonly StatusChange[]): Promise<void>
  /** What is served. @throws Problem `not_found` */
  served(listId: string): Promise<ServedList>
  /** The list as it is this moment, for the verifier in the house. `undefined`: no such list. */
  currentList(listId: string): Promise<CurrentList | undefined>
  /** Signs again what runs out or was signed with a key that is no longer the agency's. Answers how many. */
  refresh(): Promise<number>
  start(): void
  stop(): Promise<void>
}

type StatusDeps = {
  /** The relay's: one row per fact that must reach the chain. */
  enqueue: (
    sql: Sql,
    kind: 'statusList',
    key: string,
    payload: { listId: string; version: number },
  ) => Promise<unknown>
  /** Entries of a new list; a test takes a small one. */
  size?: number
}

type ListRow = { id: string; version: number; bitmap: Uint8Array }

/** Status lists of the agencies (Token Status List): who holds which index, what each says, what is served. */
export function createStatus(
  { db, agent, config, clock, log }: Pick<Context, 'db' | 'agent' | 'config' | 'clock' | 'log'>,
  { enqueue, size = SIZE }: StatusDeps,
): Status {
  const uriOf = (listId: string) => `${config.publicUrl}/status-lists/${listId}`
  const parsed = new Map<string, { version: number; bitmap: Uint8Array }>()

  const signToken = async (listId: string, bitmap: Uint8Array, { key, sign }: StatusSigner) => {
    const iat = Math.floor(clock().getTime() / 1000)
    const exp = iat + TOKEN_SECONDS
    const { x5c, didUrl: kid } = key
    const token = await signStatusListToken({
      bitmap,
      bits: BITS,
      uri: uriOf(listId),
      iat,
      exp,
      ttl: TTL_SECONDS,
      x5c,
      kid,
      sign,
    })
    return { token, hash: createHash('sha256').update(token).digest('hex'), expiresAt: new Date(exp * 1000) }
  }

  const signerFor = async (agencyId: string): Promise<StatusSigner> => {
    const key = await agent.agencies.activeKey(agencyId)
    const sign = agent.signer(key.keyRef)
    // The agent reads a key from the database at its first use, which would wait for ever inside a transaction
    // of the embedded database: it has one connection.
    await sign(new Uint8Array())
    return { key, sign }
  }

  /** The next version of a list whose row the caller has locked. */
  const publish = async (sql: Sql, { id, version, bitmap }: ListRow, signer: StatusSigner) => {
    const { token, hash, expiresAt } = await signToken(id, bitmap, signer)
    await sql`
      UPDATE "StatusList" SET "bitmap" = ${bitmap}, "version" = ${version + 1}, "token" = ${token}, "tokenHash" = ${hash},
        "tokenExpiresAt" = ${expiresAt} WHERE "id" = ${id}`
    await enqueue(sql, 'statusList', hash, { listId: id, version: version + 1 })
  }

  const begin = async (agencyId: string, count: number): Promise<void> => {
    const signer = await signerFor(agencyId)
    const rows = await db.sql<{ lists: number; room: boolean | null }>`
      SELECT count(*)::int AS "lists", bool_or("used" + ${count}::int <= "size") AS "room"
      FROM "StatusList" WHERE "agencyId" = ${agencyId}`
    if (rows[0]?.room) return
    const id = `${agencyId}-${(rows[0]?.lists ?? 0) + 1}`
    const bitmap = createStatusBitmap(size, BITS)
    const { token, hash, expiresAt } = await signToken(id, bitmap, signer)
    await db.transaction(async (sql) => {
      const made = await sql`
        INSERT INTO "StatusList" ("id", "agencyId", "bits", "size", "version", "bitmap", "token", "tokenHash", "tokenExpiresAt")
        VALUES (${id}, ${agencyId}, ${BITS}, ${size}, 1, ${bitmap}, ${token}, ${hash}, ${expiresAt})
        ON CONFLICT ("id") DO NOTHING RETURNING "id"`
      // Another request, or another process, may have begun the same list.
      if (made.length > 0) await enqueue(sql, 'statusList', hash, { listId: id, version: 1 })
    })
  }

  const leases = createIndexLeases({ db, agent }, begin)

  const renew = async (
    listId: string,
    agencyId: string,
    stale: (row: { token: string | null; tokenExpiresAt: Date | null }) => boolean,
  ) => {
    const signer = await signerFor(agencyId)
    return db.transaction(async (sql) => {
      const [row] = await sql<ListRow & { token: string | null; tokenExpiresAt: Date | null }>`
        SELECT "id", "version", "bitmap", "token", "tokenExpiresAt" FROM "StatusList" WHERE "id" = ${listId} FOR UPDATE`
      // Another process may have been first.
      if (!row || !stale(row)) return 0
      await publish(sql, row, signer)
      return 1
    })
  }

  const runsOut = ({ tokenExpiresAt }: { tokenExpiresAt: Date | null }) =>
    (tokenExpiresAt?.getTime() ?? 0) - clock().getTime() < RENEW_SECONDS * 1000

  const status: Status = {
    uriOf,
    signerFor,

    allocate: async (agencyId, count) => {
      if (count > size) throw new RangeError('more indices than a list has')
      const { listId, indices } = await leases.take(agencyId, count)
      return { listId, uri: uriOf(listId), indices }
    },

    apply: async (sql, signer, changes) => {
      // In one order, so that two acts on the same lists cannot wait for each other.
      const ids = [...new Set(changes.map(({ listId }) => listId))].sort()
      const rows = await sql<ListRow>`
        SELECT "id", "version", "bitmap" FROM "StatusList" WHERE "id" = ANY(${ids}::text[]) ORDER BY "id" FOR UPDATE`
      for (const row of rows) {
        const bitmap = Uint8Array.from(row.bitmap)
        for (const change of changes)
          if (change.listId === row.id) setStatus(bitmap, BITS, change.index, change.status)
        await publish(sql, { ...row, bitmap }, signer)
      }
    },

    served: async (listId) => {
      type Row = {
        agencyId: string
        version: number
        token: string | null
        tokenHash: string | null
        tokenExpiresAt: Date | null
      }
      const read = () => db.sql<Row>`
        SELECT "agencyId", "version", "token", "tokenHash", "tokenExpiresAt" FROM "StatusList" WHERE "id" = ${listId}`
      let [row] = await read()
      if (!row) throw new Problem('not_found', 'There is no such status list.')
      const expired = ({ tokenExpiresAt }: Pick<Row, 'tokenExpiresAt'>) =>
        (tokenExpiresAt?.getTime() ?? 0) <= clock().getTime()
      if (expired(row)) {
        // The city slept longer than a token counts.
        await renew(listId, row.agencyId, expired)
        ;[row] = await read()
      }
      if (!row?.token || !row.tokenHash) throw new Problem('not_found', 'There is no such status list.')
      return { token: row.token, hash: row.tokenHash, version: row.version }
    },

    currentList: async (listId) => {
      const [head] = await db.sql<{
        version: number
      }>`SELECT "version" FROM "StatusList" WHERE "id" = ${listId}`
      if (!head) return undefined
      let list = parsed.get(listId)
      if (!list || list.version < head.version) {
        const [row] =
          await db.sql<ListRow>`SELECT "id", "version", "bitmap" FROM "StatusList" WHERE "id" = ${listId}`
        if (!row) return undefined
        list = { version: row.version, bitmap: row.bitmap }
        parsed.set(listId, list)
      }
      const { version, bitmap } = list
      return { listId, version, statusAt: (index) => getStatus(bitmap, BITS, index) }
    },

    refresh: async () => {
      const lists = await db.sql<{
        id: string
        agencyId: string
        header: string | null
        tokenExpiresAt: Date | null
      }>`
        SELECT "id", "agencyId", split_part("token", '.', 1) AS "header", "tokenExpiresAt" FROM "StatusList" ORDER BY "id"`
      let renewed = 0
      for (const { id, agencyId, header, tokenExpiresAt } of lists) {
        // An agency that has no key at this moment is looked at again in the next round.
        const key = await agent.agencies.activeKey(agencyId).catch(() => undefined)
        if (!key) continue
        const wasReplaced = (token: string | null) => kidIn(token) !== key.didUrl
        if (!runsOut({ tokenExpiresAt }) && !wasReplaced(header)) continue
        renewed += await renew(id, agencyId, (row) => runsOut(row) || wasReplaced(row.token))
      }
      return renewed
    },

    start: () => {
      timer ??= setInterval(refreshQuietly, REFRESH_MS)
      timer.unref()
      refreshQuietly()
    },
    stop: async () => {
      clearInterval(timer)
      timer = undefined
      await running
    },
  }

  let timer: NodeJS.Timeout | undefined
  let running: Promise<unknown> | undefined
  function refreshQuietly() {
    running ??= status
      .refresh()
      .catch((error: unknown) =>
        log.error({ type: Object(error).name }, 'status lists could not be signed again'),
      )
      .finally(() => {
        running = undefined
      })
  }
  return status
}

/** `kid` in the header of a token, of which the header alone is enough. */
function kidIn(token: string | null): unknown {
  const [header = ''] = (token ?? '').split('.')
  try {
    return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown }).kid
  } catch {
    return undefined
  }
}
