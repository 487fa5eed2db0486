import type { Context } from '../context.ts'
import type { Identities } from '../sign-in/identities.ts'

/** Somebody whom the sample provider knows, as a national provider would: by a record of its own. */
export type SamplePerson = {
  /** `sub`: says nothing of the person, and stays the same over restarts. */
  subject: string
  /** What a person at the login page types or picks: the register number, in the sample. */
  number: string
  nameKo: string
  nameEn: string
  birthDate: string
}

/** Residents that the city made up have ids of UUID version 8; those of an import have version 4. */
const MADE_UP = '________-____-8%'

/**
 * The sample residents, each known in the register by the sample provider's identifier from now on. Who has an
 * identifier already (from an import, or an earlier start) keeps it.
 */
export async function enrolSamplePeople(
  { db, agent }: Pick<Context, 'db' | 'agent'>,
  identities: Pick<Identities, 'macOf'>,
): Promise<SamplePerson[]> {
  const residents = await db.sql<{ id: string } & Omit<SamplePerson, 'subject'>>`
    SELECT "id", "registerNo" AS "number", "nameKo", "nameEn", "birthDate" FROM "Resident"
    WHERE "id"::text LIKE ${MADE_UP} ORDER BY "registerNo"`
  const people = residents.map(({ id, ...known }) => ({
    id,
    person: { ...known, subject: subjectOf(agent.mac('sampleIdentity', id)) },
  }))
  const macs = people.map(({ id, person }) => ({ id, mac: identities.macOf(person.subject) }))
  await db.sql`
    UPDATE "Resident" r SET "identityMac" = n."mac"
    FROM jsonb_to_recordset(${JSON.stringify(macs)}::jsonb) AS n("id" uuid, "mac" text)
    WHERE r."id" = n."id" AND r."identityMac" IS NULL
      AND NOT EXISTS (SELECT 1 FROM "Resident" other WHERE other."identityMac" = n."mac")`
  return people.map(({ person }) => person)
}

const subjectOf = (mac: string) => Buffer.from(mac, 'hex').toString('base64url')
