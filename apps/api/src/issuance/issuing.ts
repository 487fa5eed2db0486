import { createHash, randomUUID } from 'node:crypto'
import type { AgencyKey } from '@pass/agent'
import { CredentialError, claimsFor } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import type { JsonObject } from '../jose/jws.ts'
import type { Resident } from '../register/resident.ts'
import type { Status } from '../status/service.ts'
import { dateOf } from '../time/korea.ts'
import type { AgencyDesk } from './agency-desk.ts'
import { makeCopies, repeatCopies, type SignedBatch } from './copies.ts'
import { createFactsVault } from './facts.ts'
import type { ProvenKey } from './key-proof.ts'
import type { Right } from './rights.ts'
import { startOfDayInSeoul } from './subject-record.ts'

/** What the wallet is sent: the copies, and by what name it reports how it went (sections 8.3 and 11). */
export type CredentialResponse = JsonObject & {
  credentials: { credential: string }[]
  notification_id: string
}

export type IssuingDeps = {
  desk: AgencyDesk
  status: Pick<Status, 'allocate'>
  recordOf: (row: Resident) => Record<string, unknown>
  /** The relay's: writes the hashes of the copies to the outbox, in the transaction of the issue. */
  enqueueAnchors: (sql: Sql, hashes: string[]) => Promise<unknown>
  vctOf: (typeId: string) => string
}

/** A batch to make: for which keys, and under which token it is remembered. */
export type BatchRequest = {
  agencyId: string
  right: Right
  keys: Pick<ProvenKey, 'jwk'>[]
  requestHash: string
  tokenHash: string
  now: Date
}

/** Answers `undefined` when another request was first: look again. */
export type Issuing = {
  /** The first batch makes the credential. @param applicationId the approved application that ends with it */
  first(request: BatchRequest, applicationId?: string): Promise<CredentialResponse | undefined>
  /** Further copies of a credential that counts; they end with it. */
  more(request: BatchRequest): Promise<CredentialResponse | undefined>
  /** The same copies once more. @throws OAuthError `credential_request_denied` for other keys */
  again(right: Right, requestHash: string): Promise<CredentialResponse>
}

const DAY_SECONDS = 86_400
const HOUR_SECONDS = 3600
/** Of one credential: a wallet fetches copies when few are left, not all the time. */
const MOST_BATCHES_A_DAY = 12

const denied = (description: string, code: string) =>
  new OAuthError('credential_request_denied', description, { extra: { code } })

/**
 * Makes copies and writes them down. Signing happens outside of any transaction; then one statement writes the
 * credential and its copies if nobody has, and the outbox rows commit with it.
 * @throws OAuthError `credential_request_denied`; `code` in the body says why
 */
export function createIssuing(
  { db, agent, city, random }: Pick<Context, 'db' | 'agent' | 'city' | 'random'>,
  { desk, status, recordOf, enqueueAnchors, vctOf }: IssuingDeps,
): Issuing {
  const facts = createFactsVault(agent)

  return {
    first: async (request, applicationId) => {
      const { right, now } = request
      const batch = await make(request)
      const { id, keyId, listId, hashes, indices, sealed } = batch
      const first = await db.transaction(async (sql) => {
        if (applicationId !== undefined && !(await endApplication(sql, applicationId))) return false
        // The offer's row is locked first: simultaneous requests come here one after the other, and the last to
        // come sees that the credential was issued.
        const [row] = await sql<{ copies: number }>`
          WITH offer AS (
            UPDATE "Offer" SET "issuedAt" = COALESCE("issuedAt", ${now}::timestamptz), "sealedCode" = NULL
            WHERE "id" = ${right.id}::uuid RETURNING "id", "agencyId", "typeId", "subjectId"
          ), credential AS (
            INSERT INTO "Credential" ("id", "agencyId", "typeId", "subjectId", "keyId", "issuedAt", "expiresAt")
            SELECT "id", "agencyId", "typeId", "subjectId", ${keyId}::uuid, ${now}::timestamptz,
              ${new Date(batch.exp * 1000)}::timestamptz FROM offer
            ON CONFLICT ("id") DO NOTHING RETURNING "id"
          ), batch AS (
            INSERT INTO "CredentialBatch" ("id", "credentialId", "tokenHash", "requestHash", "sealedResponse", "createdAt")
            SELECT ${id}::uuid, "id", ${request.tokenHash}, ${request.requestHash}, ${sealed}::bytea, ${now}::timestamptz
            FROM credential
          ), copy AS (
            INSERT INTO "CredentialCopy" ("hash", "credentialId", "statusListId", "statusIndex")
            SELECT c."hash", credential."id", ${listId}, c."index"
            FROM credential, unnest(${hashes}::text[], ${indices}::int[]) AS c("hash", "index")
            RETURNING 1
          )
          SELECT count(*)::int AS "copies" FROM copy`
        if (row?.copies !== hashes.length) return false
        await enqueueAnchors(sql, hashes)
        return true
      })
      return first ? batch.response : undefined
    },

    more: async (request) => {
      const { right, now } = request
      if (right.status === 'revoked') throw denied('This credential was revoked.', 'credential_revoked')
      if (right.status === 'suspended')
        throw denied('This credential is suspended at the moment.', 'credential_suspended')
      if (!right.expiresAt || right.expiresAt <= now)
        throw denied('This credential has expired.', 'credential_expired')
      const dayBefore = new Date(now.getTime() - DAY_SECONDS * 1000)
      // Before places in the status list are taken for it.
      const [today] = await db.sql<{ batches: number }>`
        SELECT count(*)::int AS "batches" FROM "CredentialBatch"
        WHERE "credentialId" = ${right.id}::uuid AND "createdAt" > ${dayBefore}`
      if ((today?.batches ?? 0) >= MOST_BATCHES_A_DAY)
        throw denied('Enough copies were made of this credential today.', 'too_many_copies')
      const { id, listId, hashes, indices, sealed, response } = await make(request, right.expiresAt)
      return db.transaction(async (sql) => {
        // Whoever revokes locks the row too, and then finds these copies; or this finds it revoked.
        const [credential] = await sql`
          SELECT 1 AS "found" FROM "Credential" WHERE "id" = ${right.id}::uuid AND "status" = 'valid' FOR UPDATE`
        if (!credential) return undefined
        const [row] = await sql<{ copies: number }>`
          WITH batch AS (
            INSERT INTO "CredentialBatch" ("id", "credentialId", "tokenHash", "requestHash", "sealedResponse", "createdAt")
            SELECT ${id}::uuid, ${right.id}::uuid, ${request.tokenHash}, ${request.requestHash}, ${sealed}::bytea,
              ${now}::timestamptz
            WHERE (SELECT count(*) FROM "CredentialBatch" WHERE "credentialId" = ${right.id}::uuid
              AND "createdAt" > ${dayBefore}::timestamptz) < ${MOST_BATCHES_A_DAY}::int
            ON CONFLICT ("credentialId", "tokenHash") DO NOTHING RETURNING "credentialId"
          ), copy AS (
            INSERT INTO "CredentialCopy" ("hash", "credentialId", "statusListId", "statusIndex")
            SELECT c."hash", batch."credentialId", ${listId}, c."index"
            FROM batch, unnest(${hashes}::text[], ${indices}::int[]) AS c("hash", "index")
            RETURNING 1
          )
          SELECT count(*)::int AS "copies" FROM copy`
        if (row?.copies !== hashes.length) return undefined
        await enqueueAnchors(sql, hashes)
        return response
      })
    },

    again: async ({ batchId, batchRequest, sealedResponse }, requestHash) => {
      if (batchRequest !== requestHash || batchId === null || !sealedResponse)
        throw denied('This token was given its copies already, for other keys.', 'already_issued')
      const opened = agent.open(`credential:${batchId}`, sealedResponse)
      const batch = JSON.parse(Buffer.from(opened).toString()) as SignedBatch
      return { ...(await repeatCopies(batch)).response, notification_id: batchId }
    },
  }

  /** Everything that needs no transaction: claims, key, indices, signatures. @param until the credential's end */
  async function make({ agencyId, right, keys, now }: BatchRequest, until?: Date) {
    const { claims, disclosureFrame, days } = await claimsOf(agencyId, right, now)
    const key = await signingKeyOf(agencyId, now)
    const { listId, uri, indices } = await status.allocate(agencyId, keys.length)
    const id = randomUUID()
    // The last second of the last day: "until the 21st" is then true as people read it.
    const exp = until
      ? Math.floor(until.getTime() / 1000)
      : startOfDayInSeoul(now) + (days + 1) * DAY_SECONDS - 1
    const iat = dateOfIssue(key, now)
    const batch = {
      claims,
      disclosureFrame,
      vct: vctOf(right.typeId),
      issuer: desk.issuerOf(agencyId),
      kid: key.didUrl,
      x5c: key.x5c,
      ...(iat === undefined ? {} : { iat }),
      exp,
      seed: Buffer.from(random(32)).toString('base64'),
      statusUri: uri,
      indices,
      keys: keys.map(({ jwk }) => jwk),
    }
    const { response, hashes, signatures } = await makeCopies(batch, agent.signer(key.keyRef))
    const kept: SignedBatch = { ...batch, signatures }
    const sealed = agent.seal(`credential:${id}`, Buffer.from(JSON.stringify(kept)))
    return {
      id,
      keyId: key.id,
      listId,
      indices,
      hashes,
      exp,
      sealed,
      response: { ...response, notification_id: id },
    }
  }

  async function endApplication(sql: Sql, id: string): Promise<boolean> {
    const ended = await sql`
      UPDATE "DeferredIssuance" SET "state" = 'issued' WHERE "id" = ${id}::uuid AND "state" = 'approved' RETURNING "id"`
    return ended.length > 0
  }

  async function signingKeyOf(agencyId: string, now: Date): Promise<AgencyKey> {
    const key = await agent.agencies.activeKey(agencyId).catch((error: unknown) => {
      if (Object(error).code !== 'unknown_agency') throw error
      return undefined
    })
    if (key && !(key.validUntil && key.validUntil <= now)) return key
    throw denied('This office has no valid signing key at the moment.', 'issuer_suspended')
  }

  /** What the register says today. */
  async function claimsOf(agencyId: string, { id, typeId, resident, sealedFacts }: Right, now: Date) {
    const { types } = await desk.find(agencyId)
    const type = city.types.get(typeId)
    if (!type || !types.includes(typeId) || !resident)
      throw denied('This credential is not issued any more.', 'not_issued')
    const record = { ...recordOf(resident), ...(sealedFacts ? { facts: facts.open(id, sealedFacts) } : {}) }
    try {
      return { ...claimsFor(type, record, dateOf(now)), days: type.validity.days }
    } catch (error) {
      if (!(error instanceof CredentialError) || error.code !== 'not_entitled') throw error
      throw denied('The register no longer shows what this credential requires.', 'not_entitled')
    }
  }
}

/**
 * Copies of one batch share their times; rounded to the day they share them with everybody else's of that day, so that
 * two presentations cannot be told to come from one batch. On the key's first day it is the first full hour after its
 * beginning, and before that none: nothing is dated to a time when the key did not count yet, and no minute shows.
 */
function dateOfIssue(key: AgencyKey, now: Date): number | undefined {
  const firstHour = Math.ceil(key.validFrom.getTime() / 1000 / HOUR_SECONDS) * HOUR_SECONDS
  const iat = Math.max(startOfDayInSeoul(now), firstHour)
  return iat * 1000 > now.getTime() ? undefined : iat
}

/** Over the sorted thumbprints: tells a retry from a second request. */
export function hashOfKeys(keys: Pick<ProvenKey, 'thumbprint'>[]): string {
  const sorted = keys.map(({ thumbprint }) => thumbprint).sort()
  return createHash('sha256').update(sorted.join('.')).digest('hex')
}
