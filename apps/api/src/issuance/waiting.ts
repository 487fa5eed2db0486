import { randomUUID } from 'node:crypto'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import type { ProvenKey } from './key-proof.ts'
import type { Message } from './messages.ts'
import type { Right } from './rights.ts'

type Application = NonNullable<Right['application']>

/** How long an application waits for an officer, and then for the wallet. */
export const APPLICATION_MS = 30 * 86_400_000

/** Seconds between two questions: often at first, when an officer may be at it, and ever less as it goes on waiting. */
const [SOONEST, LATEST] = [5, 3600]

/** Applications that an officer decides: the wallet waits and asks again (OpenID4VCI 1.0 section 9). */
export type WaitingRoom = {
  /** Writes an application down; a repetition finds the one that is there. */
  apply(agencyId: string, right: Right, keys: ProvenKey[], requestHash: string, now: Date): Promise<void>
  /** How the application is called by the wallet that made it. */
  transactionIdOf(applicationId: string): string
  /** `202`: still waiting. */
  wait(message: Message, application: Pick<Application, 'id' | 'createdAt'>, now: Date): Reply
}

/** Where an application is found by the transaction id that a wallet sends. */
export const transactionHash = hashSecret

export function createWaitingRoom({ db, agent }: Pick<Context, 'db' | 'agent'>): WaitingRoom {
  // It follows from the id: who repeats the request is told the same one, and the database does not hold it.
  const transactionIdOf = (id: string) =>
    Buffer.from(agent.mac('deferredTransaction', id), 'hex').toString('base64url')
  return {
    transactionIdOf,

    apply: async (agencyId, right, keys, requestHash, now) => {
      const id = randomUUID()
      await db.sql`
        INSERT INTO "DeferredIssuance" ("id", "transactionHash", "offerId", "agencyId", "typeId", "subjectId", "keys",
          "requestHash", "createdAt", "expiresAt")
        SELECT ${id}::uuid, ${transactionHash(transactionIdOf(id))}, "id", ${agencyId}, "typeId", "subjectId",
          ${JSON.stringify(keys.map(({ jwk }) => jwk))}::jsonb, ${requestHash}, ${now}::timestamptz,
          ${new Date(now.getTime() + APPLICATION_MS)}::timestamptz
        FROM "Offer" WHERE "id" = ${right.id}::uuid
        ON CONFLICT ("offerId") DO NOTHING`
    },

    wait: (message, { id, createdAt }, now) => {
      const age = (now.getTime() - createdAt.getTime()) / 1000
      const interval = Math.round(Math.min(LATEST, Math.max(SOONEST, age / 10)))
      return message.answer(202, { transaction_id: transactionIdOf(id), interval })
    },
  }
}

/** The officer's no, with what the wallet shows the person. */
export function applicationRefused({ reason }: Pick<Application, 'reason'>): OAuthError {
  return new OAuthError('credential_request_denied', 'The office has refused the application.', {
    extra: { code: 'application_refused', ...(reason === null ? {} : { reason }) },
  })
}
