import { randomUUID } from 'node:crypto'
import type { Context } from '../context.ts'
import { type Place, type Principal, placeOf, type Role, samePlace } from './principal.ts'
import { hashSecret, newSecret, sameHash } from './secrets.ts'

/** What every key begins with, so that a leaked one is recognised by whoever finds it. */
const PREFIX = 'pass_'

export type ApiKeyDefinition = { name: string; role: Role } & Partial<Place>

export type ApiKeys = {
  /** Remembered for a second: a machine asks again and again. */
  principalOf(key: string): Promise<Principal | null>
  /** Makes a key. This is the only time that it is seen. */
  create(definition: ApiKeyDefinition): Promise<{ id: string; key: string }>
  /**
   * For start-up: `key` stays the key of that name when it is valid, else a new one takes its place.
   * Answers the key that is valid afterwards.
   */
  ensure(definition: ApiKeyDefinition, key?: string): Promise<string>
  /** Counts here at once, and within a second in other processes on the same database. */
  revoke(id: string): Promise<void>
}

const REMEMBER_MS = 1000
const MAX_REMEMBERED = 1000

export function createApiKeys({ db, clock, random }: Pick<Context, 'db' | 'clock' | 'random'>): ApiKeys {
  type Row = Place & { id: string; name: string; keyHash: string; role: Role }

  const find = async (key: string): Promise<Row | null> => {
    if (!key.startsWith(PREFIX)) return null
    const hash = hashSecret(key)
    const [row] = await db.sql<Row>`
      SELECT "id", "name", "keyHash", "role", "agencyId", "verifierId", "organisationId", "payeeId", "programmeId"
      FROM "ApiKey" WHERE "keyHash" = ${hash} AND "revokedAt" IS NULL`
    return row && sameHash(row.keyHash, hash) ? row : null
  }

  /** By hash, and only keys that were found: strangers may send anything. */
  const known = new Map<string, { principal: Principal; until: number }>()
  const remember = (hash: string, principal: Principal) => {
    if (known.size >= MAX_REMEMBERED) known.clear()
    known.set(hash, { principal, until: clock().getTime() + REMEMBER_MS })
  }

  const create = async (definition: ApiKeyDefinition) => {
    const id = randomUUID()
    const key = PREFIX + newSecret(random)
    const { agencyId, verifierId, organisationId, payeeId, programmeId } = placeOf(definition)
    await db.sql`
      INSERT INTO "ApiKey" ("id", "name", "keyHash", "role", "agencyId", "verifierId", "organisationId", "payeeId",
        "programmeId", "createdAt")
      VALUES (${id}::uuid, ${definition.name}, ${hashSecret(key)}, ${definition.role}, ${agencyId}, ${verifierId},
        ${organisationId}::uuid, ${payeeId}, ${programmeId}, ${clock()})`
    return { id, key }
  }

  return {
    create,
    principalOf: async (key) => {
      const hash = hashSecret(key)
      const held = known.get(hash)
      if (held && held.until > clock().getTime()) return held.principal
      const row = await find(key)
      if (!row) return null
      const { id, name, role } = row
      const principal = { actor: `key:${id}`, name, role, ...placeOf(row) }
      remember(hash, principal)
      return principal
    },
    ensure: async (definition, key) => {
      const row = key === undefined ? null : await find(key)
      const fits =
        row !== null &&
        row.name === definition.name &&
        row.role === definition.role &&
        samePlace(placeOf(row), placeOf(definition))
      if (key !== undefined && fits) return key
      await db.sql`UPDATE "ApiKey" SET "revokedAt" = ${clock()} WHERE "name" = ${definition.name} AND "revokedAt" IS NULL`
      known.clear()
      return (await create(definition)).key
    },
    revoke: async (id) => {
      await db.sql`UPDATE "ApiKey" SET "revokedAt" = ${clock()} WHERE "id" = ${id}::uuid AND "revokedAt" IS NULL`
      known.clear()
    },
  }
}
