import { randomUUID } from 'node:crypto'
import type { Database } from '@pass/database'
import { makeWalletKey, type TestWalletKey } from '../../../apps/api/src/testing/wallet-key.ts'
import { newAccountNumber } from '../../../apps/api/src/wallets/number.ts'

/** A citizen with a connected wallet. Those who never sign keep no key: a hundred thousand of them would fill the memory. */
export type Account = { id: string; number: string; key: TestWalletKey | undefined }

const AT_ONCE = 1000

/**
 * Citizens with connected wallets, put into the tables as many at a time as the wallet's own way would take hours to
 * make. They have no points.
 */
export async function insertAccounts(
  db: Database,
  count: number,
  { signs = () => true, clock }: { signs?: (index: number) => boolean; clock?: () => Date } = {},
): Promise<Account[]> {
  const accounts: Account[] = []
  while (accounts.length < count) {
    const rows = []
    for (let i = 0; i < AT_ONCE && accounts.length < count; i++) {
      const key = makeWalletKey(clock)
      const number = numberOf(accounts.length)
      const row = { id: randomUUID(), number, subject: randomUUID(), registerNo: `bench-${number}` }
      rows.push({ ...row, address: key.address, jkt: key.jkt, jwk: key.publicJwk })
      accounts.push({ id: row.id, number, key: signs(accounts.length) ? key : undefined })
    }
    await insert(db, JSON.stringify(rows))
  }
  return accounts
}

/** Random ones would meet each other among so many. */
const numberOf = (index: number): string =>
  newAccountNumber(() => Uint8Array.from(String(index).padStart(9, '0'), Number))

async function insert(db: Database, rows: string): Promise<void> {
  await db.sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince")
    SELECT "subject", "registerNo", '시민', 'Citizen', '1990-01-01', '28110', '2811051000', '2000-01-01'
    FROM jsonb_to_recordset(${rows}::jsonb) AS "one"("subject" uuid, "registerNo" text)`
  await db.sql`
    INSERT INTO "WalletAccount" ("id", "number", "subjectId", "address", "publicJwk", "jkt", "status")
    SELECT "id", "number", "subject", "address", "jwk", "jkt", 'open'
    FROM jsonb_to_recordset(${rows}::jsonb)
      AS "one"("id" uuid, "number" text, "subject" uuid, "address" text, "jwk" jsonb, "jkt" text)`
}
