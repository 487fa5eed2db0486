import { type DcqlQuery, dcqlQuerySchema, type Localized, type PublicJwk } from '@pass/credentials'
import type { Context } from '../context.ts'
import { closed, unknownRequest } from './refusals.ts'
import { markFetched, readRequest, type StoredState, type Terms } from './store.ts'

/** A request that can be answered. None of this changes, so a process may remember it. */
export type OpenRequest = Terms & {
  verifierId: string
  /** Who asked. */
  actor: string
  template: string | null
  purpose: Localized | null
  dcql: DcqlQuery
  anchorPolicy: 'accept' | 'refuse'
  nonce: string
  /** Decrypts the answer; 32 bytes. */
  privateKey: Uint8Array
  publicJwk: PublicJwk
  expiresAt: Date
}

const MAX_REMEMBERED = 20_000
/** How long fetches are gathered before they are written down together. */
const GATHER_MS = 100

/**
 * Requests under way. The database is where they live; the process that made one remembers it, which saves the
 * reading and the opening of its key. Whether it is still open is never remembered: that the database decides.
 */
export function createOpenRequests({
  db,
  agent,
  clock,
  log,
}: Pick<Context, 'db' | 'agent' | 'clock' | 'log'>) {
  const remembered = new Map<string, OpenRequest>()
  const purpose = (id: string) => `verification.key:${id}`

  const keep = (id: string, request: OpenRequest): void => {
    const now = clock()
    // In the order of their making, and all live equally long: those that have expired come first.
    for (const [oldest, { expiresAt }] of remembered) {
      if (remembered.size < MAX_REMEMBERED && expiresAt > now) break
      remembered.delete(oldest)
    }
    remembered.set(id, request)
  }

  const fetched = new Set<string>()
  let writing: Promise<void> | undefined
  const writeFetched = async (): Promise<void> => {
    const ids = [...fetched]
    try {
      if (ids.length > 0) await markFetched(db.sql, ids)
    } catch (error) {
      log.warn({ type: Object(error).name }, 'fetched requests could not be written down')
    }
    for (const id of ids) fetched.delete(id)
  }
  const writeSoon = (): void => {
    writing ??= new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS))
      .then(writeFetched)
      .finally(() => {
        writing = undefined
        // What came while the others were being written.
        if (fetched.size > 0) writeSoon()
      })
  }

  return {
    keep,

    /**
     * Notes that a wallet has the request. Only the screen at the desk wants to know, so it is written down a little
     * later together with others: at a busy gate that saves a statement for each.
     */
    noteFetched(id: string): void {
      fetched.add(id)
      writeSoon()
    },
    isFetched: (id: string): boolean => fetched.has(id),
    /** Waits for what is still to be written. */
    settle: async (): Promise<void> => {
      while (writing) await writing
    },

    drop: (id: string): void => void remembered.delete(id),
    sealKey: (id: string, privateKey: Uint8Array) => agent.seal(purpose(id), privateKey),

    /** @throws OAuthError when it is unknown, or was answered or swept */
    async get(id: string): Promise<OpenRequest> {
      const known = remembered.get(id)
      if (known) return known
      const row = await readRequest(db.sql, id)
      if (!row) throw unknownRequest()
      if (isAnswered(row.state)) throw closed('already_answered')
      if (row.expiresAt <= clock()) throw closed('request_expired')
      const request: OpenRequest = {
        verifierId: row.verifierId,
        actor: row.createdBy,
        template: row.template,
        purpose:
          row.purposeKo !== null && row.purposeEn !== null ? { ko: row.purposeKo, en: row.purposeEn } : null,
        dcql: dcqlQuerySchema.parse(row.dcql),
        anchorPolicy: row.anchorPolicy,
        clientIdPrefix: row.clientIdPrefix,
        channel: row.channel,
        origins: row.origins,
        transactionData: row.transactionData,
        redirectUri: row.redirectUri,
        nonce: row.nonce,
        privateKey: agent.open(purpose(id), row.sealedKey),
        publicJwk: row.publicKey as PublicJwk,
        expiresAt: row.expiresAt,
      }
      keep(id, request)
      return request
    },

    /** After the database would not take a change: what happened to the request meanwhile. */
    async whyClosed(id: string): Promise<'already_answered' | 'request_expired'> {
      remembered.delete(id)
      const row = await readRequest(db.sql, id)
      if (!row) throw unknownRequest()
      return isAnswered(row.state) ? 'already_answered' : 'request_expired'
    },
  }
}

const isAnswered = (state: StoredState): boolean => state !== 'created' && state !== 'fetched'

export type OpenRequests = ReturnType<typeof createOpenRequests>
