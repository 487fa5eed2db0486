import type { Principal } from '../access/principal.ts'
import type { Audit } from '../audit/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Resident } from '../register/resident.ts'
import type { AgencyDesk } from './agency-desk.ts'
import type { ApplicationState, ApplicationsPage, ApplicationsQuery } from './application-schema.ts'
import type { Entitlement } from './entitlement.ts'
import { APPLICATION_MS } from './waiting.ts'

/** Citizens' applications, as the officers of the agency decide them. */
export type Applications = {
  /** Waiting ones first, the longest waiting on top; then the decided ones, newest first. @throws Problem `bad_request` */
  list(principal: Principal, query: ApplicationsQuery): Promise<ApplicationsPage>
  /** @throws Problem `not_found`, `already_decided`, `issuer_suspended`, `not_entitled`, `type_not_accredited` */
  approve(principal: Principal, id: string): Promise<{ id: string; state: ApplicationState }>
  /** @param reason for the citizen, who reads it in the wallet. @throws Problem `not_found`, `already_decided` */
  refuse(principal: Principal, id: string, reason: string): Promise<{ id: string; state: ApplicationState }>
}

type ApplicationsDeps = {
  audit: Audit
  desk: AgencyDesk
  entitlement: Entitlement
  recordOf: (row: Resident) => Record<string, unknown>
}

type Row = {
  id: string
  type: string
  subjectId: string
  name: string | null
  birthDate: string | null
  state: ApplicationState
  reason: string | null
  createdAt: Date
  decidedAt: Date | null
  expiresAt: Date
}

const CURSOR = /^([01])\.(\d{1,15})\.([0-9a-f-]{36})$/

export function createApplications(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { audit, desk, entitlement, recordOf }: ApplicationsDeps,
): Applications {
  return {
    list: async ({ agencyId }, { state, cursor, limit }) => {
      const after = cursor === undefined ? null : cursorIn(cursor)
      // One order for both halves: by "decided", then by a number that grows with the wait or with the decision's age.
      const rows = await db.sql<Row & { rank: number; place: string }>`
        SELECT * FROM (
          SELECT d."id", d."typeId" AS "type", d."subjectId", r."nameKo" AS "name", r."birthDate", d."state", d."reason", d."createdAt",
            d."decidedAt", d."expiresAt", (d."state" <> 'waiting')::int AS "rank",
            CASE WHEN d."state" = 'waiting' THEN floor(extract(epoch FROM d."createdAt") * 1000)
              ELSE 100000000000000 - floor(extract(epoch FROM d."decidedAt") * 1000) END::bigint AS "place"
          FROM "DeferredIssuance" d LEFT JOIN "Resident" r ON r."id" = d."subjectId"
          WHERE d."agencyId" = ${agencyId} AND d."expiresAt" > ${clock()}
            AND (${state ?? null}::text IS NULL OR d."state" = ${state ?? null}::text)
        ) a
        WHERE ${after?.rank ?? null}::int IS NULL
          OR (a."rank", a."place", a."id") > (${after?.rank ?? null}::int, ${after?.place ?? null}::bigint, ${after?.id ?? null}::uuid)
        ORDER BY a."rank", a."place", a."id" LIMIT ${limit + 1}::int`
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        items: page.map(
          ({ subjectId, name, birthDate, createdAt, decidedAt, expiresAt, ...application }) => ({
            id: application.id,
            type: application.type,
            subject: { id: subjectId, name: name ?? '', birthDate },
            state: application.state,
            reason: application.reason,
            createdAt: createdAt.toISOString(),
            decidedAt: decidedAt?.toISOString() ?? null,
            expiresAt: expiresAt.toISOString(),
          }),
        ),
        nextCursor: rows.length > limit && last ? `${last.rank}.${last.place}.${last.id}` : null,
      }
    },

    approve: async (principal, id) => {
      const application = await find(principal, id)
      const agency = await desk.find(application.agencyId)
      const type = entitlement.typeOf(agency, application.typeId)
      if (agency.suspendedAt)
        throw new Problem('issuer_suspended', 'This agency is suspended and may not issue.')
      // The register may have changed since the citizen applied; it is asked once more when the wallet fetches.
      entitlement.check(type, recordOf(await entitlement.subject(application.subjectId)), clock())
      return decide(principal, id, 'approved', null)
    },

    refuse: async (principal, id, reason) => decide(principal, id, 'refused', reason),
  }

  async function find({ agencyId }: Principal, id: string) {
    const [row] = await db.sql<{ agencyId: string; typeId: string; subjectId: string }>`
      SELECT "agencyId", "typeId", "subjectId" FROM "DeferredIssuance"
      WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} AND "expiresAt" > ${clock()}`
    if (!row) throw new Problem('not_found', 'Your agency has no such application.')
    return row
  }

  /** Of two officers who decide at once the first one does; the decision and its record commit together. */
  async function decide(
    { actor, agencyId }: Principal,
    id: string,
    state: 'approved' | 'refused',
    reason: string | null,
  ): Promise<{ id: string; state: ApplicationState }> {
    const now = clock()
    await db.transaction(async (sql) => {
      const decided = await sql`
        UPDATE "DeferredIssuance" SET "state" = ${state}, "decidedBy" = ${actor}, "decidedAt" = ${now}, "reason" = ${reason},
          "expiresAt" = ${new Date(now.getTime() + APPLICATION_MS)}
        WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} AND "state" = 'waiting' AND "expiresAt" > ${now}
        RETURNING "id"`
      if (decided.length === 0) {
        const [row] = await sql`
          SELECT 1 AS "found" FROM "DeferredIssuance"
          WHERE "id" = ${id}::uuid AND "agencyId" = ${agencyId} AND "expiresAt" > ${now}`
        if (!row) throw new Problem('not_found', 'Your agency has no such application.')
        throw new Problem('already_decided', 'This application was decided already.')
      }
      await audit.recordIn(sql, {
        actor,
        action: state === 'approved' ? 'application.approve' : 'application.refuse',
        target: id,
        detail: reason === null ? {} : { reason },
      })
    })
    return { id, state }
  }
}

function cursorIn(cursor: string): { rank: number; place: string; id: string } {
  const [, rank, place, id] = CURSOR.exec(cursor) ?? []
  if (!rank || !place || !id) throw new Problem('bad_request', 'The cursor is not one that was given out.')
  return { rank: Number(rank), place, id }
}
