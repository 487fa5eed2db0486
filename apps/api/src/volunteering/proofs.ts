import type { VerificationTemplate } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { WalletPrincipal } from '../access/principal.ts'
import type { City } from '../city.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import type { Wallets } from '../wallets/service.ts'

/** From this age nobody asks a guardian: majority in the Civil Act, article 4. See docs/decisions/0015-minors.md. */
const ADULT = 19

/** What a citizen has to show: a template of the city with its parameters. */
export type Asked = { template: string; params: Record<string, string> }
export const ADULTHOOD: Asked = { template: `age-${ADULT}`, params: {} }

export type Proofs = {
  /** Asks the citizen's wallet; not inside a transaction. */
  ask: (wallet: WalletPrincipal, asked: Asked) => ReturnType<Wallets['ask']>
  /** Which template such a request asks. */
  templateOf(verificationId: string): Promise<string | null>
  /**
   * Checks that this very citizen has shown what is asked; uses the answer up in the caller's transaction.
   * @throws Problem as `wallets.subjectOf`, `wallet_of_another` for somebody else's credential
   */
  check(sql: Sql, wallet: WalletPrincipal, verificationId: string, asked: Asked): Promise<void>
  /** Whether this citizen has ever proved to be of age; nobody grows younger. */
  isAdult(wallet: WalletPrincipal): Promise<boolean>
  noteAdult(sql: Sql, wallet: WalletPrincipal): Promise<void>
}

export function createProofs(
  { db, clock }: Pick<Context, 'db' | 'clock'>,
  { wallets }: { wallets: Pick<Wallets, 'ask' | 'subjectOf'> },
): Proofs {
  return {
    ask: ({ jkt }, asked) => wallets.ask(jkt, asked),
    templateOf: async (id) => {
      const [row] = await db.sql<{ template: string | null }>`
        SELECT "template" FROM "Verification" WHERE "id" = ${id}::uuid`
      return row?.template ?? null
    },
    check: async (sql, { jkt, subjectId }, verificationId, asked) => {
      // A friend's credential proves the friend's age.
      if ((await wallets.subjectOf(sql, verificationId, jkt, asked)) !== subjectId)
        throw new Problem('wallet_of_another', 'The card that was shown belongs to somebody else.')
    },
    isAdult: async ({ subjectId }) => {
      const [row] = await db.sql`
        SELECT 1 FROM "WalletAccount"
        WHERE "subjectId" = ${subjectId}::uuid AND "status" = 'open' AND "adultProvenAt" IS NOT NULL`
      return row !== undefined
    },
    noteAdult: async (sql, { accountId }) => {
      await sql`
        UPDATE "WalletAccount" SET "adultProvenAt" = COALESCE("adultProvenAt", ${clock()}::timestamptz)
        WHERE "id" = ${accountId}::uuid`
    },
  }
}

type Age = { atLeast: number | null; under: number | null }

/** What age a template proves; nothing for one that asks for more or for something else. */
function ageProvedBy(template: VerificationTemplate): Age | null {
  const { credentials } = template.dcql as {
    credentials: readonly { claims?: readonly { path: readonly unknown[]; values?: readonly unknown[] }[] }[]
  }
  const claims = credentials.flatMap((credential) => credential.claims ?? [])
  const [claim] = claims
  if (!claim || claims.length > 1 || claim.path[0] !== 'age_equal_or_over') return null
  const years = Number(claim.path[1])
  if (!Number.isInteger(years) || claim.values?.length !== 1) return null
  return claim.values[0] === true ? { atLeast: years, under: null } : { atLeast: null, under: years }
}

/** Whether a template asks for nothing but yes or no: what an organiser may want of a volunteer. */
export function asksYesOrNo(template: VerificationTemplate): boolean {
  const { credentials } = template.dcql as {
    credentials: readonly { claims?: readonly { values?: readonly unknown[] }[] }[]
  }
  return credentials.every(({ claims }) => claims?.every(({ values }) => values?.length === 1) ?? false)
}

/**
 * The template by which wallets prove these ages, so that nobody has to ask the register.
 * @throws Problem `bad_request` naming the ages that can be proved
 */
export function templateForAges(
  city: City,
  { minAge, maxAge }: { minAge: number | null; maxAge: number | null },
): string | null {
  if (minAge === null && maxAge === null) return null
  const provable = [...city.templates.values()].flatMap((template) => {
    const age = ageProvedBy(template)
    return age ? [{ id: template.id, ...age }] : []
  })
  const found = provable.find(
    ({ atLeast, under }) => atLeast === minAge && under === (maxAge === null ? null : maxAge + 1),
  )
  if (found) return found.id
  const least = provable.flatMap(({ atLeast }) => (atLeast === null ? [] : [atLeast]))
  const most = provable.flatMap(({ under }) => (under === null ? [] : [under - 1]))
  throw new Problem(
    'bad_request',
    `A wallet can prove one age limit: from ${least.sort((a, b) => a - b).join(', ')} years, or up to ${most.join(', ')} years.`,
    { minAges: least, maxAges: most },
  )
}

/** Whether whoever is of age, and proved it, need not prove this any more. */
export function coveredByAdulthood(city: City, template: string): boolean {
  const known = city.templates.get(template)
  const age = known ? ageProvedBy(known) : null
  return age?.atLeast != null && age.atLeast <= ADULT
}

/** Whether the proof of this shows that somebody is of age. */
export function provesAdulthood(city: City, template: string): boolean {
  const known = city.templates.get(template)
  const age = known ? ageProvedBy(known) : null
  return age?.atLeast != null && age.atLeast >= ADULT
}

/** Whether the proof of this shows that somebody is not of age yet. */
export function provesMinority(city: City, template: string): boolean {
  const known = city.templates.get(template)
  const age = known ? ageProvedBy(known) : null
  return age?.under != null && age.under <= ADULT
}
