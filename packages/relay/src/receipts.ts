import type { Hex, KnownRoot, Receipt } from '@pass/anchoring'
import type { Manifest } from '@pass/chain'
import type { Sql } from '@pass/database'

/** The receipt of a credential's hash (sha256, hex without `0x`); undefined until the chain has it for good. */
export async function receiptOf(sql: Sql, manifest: Manifest, hash: string): Promise<Receipt | undefined> {
  const [row] = await sql<Omit<Receipt, 'chain' | 'contract'>>`
    SELECT leaf."root", leaf."path", batch."sequence", batch."blockNumber" AS "block", batch."blockTime" AS "time"
    FROM "AnchorLeaf" leaf JOIN "AnchorBatch" batch ON batch."root" = leaf."root"
    WHERE leaf."hash" = ${hash} AND batch."status" = 'confirmed'`
  return row && { ...row, chain: manifest.chainId, contract: manifest.contracts.credentialAnchor }
}

/** Where the chain has a root, for `verifyReceipt`; undefined until it has it for good. */
export async function knownRootOf(sql: Sql, root: Hex): Promise<KnownRoot | undefined> {
  const [row] = await sql<KnownRoot>`
    SELECT "sequence", "blockNumber" AS "block", "blockTime" AS "time" FROM "AnchorBatch"
    WHERE "root" = ${root} AND "status" = 'confirmed'`
  return row
}
