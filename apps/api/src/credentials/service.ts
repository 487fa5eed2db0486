import { STATUS } from '@pass/credentials'
import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Status } from '../status/service.ts'
import type { CredentialStatus, CredentialsPage, CredentialsQuery } from './schema.ts'

export type StatusAct = 'revoke' | 'suspend' | 'reinstate'

export type Credentials = {
  /** An agency's credentials, newest first. @throws Problem `bad_request` for a cursor that is not ours */
  list(principal: Principal, query: CredentialsQuery): Promise<CredentialsPage>
  /**
   * Changes all copies at once: the new status list, the audit entry and the change itself commit together.
   * @throws Problem `not_found`, `already_revoked` (final), `not_valid` (suspending), `not_suspended` (reinstating)
   */
  act(
    principal: Principal,
    id: string,
    act: StatusAct,
    reason: string,
  ): Promise<{ id: string; status: CredentialStatus }>
}

const RESULT: Record<StatusAct, CredentialStatus> = {
  revoke: 'revoked',
  suspend: 'suspended',
  reinstate: 'valid',
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** What officers do with credentials after they were issued. */
export function createCredentials(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { status: lists, audit }: { status: Pick<Status, 'signerFor' | 'apply'>; audit: Audit },
): Credentials {
  return {
    list: async ({ agencyId }, { query, status, cursor, limit }) => {
      const after = cursor === undefined ? null : cursorIn(cursor)
      const text = query ?? ''
      const id = UUID.test(text) ? text : null
      type Row = Omit<
        CredentialsPage['items'][number],
        'issuedAt' | 'expiresAt' | 'walletEventAt' | 'subject'
      > & {
        walletEventAt: Date | null
        subjectId: string
        name: string | null
        issuedAt: Date
        expiresAt: Date
      }
      // The page first, then what is counted for each of its rows.
      const rows = await db.sql<Row>`
        WITH page AS (
          SELECT c."id", c."typeId", c."subjectId", c."status", c."statusReason", c."issuedAt", c."expiresAt", r."nameKo"
          FROM "Credential" c LEFT JOIN "Resident" r ON r."id" = c."subjectId"
          WHERE c."agencyId" = ${agencyId}
            AND (${status ?? null}::text IS NULL OR c."status" = ${status ?? null}::text)
            AND (${text} = '' OR c."id" = ${id}::uuid OR r."id" = ${id}::uuid OR r."registerNo" = ${text}
              OR strpos(r."nameKo", ${text}) > 0 OR strpos(lower(r."nameEn"), lower(${text})) > 0)
            AND (${after?.at ?? null}::timestamptz IS NULL
              OR (c."issuedAt", c."id") < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::uuid))
          ORDER BY c."issuedAt" DESC, c."id" DESC LIMIT ${limit + 1}::int
        )
        SELECT page."id", page."typeId" AS "type", page."subjectId", page."nameKo" AS "name", page."status",
          page."statusReason", page."issuedAt", page."expiresAt", n."copies", n."anchored",
          e."event" AS "walletEvent", e."eventAt" AS "walletEventAt"
        FROM page, LATERAL (
          SELECT count(*)::int AS "copies", count(b."root")::int AS "anchored" FROM "CredentialCopy" y
            LEFT JOIN "AnchorLeaf" l ON l."hash" = y."hash"
            LEFT JOIN "AnchorBatch" b ON b."root" = l."root" AND b."status" = 'confirmed'
          WHERE y."credentialId" = page."id") n
        LEFT JOIN LATERAL (
          SELECT b."event", b."eventAt" FROM "CredentialBatch" b
          WHERE b."credentialId" = page."id" AND b."event" IS NOT NULL ORDER BY b."eventAt" DESC LIMIT 1) e ON true
        ORDER BY page."issuedAt" DESC, page."id" DESC`
      const items = rows
        .slice(0, limit)
        .map(({ subjectId, name, issuedAt, expiresAt, walletEventAt, ...row }) => ({
          ...row,
          walletEventAt: walletEventAt?.toISOString() ?? null,
          subject: { id: subjectId, name: name ?? '' },
          issuedAt: issuedAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
        }))
      const last = items.at(-1)
      return {
        items,
        nextCursor: rows.length > limit && last ? `${Date.parse(last.issuedAt)}.${last.id}` : null,
      }
    },

    act: async ({ actor, agencyId }, id, act, reason) => {
      if (agencyId === null) throw new Problem('not_found', 'There is no such credential.')
      const status = RESULT[act]
      const signer = await lists.signerFor(agencyId)
      await db.transaction(async (sql) => {
        // The row's lock puts two officers' acts in order; the second one then finds what the first one left.
        const [credential] = await sql<{ status: CredentialStatus }>`
          SELECT "status" FROM "Credential" WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} FOR UPDATE`
        if (!credential) throw new Problem('not_found', 'Your agency has issued no such credential.')
        refuseUnlessAllowed(act, credential.status)
        await sql`
          UPDATE "Credential" SET "status" = ${status}, "statusReason" = ${reason}, "statusAt" = ${clock()}
          WHERE "id" = ${id}::uuid`
        const copies = await sql<{ listId: string; index: number }>`
          SELECT "statusListId" AS "listId", "statusIndex" AS "index" FROM "CredentialCopy" WHERE "credentialId" = ${id}::uuid`
        await lists.apply(
          sql,
          signer,
          copies.map((copy) => ({ ...copy, status: STATUS[status] })),
        )
        await audit.recordIn(sql, { actor, action: `credential.${act}`, target: id, detail: { reason } })
      })
      return { id, status }
    },
  }
}

function refuseUnlessAllowed(act: StatusAct, current: CredentialStatus): void {
  if (current === 'revoked')
    throw new Problem('already_revoked', 'The credential was revoked; that is final.')
  if (act === 'suspend' && current !== 'valid')
    throw new Problem('not_valid', 'Only a valid credential can be suspended.')
  if (act === 'reinstate' && current !== 'suspended')
    throw new Problem('not_suspended', 'Only a suspended credential can be reinstated.')
}

function cursorIn(cursor: string): { at: Date; id: string } {
  const [, at, id] = /^(\d{1,15})\.([0-9a-f-]{36})$/.exec(cursor) ?? []
  if (!at || !id || !UUID.test(id))
    throw new Problem('bad_request', 'The cursor is not one that was given out.')
  return { at: new Date(Number(at)), id }
}
