import type { Database } from '@pass/database'

/** Any number; the same one everywhere that the trust registry is changed. */
const LOCK = 82_820_001

/**
 * Runs one piece of work at a time: within this process by waiting in line, among the processes on one server
 * database by an advisory lock. (An embedded database has one process, and one connection that the work needs.)
 */
export function createExclusively(db: Database): <T>(work: () => Promise<T>) => Promise<T> {
  let line: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = line.then(() => (db.kind === 'embedded' ? work() : locked(db, work)))
    line = turn.catch(() => undefined)
    return turn
  }
}

function locked<T>(db: Database, work: () => Promise<T>): Promise<T> {
  return db.transaction(async (sql) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`
    return work()
  })
}
