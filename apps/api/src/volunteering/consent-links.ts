import { randomUUID } from 'node:crypto'
import type { Sql } from '@pass/database'
import { hashSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'

/** A guardian has a week, and no longer than until the activity begins. */
const ASKED_MS = 7 * 24 * 60 * 60 * 1000

/** The link that a minor sends to a guardian: can be told again, and is nowhere in the database. */
export type ConsentLinks = { tokenFor(consentId: string): string; linkFor(consentId: string): string }

export function createConsentLinks({ agent, config }: Pick<Context, 'agent' | 'config'>): ConsentLinks {
  const tokenFor = (consentId: string) => agent.mac('volunteering.consent', consentId)
  return {
    tokenFor,
    // After the #: it reaches no server log.
    linkFor: (consentId) => `${config.publicUrl}/wallet/consent#${tokenFor(consentId)}`,
  }
}

/** Asks for a guardian's yes to this sign-up, anew if there was an answer before. */
export async function askGuardianIn(
  sql: Sql,
  links: ConsentLinks,
  { signupId, startsAt, now }: { signupId: string; startsAt: Date; now: Date },
): Promise<void> {
  const id = randomUUID()
  const expiresAt = new Date(Math.min(startsAt.getTime(), now.getTime() + ASKED_MS))
  await sql`DELETE FROM "GuardianConsent" WHERE "signupId" = ${signupId}::uuid`
  await sql`
    INSERT INTO "GuardianConsent" ("id", "signupId", "tokenHash", "status", "createdAt", "expiresAt")
    VALUES (${id}::uuid, ${signupId}::uuid, ${hashSecret(links.tokenFor(id))}, 'asked', ${now}, ${expiresAt})`
}
