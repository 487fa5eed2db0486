import { compareBytes, fromHex, hashBytes, leafBytes, pairHash } from './keccak.ts'
import { type Hex, type Receipt, receiptSchema } from './receipt.ts'

/** What the verifier knows of a root from the chain: when the contract took it. */
export type KnownRoot = { sequence: number; block: number; time: number }

/** Where the roots were read. Given, a receipt of another network or contract is refused. */
export type ExpectedChain = { chain: number; contract: Hex }

export type ReceiptRefusal = 'anchor_invalid' | 'anchor_unknown_root'

export type ReceiptVerdict = { ok: true; time: number } | { ok: false; code: ReceiptRefusal }

/**
 * Checks offline that `hash` is a leaf under a root the chain is known to have taken. `receipt` may be anything an
 * outsider sent. The answer's `time` (seconds) is that of the known root, never the receipt's: a chain restored from a
 * backup takes the same root again in a later block, and receipts given out before must go on working.
 * `anchor_invalid`: malformed, of another chain, or the path does not lead to the root.
 * `anchor_unknown_root`: sound in itself, but the root is not known here (yet).
 */
export function verifyReceipt(
  hash: string,
  receipt: unknown,
  knownRoots: (root: Hex) => KnownRoot | undefined,
  expected?: ExpectedChain,
): ReceiptVerdict {
  const parsed = receiptSchema.safeParse(receipt)
  if (!parsed.success || !/^[0-9a-f]{64}$/.test(hash)) return invalid
  const { root, path, chain, contract } = parsed.data
  if (expected && (chain !== expected.chain || contract.toLowerCase() !== expected.contract.toLowerCase())) {
    return invalid
  }
  if (!leadsTo(root, path, hash)) return invalid

  const known = knownRoots(root)
  if (!known) return { ok: false, code: 'anchor_unknown_root' }
  return { ok: true, time: known.time }
}

const invalid: ReceiptVerdict = { ok: false, code: 'anchor_invalid' }

function leadsTo(root: Receipt['root'], path: Receipt['path'], hash: string): boolean {
  let node = leafBytes(hashBytes(hash))
  for (const sibling of path) node = pairHash(node, fromHex(sibling))
  return compareBytes(node, fromHex(root)) === 0
}
