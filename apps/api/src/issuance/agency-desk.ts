import type { Sql } from '@pass/database'
import type { Context } from '../context.ts'
import { OAuthError, Problem } from '../http/problem.ts'

export type AgencyRow = {
  id: string
  nameKo: string
  nameEn: string
  types: string[]
  suspendedAt: Date | null
}

/** Which agencies there are, as the database has them: an operator may accredit one at any time. */
export type AgencyDesk = {
  /** Remembered for two seconds. `sql` is the caller's transaction. @throws Problem `unknown_agency` */
  find(agencyId: string, sql?: Sql): Promise<AgencyRow>
  /** Credential issuer identifier (OpenID4VCI 1.0 section 12.2.1). */
  issuerOf(agencyId: string): string
}

const REMEMBER_MS = 2000

export function createAgencyDesk({
  db,
  config,
  clock,
}: Pick<Context, 'db' | 'config' | 'clock'>): AgencyDesk {
  const known = new Map<string, { agency: AgencyRow; until: number }>()
  return {
    issuerOf: (agencyId) => `${config.publicUrl}/issuers/${agencyId}`,
    find: async (agencyId, sql = db.sql) => {
      const now = clock().getTime()
      const entry = known.get(agencyId)
      if (entry && entry.until > now) return entry.agency
      const [agency] = await sql<AgencyRow>`
        SELECT "id", "nameKo", "nameEn", "types", "suspendedAt" FROM "Agency" WHERE "id" = ${agencyId}`
      // Strangers may ask for any name: what does not exist is not remembered.
      if (!agency) throw new Problem('unknown_agency', 'There is no such agency.')
      known.set(agencyId, { agency, until: now + REMEMBER_MS })
      return agency
    },
  }
}

/** For the protocol's endpoints. */
export function refuseSuspended(
  { suspendedAt }: Pick<AgencyRow, 'suspendedAt'>,
  error: 'invalid_grant' | 'credential_request_denied',
): void {
  if (suspendedAt === null) return
  throw new OAuthError(error, 'This office may not issue at the moment.', {
    extra: { code: 'issuer_suspended' },
  })
}
