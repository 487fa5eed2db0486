import {
  type BaseRecord,
  type DependencyManager,
  InjectionSymbols,
  type Module,
  RecordDuplicateError,
  RecordNotFoundError,
  type StorageService,
} from '@credo-ts/core'

// biome-ignore lint/suspicious/noExplicitAny: Credo types its records so
type AnyRecord = BaseRecord<any, any, any>

/** Credo's records, kept in memory for as long as the agent lives. */
export function memoryStorage(): Module {
  const tables = new Map<string, Map<string, AnyRecord>>()
  const table = (type: string) => {
    const known = tables.get(type) ?? new Map<string, AnyRecord>()
    tables.set(type, known)
    return known
  }
  const found = (type: string, id: string) => {
    const record = table(type).get(id)
    if (!record) throw new RecordNotFoundError(`no ${type} ${id}`, { recordType: type })
    return record
  }
  const storage: StorageService<AnyRecord> = {
    supportsCursorPagination: false,
    async save(_context, record) {
      if (table(record.type).has(record.id)) {
        throw new RecordDuplicateError(`${record.id} is there already`, { recordType: record.type })
      }
      table(record.type).set(record.id, record.clone())
    },
    async update(_context, record) {
      found(record.type, record.id)
      table(record.type).set(record.id, record.clone())
    },
    async delete(_context, record) {
      found(record.type, record.id)
      table(record.type).delete(record.id)
    },
    async deleteById(_context, { type }, id) {
      found(type, id)
      table(type).delete(id)
    },
    async getById(_context, { type }, id) {
      return found(type, id).clone()
    },
    async getAll(_context, { type }) {
      return [...table(type).values()].map((record) => record.clone())
    },
    async findByQuery(_context, { type }, query) {
      return [...table(type).values()].filter((record) => fits(record, query)).map((record) => record.clone())
    },
  }
  return {
    register: (dependencies: DependencyManager) =>
      dependencies.registerInstance(InjectionSymbols.StorageService, storage),
  }
}

/** Credo's query language: equal tags, an array tag that holds all that is asked, `$and`, `$or`, `$not`. */
function fits(record: AnyRecord, query: object): boolean {
  const { $and = [], $or, $not, ...tags } = query as { $and?: object[]; $or?: object[]; $not?: object }
  const held = record.getTags() as Record<string, unknown>
  return (
    Object.entries(tags).every(([name, wanted]) => {
      if (wanted === undefined) return true
      const tag = held[name]
      return Array.isArray(wanted)
        ? Array.isArray(tag) && wanted.every((item) => tag.includes(item))
        : tag === wanted
    }) &&
    $and.every((part) => fits(record, part)) &&
    (!$or || $or.some((part) => fits(record, part))) &&
    (!$not || !fits(record, $not))
  )
}
