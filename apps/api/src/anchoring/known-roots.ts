import { type Hex, type KnownRoot, type Receipt, type ReceiptRefusal, verifyReceipt } from '@pass/anchoring'
import { knownRootOf } from '@pass/relay'
import type { Context } from '../context.ts'

/** Roots are 200 bytes each here; a year of five-second batches at full load would be thirty times as many. */
const MAX_ROOTS = 200_000
const MAX_UNKNOWN = 1_000
/** How long a root that nobody knows is not looked for again. */
const UNKNOWN_SECONDS = 2

export type KnownRoots = {
  /**
   * Verifies a receipt that a stranger sent. Roots that were seen before cost nothing; another one is looked up in
   * the database and then on the chain, and only when the receipt is sound in itself.
   */
  verify(
    hash: string,
    receipt: unknown,
  ): Promise<{ ok: true; time: number } | { ok: false; code: ReceiptRefusal }>
}

/** What this process knows of the chain's roots. */
export function createKnownRoots({
  db,
  chain,
  clock,
  config,
}: Pick<Context, 'db' | 'chain' | 'clock' | 'config'>): KnownRoots {
  const roots = new Map<Hex, KnownRoot>()
  const unknown = new Map<Hex, number>()
  const expected = { chain: chain.manifest.chainId, contract: chain.manifest.contracts.credentialAnchor }

  return {
    async verify(hash, receipt) {
      const verdict = verifyReceipt(hash, receipt, (root) => roots.get(root), expected)
      if (verdict.ok || verdict.code !== 'anchor_unknown_root') return verdict
      // Sound apart from its root, so its shape is known.
      const { root } = receipt as Receipt
      const found = await find(root)
      return found ? { ok: true, time: found.time } : verdict
    },
  }

  async function find(root: Hex): Promise<KnownRoot | undefined> {
    const now = clock().getTime() / 1000
    const missedUntil = unknown.get(root)
    if (missedUntil !== undefined && missedUntil > now) return undefined
    const found = (await knownRootOf(db.sql, root)) ?? (await onChain(root))
    if (found) {
      unknown.delete(root)
      keep(roots, root, found, MAX_ROOTS)
    } else keep(unknown, root, now + UNKNOWN_SECONDS, MAX_UNKNOWN)
    return found
  }

  /** For a root of before a database was restored. Final as far as the city's own batches have to be. */
  async function onChain(root: Hex): Promise<KnownRoot | undefined> {
    try {
      const anchored = await chain.anchors.timeOf(root)
      if (!anchored) return undefined
      const { sequence, block, time } = anchored
      return (await chain.blockNumber()) - block + 1 >= config.chainConfirmations
        ? { sequence, block, time }
        : undefined
    } catch {
      return undefined
    }
  }
}

function keep<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  if (map.size >= most) {
    const [oldest] = map.keys()
    if (oldest !== undefined) map.delete(oldest)
  }
  map.set(key, value)
}
