import { AsyncLocalStorage } from 'node:async_hooks'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'

export type Records = {
  /** What oidc-provider keeps its models of one kind in. */
  adapterOf(kind: string): Adapter
  /**
   * Writes whatever `save` saves in one statement, in place of what else was given under this grant.
   * @returns what `save` returns
   */
  replaceAll<Result>(grantId: string, save: () => Promise<Result>): Promise<Result>
  /** An access token that still counts, with its grant, in one query. */
  tokenWithGrant(value: string): Promise<{ token: AdapterPayload; grant: AdapterPayload } | undefined>
  sweep(): Promise<void>
}

type Row = {
  kind: string
  idHash: string
  uidHash: string | null
  grantId: string | null
  sealed: Uint8Array
  expiresAt: Date | null
}

/**
 * A pushed request that has run out is still known for as long as a sign-in may take, so that the same one is not
 * completed twice.
 */
const KEPT_LONGER: Record<string, number> = { PushedAuthorizationRequest: 3600 }

/** The end of what has run out: any moment that is past. */
const OVER = 1

/**
 * oidc-provider's models in the table OauthRecord. Ids are bearer secrets (codes, tokens): the table holds their hashes,
 * and what belongs to them encrypted. Whether a record has run out is told by the context's clock.
 */
export function createRecords({ db, agent, clock }: Pick<Context, 'db' | 'agent' | 'clock'>): Records {
  const gathered = new AsyncLocalStorage<Row[]>()
  const purposeOf = (kind: string, idHash: string) => `oauth:${kind}:${idHash}`

  const rowOf = (kind: string, id: string, payload: AdapterPayload, expiresIn: number | undefined): Row => {
    const idHash = hashSecret(id)
    const now = clock().getTime()
    const until = expiresIn === undefined ? null : now + expiresIn * 1000
    const sealed = agent.seal(purposeOf(kind, idHash), Buffer.from(JSON.stringify({ payload, until })))
    return {
      kind,
      idHash,
      uidHash: payload.uid === undefined ? null : hashSecret(payload.uid),
      grantId: payload.grantId ?? null,
      sealed,
      expiresAt: until === null ? null : new Date(until + (KEPT_LONGER[kind] ?? 0) * 1000),
    }
  }

  const open = (kind: string, idHash: string, sealed: Uint8Array): AdapterPayload => {
    const text = Buffer.from(agent.open(purposeOf(kind, idHash), sealed)).toString()
    const { payload, until } = JSON.parse(text) as { payload: AdapterPayload; until: number | null }
    // Known longer than it counts: oidc-provider then says by its own error that it has run out.
    return until !== null && until <= clock().getTime() ? { ...payload, exp: OVER } : payload
  }

  /** One value for all of it: the embedded database pays for every parameter. */
  const write = async (rows: Row[], replacedGrant: string | null) => {
    const values = JSON.stringify(
      rows.map((row) => ({ ...row, sealed: Buffer.from(row.sealed).toString('base64') })),
    )
    await db.sql`
      WITH replaced AS (DELETE FROM "OauthRecord" WHERE "grantId" = ${replacedGrant}::text)
      INSERT INTO "OauthRecord" ("kind", "idHash", "uidHash", "grantId", "sealed", "expiresAt")
      SELECT r."kind", r."idHash", r."uidHash", r."grantId", decode(r."sealed", 'base64'), r."expiresAt"
      FROM jsonb_to_recordset(${values}::jsonb)
        AS r("kind" text, "idHash" text, "uidHash" text, "grantId" text, "sealed" text, "expiresAt" timestamptz)
      ON CONFLICT ("kind", "idHash") DO UPDATE SET "uidHash" = EXCLUDED."uidHash", "grantId" = EXCLUDED."grantId",
        "sealed" = EXCLUDED."sealed", "expiresAt" = EXCLUDED."expiresAt"`
  }

  const findBy = async (kind: string, by: { idHash: string } | { uidHash: string }) => {
    type Found = { idHash: string; sealed: Uint8Array; consumedAt: Date | null }
    const now = clock()
    const [row] =
      'idHash' in by
        ? await db.sql<Found>`
            SELECT "idHash", "sealed", "consumedAt" FROM "OauthRecord"
            WHERE "kind" = ${kind} AND "idHash" = ${by.idHash} AND ("expiresAt" IS NULL OR "expiresAt" > ${now})`
        : await db.sql<Found>`
            SELECT "idHash", "sealed", "consumedAt" FROM "OauthRecord"
            WHERE "kind" = ${kind} AND "uidHash" = ${by.uidHash} AND ("expiresAt" IS NULL OR "expiresAt" > ${now})`
    if (!row) return undefined
    const payload = open(kind, row.idHash, row.sealed)
    return row.consumedAt ? { ...payload, consumed: Math.floor(row.consumedAt.getTime() / 1000) } : payload
  }

  return {
    adapterOf: (kind) => ({
      upsert: async (id, payload, expiresIn) => {
        const row = rowOf(kind, id, payload, expiresIn)
        const together = gathered.getStore()
        if (together) together.push(row)
        else await write([row], null)
      },
      find: async (id) => findBy(kind, { idHash: hashSecret(id) }),
      findByUid: async (uid) => findBy(kind, { uidHash: hashSecret(uid) }),
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const idHash = hashSecret(id)
        const taken = await db.sql`
          UPDATE "OauthRecord" SET "consumedAt" = ${clock()}
          WHERE "kind" = ${kind} AND "idHash" = ${idHash} AND "consumedAt" IS NULL RETURNING 1 AS "taken"`
        if (taken.length > 0) return
        // Two requests looked at once and saw it unspent. Which of them is the thief cannot be told, so neither gets
        // anything (RFC 6749 section 4.1.2).
        if (kind === 'PushedAuthorizationRequest')
          throw new errors.InvalidRequestUri('request_uri was already used')
        await db.sql`
          WITH spent AS (SELECT "grantId" FROM "OauthRecord" WHERE "kind" = ${kind} AND "idHash" = ${idHash})
          DELETE FROM "OauthRecord" r USING spent
          WHERE r."grantId" = spent."grantId"
            OR (r."kind" = 'Grant' AND r."idHash" = encode(sha256(convert_to(spent."grantId", 'UTF8')), 'hex'))`
        throw new errors.InvalidGrant('already consumed')
      },
      destroy: async (id) => {
        await db.sql`DELETE FROM "OauthRecord" WHERE "kind" = ${kind} AND "idHash" = ${hashSecret(id)}`
      },
      revokeByGrantId: async (grantId) => {
        await db.sql`DELETE FROM "OauthRecord" WHERE "kind" = ${kind} AND "grantId" = ${grantId}`
      },
    }),

    replaceAll: async (grantId, save) => {
      const rows: Row[] = []
      const result = await gathered.run(rows, save)
      await write(rows, grantId)
      return result
    },

    tokenWithGrant: async (value) => {
      const idHash = hashSecret(value)
      const [row] = await db.sql<{ token: Uint8Array; grant: Uint8Array; grantHash: string }>`
        SELECT t."sealed" AS "token", g."sealed" AS "grant", g."idHash" AS "grantHash"
        FROM "OauthRecord" t
        JOIN "OauthRecord" g ON g."kind" = 'Grant' AND g."idHash" = encode(sha256(convert_to(t."grantId", 'UTF8')), 'hex')
        WHERE t."kind" = 'AccessToken' AND t."idHash" = ${idHash} AND t."expiresAt" > ${clock()}`
      if (!row) return undefined
      const token = open('AccessToken', idHash, row.token)
      if (token.exp === OVER) return undefined
      return { token, grant: open('Grant', row.grantHash, row.grant) }
    },

    sweep: async () => {
      await db.sql`DELETE FROM "OauthRecord" WHERE "expiresAt" < ${clock()}`
    },
  }
}
