import { messages, type PGlite, protocol, types } from '@electric-sql/pglite'

/** Runs one query of PGlite; the placeholders of `text` are $1, $2, … */
export type LiteRun = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>

export type LiteStatements = {
  /** Waits for any open transaction, then runs by itself. */
  run: LiteRun
  /** Runs inside the transaction that the caller holds open. */
  runInTransaction: LiteRun
}

type Statement = { name: string; parameterTypes: number[]; columns: { name: string; type: number }[] }

/** More texts than the program has. A caller that builds texts at run time gets them parsed each time. */
const MAX_STATEMENTS = 1000
/** After so many runs everything is planned afresh: PGlite has no autovacuum to notice that a table has grown. */
const PLANS_LAST = 10_000

/**
 * Keeps each query text as a named prepared statement. `PGlite.query` parses and plans a text every time, which
 * takes longer than to run it: an UPDATE by primary key cost 2 ms, prepared it costs a quarter of one.
 * Parameters and rows are converted by PGlite's own serializers and parsers, as `query` does.
 *
 * A statement is prepared once and outlives the transaction it was first used in, also one that was rolled back.
 */
export function createLiteStatements(lite: PGlite): LiteStatements {
  const prepared = new Map<string, Statement>()
  let names = 0
  let runs = 0

  /** One round of the extended protocol. After an error Postgres skips to the Sync: the connection stays usable. */
  const exchange = (parts: Uint8Array[], syncToFs: boolean): Promise<messages.BackendMessage[]> =>
    lite.execProtocolStream(Buffer.concat([...parts, protocol.serialize.sync()]), { syncToFs })

  const prepare = async (text: string): Promise<Statement> => {
    const known = prepared.get(text)
    if (known) return known
    const name = prepared.size < MAX_STATEMENTS ? `pass_${++names}` : ''
    const { parse, describe } = protocol.serialize
    // The empty name is replaced by the next Parse, so such a statement is described and run, and not kept.
    const described = await exchange([parse({ name, text }), describe({ type: 'S', name })], false)
    const statement: Statement = { name, parameterTypes: [], columns: [] }
    for (const message of described) {
      if (message instanceof messages.ParameterDescriptionMessage)
        statement.parameterTypes = message.dataTypeIDs
      if (message instanceof messages.RowDescriptionMessage)
        statement.columns = message.fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID }))
    }
    if (name) prepared.set(text, statement)
    return statement
  }

  const serialized = (value: unknown, type: number): string | Uint8Array | null => {
    if (value === null || value === undefined) return null
    // Bytes go as they are: PGlite's serializer takes a microsecond for each.
    if (type === types.BYTEA && value instanceof Uint8Array) return value
    const serialize = lite.serializers[type]
    return serialize ? serialize(value) : String(value)
  }

  const execute = async <Row>(text: string, values: readonly unknown[], inTransaction: boolean) => {
    if (++runs % PLANS_LAST === 0) await exchange([protocol.serialize.query('DISCARD PLANS')], false)
    const { name, parameterTypes, columns } = await prepare(text)
    const bound = parameterTypes.map((type, index) => serialized(values[index], type))
    const { bind, execute } = protocol.serialize
    const answered = await exchange([bind({ statement: name, values: bound }), execute()], !inTransaction)
    const rows: Row[] = []
    for (const message of answered) {
      if (!(message instanceof messages.DataRowMessage)) continue
      const row: Record<string, unknown> = {}
      columns.forEach((column, index) => {
        row[column.name] = types.parseType(message.fields[index] ?? null, column.type, lite.parsers)
      })
      rows.push(row as Row)
    }
    return rows
  }

  /** A table changed under a statement that selects all of it: the statement is prepared anew. */
  const forgetStale = async (text: string, error: unknown): Promise<boolean> => {
    const stale = prepared.get(text)
    if (!stale || !isStalePlan(error)) return false
    prepared.delete(text)
    await exchange([protocol.serialize.close({ type: 'S', name: stale.name })], false)
    return true
  }

  return {
    run: async <Row>(text: string, values: readonly unknown[]) => {
      await lite._checkReady()
      // The two locks that `PGlite.query` takes: no query of ours comes between those of a transaction, be it ours
      // or Prisma's.
      return lite._runExclusiveTransaction(() =>
        lite._runExclusiveQuery(async () => {
          try {
            return await execute<Row>(text, values, false)
          } catch (error) {
            if (await forgetStale(text, error)) return execute<Row>(text, values, false)
            throw error
          }
        }),
      )
    },
    runInTransaction: <Row>(text: string, values: readonly unknown[]) =>
      lite._runExclusiveQuery(async () => {
        try {
          return await execute<Row>(text, values, true)
        } catch (error) {
          // The error has ended the transaction: only the next one can use the statement prepared anew.
          await forgetStale(text, error)
          throw error
        }
      }),
  }
}

/** "cached plan must not change result type": the columns of a prepared statement's result are not what they were. */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = Object(error) as { code?: unknown; routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}
