import type { Context } from '../context.ts'
import { type Place, type Principal, placeOf, type Role } from './principal.ts'
import { hashSecret, newSecret } from './secrets.ts'

/** Twelve hours: a working day, so that a forgotten console does not stay open over night. */
export const SESSION_SECONDS = 12 * 60 * 60

export type Sessions = {
  /** Opens a session and answers its token, of which only the hash is kept. */
  open(staffId: string): Promise<string>
  principalOf(token: string): Promise<Principal | null>
  close(token: string): Promise<void>
  /** Removes what has run out. */
  sweep(): Promise<void>
}

export function createSessions({ db, clock, random }: Pick<Context, 'db' | 'clock' | 'random'>): Sessions {
  type Row = Place & { id: string; name: string; role: Role }
  return {
    open: async (staffId) => {
      const token = newSecret(random)
      const now = clock()
      const expiresAt = new Date(now.getTime() + SESSION_SECONDS * 1000)
      await db.sql`
        INSERT INTO "StaffSession" ("tokenHash", "staffId", "createdAt", "expiresAt")
        VALUES (${hashSecret(token)}, ${staffId}::uuid, ${now}, ${expiresAt})`
      return token
    },
    principalOf: async (token) => {
      const [row] = await db.sql<Row>`
        SELECT s."id", s."name", s."role", s."agencyId", s."verifierId", s."organisationId", s."payeeId", s."programmeId"
        FROM "StaffSession" t JOIN "Staff" s ON s."id" = t."staffId"
        WHERE t."tokenHash" = ${hashSecret(token)} AND t."expiresAt" > ${clock()} AND s."disabledAt" IS NULL`
      if (!row) return null
      const { id, name, role } = row
      return { actor: `staff:${id}`, name, role, ...placeOf(row) }
    },
    close: async (token) => {
      await db.sql`DELETE FROM "StaffSession" WHERE "tokenHash" = ${hashSecret(token)}`
    },
    sweep: async () => {
      await db.sql`DELETE FROM "StaffSession" WHERE "expiresAt" <= ${clock()}`
    },
  }
}
