import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase, Prisma } from './index.ts'
import { startPostgres } from './testing.ts'

describe.each(['embedded', 'server'] as const)('the database (%s)', (kind) => {
  let db: Database
  let stop = async () => {}

  beforeAll(async () => {
    if (kind === 'embedded') {
      const folder = await mkdtemp(join(tmpdir(), 'pass-db-'))
      db = await openDatabase({ folder: join(folder, 'data') })
      stop = () => rm(folder, { recursive: true })
      return
    }
    const server = await startPostgres()
    db = await openDatabase({ url: server.url })
    stop = server.stop
  }, 60_000)

  afterAll(async () => {
    await db?.close()
    await stop()
  })

  it('has every table and column that the Prisma schema names', async () => {
    for (const model of Object.values(Prisma.ModelName)) {
      const name = (model[0]?.toLowerCase() + model.slice(1)) as 'setting'
      expect(await db.prisma[name].findFirst()).toBeNull()
    }
  })

  it('rolls a transaction back and lets no other query slip into it', async () => {
    const failing = db.transaction(async (sql) => {
      await sql`INSERT INTO "Setting" VALUES ('inside', '1')`
      await new Promise((resolve) => setTimeout(resolve, 50))
      throw new Error('rolled back')
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    const outside = db.sql`INSERT INTO "Setting" VALUES ('outside', '1')`
    await expect(failing).rejects.toThrow('rolled back')
    await outside
    expect(await db.sql`SELECT key FROM "Setting" ORDER BY key`).toEqual([{ key: 'outside' }])
  })

  it('keeps hostile values out of the query text', async () => {
    const key = `'; DROP TABLE "Setting"; --`
    await db.sql`INSERT INTO "Setting" VALUES (${key}, ${JSON.stringify({ a: [1] })})`
    expect(await db.prisma.setting.findUnique({ where: { key } })).toEqual({ key, value: { a: [1] } })
  })

  it('refuses to change or drop the audit log, for whoever is connected', async () => {
    await db.prisma.auditEntry.create({ data: { actor: 'system', action: 'test', target: '1' } })
    const append = /append-only/
    await expect(db.sql`UPDATE "AuditEntry" SET actor = 'x'`).rejects.toThrow(append)
    await expect(db.sql`DELETE FROM "AuditEntry"`).rejects.toThrow(append)
    await expect(db.sql`TRUNCATE "AuditEntry"`).rejects.toThrow(append)
    const [row] = await db.sql<{ id: bigint }>`SELECT id FROM "AuditEntry"`
    expect(typeof row?.id).toBe('bigint')
  })
})
