import { permute } from '@pass/credentials'
import type { Context } from '../context.ts'

/** How many places a process takes at once: a statement for each issuance would lock the list's row each time. */
const LEASE = 256

/** Places of a list that are this process's alone: `next` up to, not including, `end`. */
type Lease = { listId: string; next: number; end: number; indexOf: (n: number) => number }

/** Gives out free indices of an agency's lists: each once, over all processes. */
export type IndexLeases = {
  take(agencyId: string, count: number): Promise<{ listId: string; indices: number[] }>
}

/**
 * A list's counter gives out places, in leases; the index of the n-th place is a keyed permutation of n, so that
 * neighbours in a list say nothing about who was issued together. What a restart leaves of a lease stays unused.
 * @param beginList makes another list of the agency unless one has room for `count`
 */
export function createIndexLeases(
  { db, agent }: Pick<Context, 'db' | 'agent'>,
  beginList: (agencyId: string, count: number) => Promise<void>,
): IndexLeases {
  const leases = new Map<string, Lease>()
  const leasing = new Map<string, Promise<void>>()

  const lease = async (agencyId: string, count: number): Promise<void> => {
    // The row's lock is waited for, and what is read is what the one before left.
    const [row] = await db.sql<{ id: string; size: number; first: number; end: number }>`
      WITH list AS (
        SELECT "id", "used" FROM "StatusList" WHERE "agencyId" = ${agencyId} AND "used" + ${count}::int <= "size"
        ORDER BY "createdAt", "id" LIMIT 1 FOR UPDATE
      )
      UPDATE "StatusList" s SET "used" = LEAST(s."size", list."used" + ${LEASE}::int) FROM list WHERE s."id" = list."id"
      RETURNING s."id", s."size", list."used" AS "first", s."used" AS "end"`
    if (!row) return beginList(agencyId, count)
    const former = leases.get(agencyId)
    const indexOf = former?.listId === row.id ? former.indexOf : indicesOf(row.id, row.size)
    leases.set(agencyId, { listId: row.id, next: row.first, end: row.end, indexOf })
  }

  /** The function behind the permutation has few inputs, 4,096 for a list: its answers are remembered. */
  const indicesOf = (listId: string, size: number) => {
    const known = new Map<string, string>()
    const prf = (input: string): string => {
      let output = known.get(input)
      if (output === undefined) {
        output = agent.mac('statusIndex', `${listId}:${input}`).slice(0, 8)
        known.set(input, output)
      }
      return output
    }
    return (n: number) => permute(n, size, prf)
  }

  return {
    take: async (agencyId, count) => {
      for (let attempt = 0; attempt < 20; attempt++) {
        const held = leases.get(agencyId)
        if (held && held.next + count <= held.end) {
          const { listId, indexOf, next } = held
          held.next += count
          return { listId, indices: Array.from({ length: count }, (_, n) => indexOf(next + n)) }
        }
        // Those who come at the same time wait for one lease.
        const ongoing =
          leasing.get(agencyId) ?? lease(agencyId, count).finally(() => leasing.delete(agencyId))
        leasing.set(agencyId, ongoing)
        await ongoing
      }
      throw new Error(`no status list of ${agencyId} has room`)
    },
  }
}
