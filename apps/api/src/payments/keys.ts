import type { KeyObject } from 'node:crypto'
import type { Hex, Redemption } from '@pass/chain'
import type { PublicJwk } from '@pass/credentials'
import type { Database } from '@pass/database'
import { Problem } from '../http/problem.ts'
import { importEs256 } from '../jose/es256.ts'

export type PayerKey = { key: KeyObject; jkt: string; jwk: Redemption['key'] }

const MOST_REMEMBERED = 20_000

/**
 * The public key behind an address. An address is the hash of its key: once read, it is true for ever, and a payment's
 * signature is checked without asking the database.
 */
export function createPayerKeys(db: Database): { of(address: Hex): Promise<PayerKey> } {
  const known = new Map<Hex, PayerKey>()
  return {
    of: async (address) => {
      const remembered = known.get(address)
      if (remembered) return remembered
      const [row] = await db.sql<{ publicJwk: PublicJwk; jkt: string }>`
        SELECT "publicJwk", "jkt" FROM "WalletAccount" WHERE "address" = ${address}`
      if (!row) throw new Problem('wallet_unknown', 'No wallet of that address is connected with a citizen.')
      const found = { key: importEs256(row.publicJwk), jkt: row.jkt, jwk: row.publicJwk }
      if (known.size >= MOST_REMEMBERED) known.clear()
      known.set(address, found)
      return found
    },
  }
}
