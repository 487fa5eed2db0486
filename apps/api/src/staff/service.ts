import { randomUUID } from 'node:crypto'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { type Place, type Principal, placeOf, type Role } from '../access/principal.ts'
import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Sessions } from '../access/sessions.ts'
import type { Audit } from '../audit/service.ts'
import { isLocalInstallation } from '../config.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createPasskeys } from './passkeys.ts'

/** One-time links are for the start of a working relation, not for keeping. */
export const LINK_SECONDS = 24 * 60 * 60

export type StaffDefinition = { name: string; role: Role } & Partial<Place>

export type Staff = {
  /** Whether links may sign in by themselves: this is the developer's own machine. */
  local: boolean
  /** For start-up: makes the member of staff, or brings it to the definition. */
  ensureStaff(definition: StaffDefinition): Promise<{ id: string }>
  /** The address of a one-time link that enrols a passkey; earlier unused links of the same person end. */
  createEnrolmentLink(staffId: string): Promise<{ url: string; token: string; expiresAt: Date }>
  enrolOptions(
    token: string,
  ): Promise<{ options: Record<string, unknown>; name: string; role: Role; local: boolean }>
  /** Enrols, spends the link, and opens a session. */
  enrol(token: string, response: RegistrationResponseJSON): Promise<string>
  /** Signs in with the link alone. @throws Problem `forbidden` anywhere but on the developer's own machine */
  signInByLink(token: string, cameOverLoopback: boolean): Promise<string>
  passkeyOptions(): Promise<Record<string, unknown>>
  signInByPasskey(response: AuthenticationResponseJSON): Promise<string>
  signOut(token: string): Promise<void>
  describe(principal: Principal): Promise<{
    name: string
    role: Role
    agency: Named | null
    verifier: Named | null
    organisation: Named | null
    payee: Named | null
    programme: Named | null
    local: boolean
  }>
}

export type Named = { id: string; name: { ko: string; en: string } }

export function createStaff(
  { db, clock, random, config, city }: Pick<Context, 'db' | 'clock' | 'random' | 'config' | 'city'>,
  { sessions, audit }: { sessions: Sessions; audit: Audit },
): Staff {
  const local = isLocalInstallation(config)
  const passkeys = createPasskeys({ db, clock, publicUrl: config.publicUrl, cityName: city.name.ko })
  const spent = () =>
    new Problem('enrolment_link_spent', 'This link was used already or has run out. Ask for a new one.')

  type Person = { id: string; name: string; role: Role }
  const holderOf = async (token: string): Promise<Person> => {
    const [person] = await db.sql<Person>`
      SELECT s."id", s."name", s."role" FROM "EnrolmentLink" l JOIN "Staff" s ON s."id" = l."staffId"
      WHERE l."tokenHash" = ${hashSecret(token)} AND l."usedAt" IS NULL AND l."expiresAt" > ${clock()}
        AND s."disabledAt" IS NULL`
    if (!person) throw spent()
    return person
  }
  /** Of two requests with one link exactly one gets through: the row decides. */
  const spendLink = async (token: string): Promise<string> => {
    const [row] = await db.sql<{ staffId: string }>`
      UPDATE "EnrolmentLink" l SET "usedAt" = ${clock()} FROM "Staff" s
      WHERE l."tokenHash" = ${hashSecret(token)} AND l."usedAt" IS NULL AND l."expiresAt" > ${clock()}
        AND s."id" = l."staffId" AND s."disabledAt" IS NULL
      RETURNING l."staffId"`
    if (!row) throw spent()
    return row.staffId
  }
  const openSession = async (staffId: string, how: 'link' | 'passkey' | 'enrolment') => {
    const token = await sessions.open(staffId)
    await audit.record(`staff:${staffId}`, 'session.open', staffId, { how })
    return token
  }

  return {
    local,
    ensureStaff: async ({ name, role, ...place }) => {
      const { agencyId, verifierId, organisationId, payeeId, programmeId } = placeOf(place)
      const [row] = await db.sql<{ id: string }>`
        INSERT INTO "Staff" ("id", "name", "role", "agencyId", "verifierId", "organisationId", "payeeId", "programmeId",
          "createdAt")
        VALUES (${randomUUID()}::uuid, ${name}, ${role}, ${agencyId}, ${verifierId}, ${organisationId}::uuid,
          ${payeeId}, ${programmeId}, ${clock()})
        ON CONFLICT ("name", "role") DO UPDATE
          SET "agencyId" = EXCLUDED."agencyId", "verifierId" = EXCLUDED."verifierId",
            "organisationId" = EXCLUDED."organisationId", "payeeId" = EXCLUDED."payeeId",
            "programmeId" = EXCLUDED."programmeId"
        RETURNING "id"`
      if (!row) throw new Error('The database kept no member of staff.')
      return row
    },

    createEnrolmentLink: async (staffId) => {
      const token = newSecret(random)
      const expiresAt = new Date(clock().getTime() + LINK_SECONDS * 1000)
      await db.transaction(async (sql) => {
        await sql`DELETE FROM "EnrolmentLink" WHERE "staffId" = ${staffId}::uuid AND "usedAt" IS NULL`
        await sql`
          INSERT INTO "EnrolmentLink" ("tokenHash", "staffId", "expiresAt")
          VALUES (${hashSecret(token)}, ${staffId}::uuid, ${expiresAt})`
        await audit.recordIn(sql, { actor: 'system', action: 'staff.link', target: staffId })
      })
      // In the fragment, so that the token reaches no server log and no proxy.
      return { url: `${config.publicUrl}/console/enrol#${token}`, token, expiresAt }
    },

    enrolOptions: async (token) => {
      const person = await holderOf(token)
      const { name, role } = person
      return { options: await passkeys.registrationOptions(person), name, role, local }
    },

    enrol: async (token, response) => {
      const person = await holderOf(token)
      await passkeys.register(person.id, response)
      const staffId = await spendLink(token)
      await audit.record(`staff:${staffId}`, 'staff.enrol', staffId)
      return openSession(staffId, 'enrolment')
    },

    signInByLink: async (token, cameOverLoopback) => {
      if (!local || !cameOverLoopback)
        throw new Problem(
          'forbidden',
          'A link signs in only on the machine that the city runs on. Enrol a passkey with it.',
        )
      return openSession(await spendLink(token), 'link')
    },

    passkeyOptions: () => passkeys.signInOptions(),
    signInByPasskey: async (response) => openSession(await passkeys.signIn(response), 'passkey'),
    signOut: (token) => sessions.close(token),
    describe: async ({ name, role, agencyId, verifierId, organisationId, payeeId, programmeId }) => {
      const named = (row: { id: string | number; nameKo: string; nameEn: string } | null): Named | null =>
        row && { id: String(row.id), name: { ko: row.nameKo, en: row.nameEn } }
      const { prisma } = db
      const [agency, verifier, organisation, payee, programme] = await Promise.all([
        agencyId === null ? null : prisma.agency.findUnique({ where: { id: agencyId } }),
        verifierId === null ? null : prisma.verifier.findUnique({ where: { id: verifierId } }),
        organisationId === null ? null : prisma.organisation.findUnique({ where: { id: organisationId } }),
        payeeId === null ? null : prisma.payee.findUnique({ where: { id: payeeId } }),
        programmeId === null ? null : prisma.programme.findUnique({ where: { id: programmeId } }),
      ])
      return {
        name,
        role,
        agency: named(agency),
        verifier: named(verifier),
        organisation: named(organisation),
        payee: named(payee),
        programme: named(programme),
        local,
      }
    },
  }
}
