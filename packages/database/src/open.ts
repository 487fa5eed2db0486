import { createHash } from 'node:crypto'
import { PGlite, types as pgliteTypes, type Transaction } from '@electric-sql/pglite'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { PrismaClient } from './generated/client.ts'
import { createLiteStatements, isStalePlan, type LiteRun } from './lite-statements.ts'
import { migrate } from './migrate.ts'

/**
 * A tagged template straight to the driver, for the hot paths: a Prisma query costs several times as much. Each
 * template becomes a prepared statement, parsed and planned once for each connection: templates are written in the
 * source, never put together at run time. (A pooler in front of the server must support prepared statements.)
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
  // A table that changed leaves each connection with statements that fail for good. New names for all of them are
  // prepared anew wherever they are next used.
  let generation = 0
  const run = async (
    on: pg.Pool | pg.PoolClient,
    template: TemplateStringsArray,
    values: readonly unknown[],
  ) => {
    const { text, name } = statementOf(template)
    return (await on.query({ name: `${name}_${generation}`, text, values: [...values] })).rows
  }
  const sqlOn = (on: pg.Pool | pg.PoolClient): Sql =>
    (async (template, ...values) => {
      const during = generation
      try {
        return await run(on, template, values)
      } catch (error) {
        if (!isStalePlan(error)) throw error
        if (generation === during) generation += 1
        // Inside a transaction there is nothing left to repeat: the error has ended it.
        if (on !== pool) throw error
        return run(on, template, values)
      }
    }) as Sql
  const clients = new WeakMap<Sql, pg.PoolClient>()
  const transaction = async <T>(work: (sql: Sql) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let ended = false
    const onClient = sqlOn(client)
    const sql: Sql = async (template, ...values) => {
      // By then the connection may be in somebody else's transaction.
      if (ended) throw new Error('Transaction is closed')
      return onClient(template, ...values)
    }
    clients.set(sql, client)
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(sql)
      ended = true
      await client.query('COMMIT')
      return result
    } catch (error) {
      ended = true
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
  await migrate(transaction, async (tx, script) => void (await clients.get(tx)?.query(script)))
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
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.slice(2), 'hex'))
  const options = { parsers: { [pgliteTypes.INT8]: BigInt, [pgliteTypes.BYTEA]: bytes } }
  const lite = 'folder' in location ? new PGlite(location.folder, options) : new PGlite(options)
  await lite.waitReady
  const statements = createLiteStatements(lite)
  const sqlOn =
    (run: LiteRun): Sql =>
    <Row>(template: TemplateStringsArray, ...values: readonly unknown[]) =>
      run<Row>(statementOf(template).text, values)
  const transactions = new WeakMap<Sql, Transaction>()
  const transaction = <T>(work: (sql: Sql) => Promise<T>): Promise<T> =>
    lite.transaction((tx) => {
      const sql = sqlOn(async (text, values) => {
        if (tx.closed) throw new Error('Transaction is closed')
        return statements.runInTransaction(text, values)
      })
      transactions.set(sql, tx)
      return work(sql)
    })
  await migrate(transaction, async (tx, script) => void (await transactions.get(tx)?.exec(script)))
  const prisma = new PrismaClient({ adapter: new PrismaPGlite(lite) })
  return {
    prisma,
    sql: sqlOn(statements.run),
    transaction,
    kind: 'embedded',
    close: async () => {
      await prisma.$disconnect()
      await lite.close()
    },
  }
}

type Statement = { text: string; name: string }
const statementsOf = new WeakMap<TemplateStringsArray, Statement>()

/**
 * `a = ${x} and b = ${y}` becomes `a = $1 and b = $2`, with a name that follows from the text. The literal parts are
 * ours, the values never enter the text.
 */
function statementOf(template: TemplateStringsArray): Statement {
  const known = statementsOf.get(template)
  if (known) return known
  const text = template.reduce((query, part, index) => `${query}$${index}${part}`)
  const statement = { text, name: createHash('sha256').update(text).digest('base64url').slice(0, 22) }
  statementsOf.set(template, statement)
  return statement
}
