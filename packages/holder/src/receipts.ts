import { type Receipt, receiptSchema, verifyReceipt } from '@pass/anchoring'
import type { HolderPorts } from './holder.ts'
import { updateCredential } from './in-turn.ts'
import type { Reach } from './reach.ts'

/**
 * Fetches the receipts of copies that have none yet. A copy that is not anchored yet is asked for again next time.
 *
 * @returns how many receipts came
 * @throws HolderError `network`, `busy` or `server_error`; the receipts that came before are kept
 */
export async function refreshReceipts(apiBase: string, ports: HolderPorts, reach: Reach): Promise<number> {
  let came = 0
  for (const { id, copies } of await ports.store.list('credential')) {
    for (const { hash, receipt } of copies) {
      if (receipt) continue
      const response = await reach(new URL(`/api/anchors/${hash}`, apiBase), {
        headers: { accept: 'application/json' },
      })
      const found = response.ok ? soundReceipt(hash, await response.json()) : undefined
      if (!found) continue
      if (await keep(id, hash, found, ports)) came++
    }
  }
  return came
}

async function keep(id: string, hash: string, receipt: Receipt, ports: HolderPorts): Promise<boolean> {
  let kept = false
  await updateCredential(ports.store, id, ({ copies }) => {
    const copy = copies.find((copy) => copy.hash === hash)
    if (!copy) return
    copy.receipt = receipt
    kept = true
  })
  return kept
}

/** A receipt whose path leads from this copy to its root. Whether the chain knows the root is for verifiers to say. */
function soundReceipt(hash: string, body: unknown): Receipt | undefined {
  const parsed = receiptSchema.safeParse(body)
  if (!parsed.success) return undefined
  const { root, sequence, block, time } = parsed.data
  const verdict = verifyReceipt(hash, parsed.data, (known) =>
    known === root ? { sequence, block, time } : undefined,
  )
  return verdict.ok ? parsed.data : undefined
}
