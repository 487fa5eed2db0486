import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase, Prisma, type Sql } from './index.ts'
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

  it('takes and gives back every type as it is, the first time and from then on', async () => {
    const at = new Date('2026-07-01T00:00:00.123Z')
    const bytes = Uint8Array.of(0, 39, 92, 255)
    for (let time = 0; time < 8; time++) {
      const large = 2n ** 62n + BigInt(time)
      const [row] = await db.sql`
        SELECT ${at}::timestamptz AS "at", ${bytes}::bytea AS "bytes", ${large}::bigint AS "large", ${time}::int AS "int",
          ${1.5}::float8 AS "real", ${true}::boolean AS "yes", ${null}::text AS "nothing", ${'한국어 \\ \' "'} AS "text",
          ${JSON.stringify({ a: [1, null], 나: '다' })}::jsonb AS "json", ${[]}::text[] AS "none",
          ${['a', 'b"c\\', '{,}', '']}::text[] AS "texts", ${[1, 2]}::int[] AS "ints", '12.50'::numeric AS "numeric"`
      expect(row).toEqual({
        at,
        bytes: expect.any(Uint8Array),
        large,
        int: time,
        real: 1.5,
        yes: true,
        nothing: null,
        text: '한국어 \\ \' "',
        json: { a: [1, null], 나: '다' },
        none: [],
        texts: ['a', 'b"c\\', '{,}', ''],
        ints: [1, 2],
        numeric: '12.50',
      })
      expect(Array.from(row?.['bytes'] as Uint8Array)).toEqual(Array.from(bytes))
    }
    expect(await db.sql`SELECT 1 WHERE false`).toEqual([])
  })

  it('says what was wrong by its SQLSTATE, and goes on', async () => {
    const insert = () => db.sql`INSERT INTO "Setting" VALUES ('twice', '1')`
    const divide = (by: number) => db.sql`SELECT 6 / ${by}::int AS "result"`
    const wrong = () => db.sql`SELECT nothing FROM "Nowhere"`
    await insert()
    for (let time = 0; time < 3; time++) {
      await expect(insert()).rejects.toMatchObject({ code: '23505' })
      await expect(divide(0)).rejects.toMatchObject({ code: '22012' })
      await expect(wrong()).rejects.toMatchObject({ code: '42P01' })
      expect(await divide(3)).toEqual([{ result: 2 }])
    }
  })

  it('rolls back after an error inside a transaction, whose statements work in the next one', async () => {
    const put = (sql: Sql, key: string) => sql`INSERT INTO "Setting" VALUES (${key}, '1')`
    const count = (sql: Sql) => sql`SELECT count(*)::int AS "n" FROM "Setting" WHERE key LIKE 'tx-%'`
    await expect(
      db.transaction(async (sql) => {
        await put(sql, 'tx-1')
        expect(await count(sql)).toEqual([{ n: 1 }])
        await expect(put(sql, 'tx-1')).rejects.toMatchObject({ code: '23505' })
        // What comes after is refused, and so is the transaction as a whole.
        await count(sql)
      }),
    ).rejects.toMatchObject({ code: '25P02' })
    expect(await count(db.sql)).toEqual([{ n: 0 }])
    await db.transaction((sql) => put(sql, 'tx-2'))
    expect(await count(db.sql)).toEqual([{ n: 1 }])
  })

  it('keeps many transactions and queries at once apart', async () => {
    await db.sql`INSERT INTO "Setting" VALUES ('sum', '0')`
    const add = () =>
      db.transaction(async (sql) => {
        const [row] = await sql<{ value: number }>`SELECT value FROM "Setting" WHERE key = 'sum' FOR UPDATE`
        await new Promise((resolve) => setTimeout(resolve, 1))
        await sql`UPDATE "Setting" SET value = ${String((row?.value ?? 0) + 1)}::jsonb WHERE key = 'sum'`
        if (row && row.value % 5 === 4) await sql`SELECT 1 / 0`
      })
    const look = () => db.sql<{ value: number }>`SELECT value FROM "Setting" WHERE key = 'sum'`
    const jobs = Array.from({ length: 60 }, (_, index) => (index % 3 === 2 ? look() : add()))
    jobs.push(...Array.from({ length: 10 }, () => db.prisma.setting.findMany() as Promise<never>))
    const outcomes = await Promise.allSettled(jobs)
    const rejected = outcomes.filter(({ status }) => status === 'rejected')
    // Every one that would make it five fails, and nothing of it stays.
    expect(rejected).toHaveLength(36)
    expect(await look()).toEqual([{ value: 4 }])
  })

  it('follows a table whose columns change under its statements', async () => {
    await db.sql`CREATE TABLE "Shifting" (a int)`
    await db.sql`INSERT INTO "Shifting" VALUES (1)`
    const all = (sql: Sql) => sql`SELECT * FROM "Shifting"`
    // On every connection that there is.
    const everywhere = () => Promise.all(Array.from({ length: 20 }, () => all(db.sql)))
    for (const row of (await everywhere()).flat()) expect(row).toEqual({ a: 1 })
    await db.sql`ALTER TABLE "Shifting" ADD COLUMN b text DEFAULT 'x'`
    for (const row of (await everywhere()).flat()) expect(row).toEqual({ a: 1, b: 'x' })
    await db.sql`ALTER TABLE "Shifting" ALTER COLUMN a TYPE text`
    // Inside a transaction the first use may fail, and the next transaction works.
    await db.transaction(all).catch((error) => expect(error.code).toBe('0A000'))
    expect(await db.transaction(all)).toEqual([{ a: '1', b: 'x' }])
    await db.sql`DROP TABLE "Shifting"`
  })

  it('refuses a transaction that has ended', async () => {
    const kept = await db.transaction(async (sql) => sql)
    await expect(kept`SELECT 1`).rejects.toThrow('Transaction is closed')
  })
})
