import { verifyReceipt } from '@pass/anchoring'
import { ApiError } from '../account/api-error.ts'
import type { AccountPorts } from '../account/ports.ts'
import { walletFetch } from '../account/wallet-fetch.ts'

/** `time` in milliseconds. */
export type ReceiptStanding = { standing: 'recorded'; time: number } | { standing: 'waiting' | 'wrong' }

type Roots = {
  chain: number
  contract: `0x${string}`
  roots: { root: string; sequence: number; block: number; time: number }[]
}

/**
 * Fetches the proof that something stands in the city's public record, and checks it on this device against the
 * record's own list.
 *
 * @param hash lower-case hex without 0x
 * @throws ApiError without an answer
 */
export async function checkReceipt(ports: AccountPorts, hash: string): Promise<ReceiptStanding> {
  try {
    const receipt = await walletFetch<{ sequence: number }>(ports, `/api/anchors/${hash}`)
    // The one root is enough: that it is listed under its number is what counts.
    const after = Math.max(0, Number(receipt.sequence) - 1)
    const { roots, ...expected } = await walletFetch<Roots>(
      ports,
      `/api/anchors/roots?after=${after}&limit=1`,
    )
    const verdict = verifyReceipt(
      hash,
      receipt,
      (root) => roots.find((known) => known.root === root),
      expected,
    )
    if (verdict.ok) return { standing: 'recorded', time: verdict.time * 1000 }
    return { standing: verdict.code === 'anchor_unknown_root' ? 'waiting' : 'wrong' }
  } catch (error) {
    if (error instanceof ApiError && ['not_anchored_yet', 'not_found'].includes(error.code))
      return { standing: 'waiting' }
    throw error
  }
}
