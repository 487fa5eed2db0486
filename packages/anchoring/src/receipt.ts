import { z } from 'zod'

/** Bytes as lower-case hex with `0x`, the way they stand on the chain. */
export type Hex = `0x${string}`

/** Deepest path that is read: a batch of 2^32 leaves. Bounds the work an outsider's receipt can cause. */
export const MAX_DEPTH = 32

const bytes32 = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  'expected 32 bytes as lower-case hex with 0x',
)
const address = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value),
  'expected an address as 20 bytes of hex with 0x',
)
const natural = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)

/**
 * Proof that a credential's hash was on the chain by a certain time. It holds no personal data, and names the
 * chain and the contract so that a receipt of a test network proves nothing on the main one.
 */
export const receiptSchema = z.object({
  /** Merkle root of the batch. */
  root: bytes32,
  /** Siblings from the leaf to the root. */
  path: z.array(bytes32).max(MAX_DEPTH),
  /** Number that the contract gave the batch, from 1. */
  sequence: natural,
  block: natural,
  /** Block time in seconds. */
  time: natural,
  /** Chain id. */
  chain: natural,
  contract: address,
})

export type Receipt = z.infer<typeof receiptSchema>
