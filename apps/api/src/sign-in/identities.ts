import type { Context } from '../context.ts'

/** Finds residents by the identifier that the sign-in provider has for them. */
export type Identities = {
  /** How an identifier stands in the register: one cannot go back from it, nor compare registers of two cities by it. */
  macOf(identifier: string): string
  /** The resident whom the provider calls so. Never by name: two people share one. */
  residentOf(identifier: string): Promise<string | undefined>
}

/** Identifiers of a provider mean nothing at another one, so its name goes into the MAC. */
export function createIdentities({
  config,
  agent,
  db,
}: Pick<Context, 'config' | 'agent' | 'db'>): Identities {
  const { namespace, issuer } = config.signIn ?? {}
  const whose = namespace ?? issuer ?? ''
  const macOf = (identifier: string) => agent.mac('residentIdentity', `${whose}|${identifier}`)
  return {
    macOf,
    residentOf: async (identifier) => {
      const [resident] = await db.sql<{ id: string }>`
        SELECT "id" FROM "Resident" WHERE "identityMac" = ${macOf(identifier)}`
      return resident?.id
    },
  }
}
