import type { Database } from '@pass/database'
import { type Config, ConfigError } from '../config.ts'

/** Any number that no other lock of ours has. */
const LOCK = 82_820_002
const CHAIN_SETTING = 'chainId'

/**
 * Runs the set-up of one process at a time: the others on the same server database wait, and then find everything
 * made. The transaction only holds the lock; the work has connections of its own. An embedded database has one
 * process, and one connection that the work needs.
 */
export function oneAtATime<T>(db: Database, work: () => Promise<T>): Promise<T> {
  if (db.kind === 'embedded') return work()
  return db.transaction(async (sql) => {
    await sql`SELECT pg_advisory_xact_lock(${LOCK})`
    return work()
  })
}

/**
 * Keeps a database to the chain that it was set up with: every DID and receipt names that chain.
 * @throws ConfigError when CHAIN_ID is another one now
 */
export async function keepToChain(db: Database, { chainId }: Pick<Config, 'chainId'>): Promise<void> {
  await db.prisma.setting.createMany({ data: [{ key: CHAIN_SETTING, value: chainId }], skipDuplicates: true })
  const { value } = await db.prisma.setting.findUniqueOrThrow({ where: { key: CHAIN_SETTING } })
  if (value !== chainId)
    throw new ConfigError(
      `CHAIN_ID is ${chainId}, but this city was set up on chain ${value}, which its DIDs and receipts name: set CHAIN_ID=${value}, or choose another DATA_DIR (and DATABASE_URL) for a new city.`,
    )
}
