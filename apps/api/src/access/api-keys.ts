import { randomUUID } from 'node:crypto'
import type { Database } from '@pass/database'
import type { Principal, Role } from './principal.ts'
import { hashSecret, newSecret, sameHash } from './secrets.ts'

/** What every key begins with, so that a leaked one is recognised by whoever finds it. */
const PREFIX = 'pass_'

export type ApiKeyDefinition = { name: string; role: Role; agencyId?: string; verifierId?: string }

export type ApiKeys = {
  principalOf(key: string): Promise<Principal | null>
  /** Makes a key. This is the only time that it is seen. */
  create(definition: ApiKeyDefinition): Promise<{ id: string; key: string }>
  /**
   * For start-up: `key` stays the key of that name when it is valid, else a new one takes its place.
   * Answers the key that is valid afterwards.
   */
  ensure(definition: ApiKeyDefinition, key?: string): Promise<string>
  revoke(id: string): Promise<void>
}

export function createApiKeys({
  db,
  clock,
  random,
}: {
  db: Database
  clock: () => Date
  random: (length: number) => Uint8Array
}): ApiKeys {
  type Row = {
    id: string
    name: string
    keyHash: string
    role: Role
    agencyId: string | null
    verifierId: string | null
  }

  const find = async (key: string): Promise<Row | null> => {
    if (!key.startsWith(PREFIX)) return null
    const hash = hashSecret(key)
    const [row] = await db.sql<Row>`
      SELECT "id", "name", "keyHash", "role", "agencyId", "verifierId"
      FROM "ApiKey" WHERE "keyHash" = ${hash} AND "revokedAt" IS NULL`
    return row && sameHash(row.keyHash, hash) ? row : null
  }

  const create = async (definition: ApiKeyDefinition) => {
    const id = randomUUID()
    const key = PREFIX + newSecret(random)
    await db.sql`
      INSERT INTO "ApiKey" ("id", "name", "keyHash", "role", "agencyId", "verifierId", "createdAt")
      VALUES (${id}::uuid, ${definition.name}, ${hashSecret(key)}, ${definition.role},
              ${definition.agencyId ?? null}, ${definition.verifierId ?? null}, ${clock()})`
    return { id, key }
  }

  return {
    create,
    principalOf: async (key) => {
      const row = await find(key)
      if (!row) return null
      const { id, name, role, agencyId, verifierId } = row
      return { actor: `key:${id}`, name, role, agencyId, verifierId }
    },
    ensure: async (definition, key) => {
      const row = key === undefined ? null : await find(key)
      const fits =
        row !== null &&
        row.name === definition.name &&
        row.role === definition.role &&
        row.agencyId === (definition.agencyId ?? null) &&
        row.verifierId === (definition.verifierId ?? null)
      if (key !== undefined && fits) return key
      await db.sql`UPDATE "ApiKey" SET "revokedAt" = ${clock()} WHERE "name" = ${definition.name} AND "revokedAt" IS NULL`
      return (await create(definition)).key
    },
    revoke: async (id) => {
      await db.sql`UPDATE "ApiKey" SET "revokedAt" = ${clock()} WHERE "id" = ${id}::uuid AND "revokedAt" IS NULL`
    },
  }
}
