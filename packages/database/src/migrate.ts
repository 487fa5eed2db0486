import { createHash, randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from './open.ts'

const FOLDER = join(import.meta.dirname, '..', 'prisma', 'migrations')

/**
 * Applies the SQL files of prisma/migrations that the database lacks, each in a transaction of its own, and
 * keeps Prisma's own `_prisma_migrations` table, so that `prisma migrate deploy` takes over where it can run.
 * Several processes may start at once: the first one migrates, the others wait for its lock.
 */
export async function migrate(
  transaction: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>,
  run: (sql: Sql, script: string) => Promise<void>,
): Promise<void> {
  const names = (await readdir(FOLDER, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  for (const name of names) {
    const script = await readFile(join(FOLDER, name, 'migration.sql'), 'utf8')
    const checksum = createHash('sha256').update(script).digest('hex')
    await transaction(async (sql) => {
      await sql`SELECT pg_advisory_xact_lock(72707369)`
      await sql`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
        id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
        migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
        started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`
      const [applied] = await sql<{ checksum: string }>`
        SELECT checksum FROM "_prisma_migrations"
        WHERE migration_name = ${name} AND rolled_back_at IS NULL AND finished_at IS NOT NULL`
      if (applied && applied.checksum !== checksum)
        throw new Error(
          `Migration ${name} was changed after it was applied: restore the file, and add a new one.`,
        )
      if (applied) return
      await run(sql, script)
      await sql`INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
        VALUES (${randomUUID()}, ${checksum}, ${name}, now(), 1)`
    })
  }
}
