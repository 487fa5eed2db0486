import { PGlite, types as pgliteTypes } from '@electric-sql/pglite'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { PrismaClient } from './generated/client.ts'
import { migrate } from './migrate.ts'

/**
 * A tagged template straight to the driver, for the hot paths: a Prisma query costs three times as much.
 * Values become bind parameters; pass JSON as a string. Rows come back with the column names as keys,
 * `timestamptz` as Date, `bytea` as Uint8Array, `bigint` as bigint.
 */
export type Sql = <Row = Record<string, unknown>>(
  text: TemplateStringsArray,
  ...values: readonly unknown[]
) => Promise<Row[]>

export type Database = {
  /** Everyday access. Interactive transactions are isolated on PGlite too. */
  prisma: PrismaClient
  sql: Sql
  /** One transaction on one connection, straight to the driver. Rolled back when `work` throws. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>
  /** "embedded" is PGlite inside this process; "server" is whatever DATABASE_URL names. */
  kind: 'embedded' | 'server'
  close(): Promise<void>
}

/** Where the data lives: a Postgres server by URL, or PGlite in a folder (or in memory, for a test). */
export type DatabaseLocation = { url: string; poolSize?: number } | { folder: string } | { memory: true }

/**
 * Opens the database and applies the migrations that it lacks.
 * @throws Error when the server does not answer or a migration was changed after it was applied.
 */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  return 'url' in location ? openServer(location.url, location.poolSize) : openEmbedded(location)
}

async function openServer(url: string, poolSize = 10): Promise<Database> {
  const types = {
    getTypeParser: ((oid: number, format: 'text' | 'binary') =>
      oid === pg.types.builtins.INT8 && format !== 'binary'
        ? BigInt
        : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
  }
  const pool = new pg.Pool({ connectionString: url, max: poolSize, types })
  // A connection that the server drops while idle is replaced at its next use; without a listener it would
  // end the process.
  pool.on('error', () => {})
  const sqlOn =
    (on: pg.Pool | pg.PoolClient): Sql =>
    async <Row>(text: TemplateStringsArray, ...values: readonly unknown[]) =>
      (await on.query(placeholders(text), [...values])).rows as Row[]
  const transaction = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(sqlOn(client))
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
  await migrate(transaction, async (tx, script) => void (await tx([script] as unknown as TemplateStringsArray)))
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: poolSize }) })
  return {
    prisma,
    sql: sqlOn(pool),
    transaction,
    kind: 'server',
    close: async () => {
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

async function openEmbedded(location: { folder: string } | { memory: true }): Promise<Database> {
  const options = { parsers: { [pgliteTypes.INT8]: BigInt } }
  const lite = 'folder' in location ? new PGlite(location.folder, options) : new PGlite(options)
  await lite.waitReady
  type Runner = Pick<PGlite, 'query' | 'exec'>
  const scripts = new WeakMap<Sql, Runner>()
  const sqlOn = (on: Runner): Sql => {
    const sql: Sql = async <Row>(text: TemplateStringsArray, ...values: readonly unknown[]) =>
      (await on.query<Row>(placeholders(text), [...values])).rows
    scripts.set(sql, on)
    return sql
  }
  const transaction = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    lite.transaction((tx) => work(sqlOn(tx))) as Promise<T>
  await migrate(transaction, async (tx, script) => void (await scripts.get(tx)?.exec(script)))
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(lite) })
  return {
    prisma,
    sql: sqlOn(lite),
    transaction,
    kind: 'embedded',
    close: async () => {
      await prisma.$disconnect()
      await lite.close()
    },
  }
}

/** `a = ${x} and b = ${y}` to `a = $1 and b = $2`. The literal parts are ours, the values never enter the text. */
function placeholders(text: TemplateStringsArray): string {
  return text.reduce((query, part, index) => `${query}$${index}${part}`)
}
