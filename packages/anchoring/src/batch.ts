import { AnchoringError } from './error.ts'
import { compareBytes, hashBytes, leafBytes, pairHash, toHex } from './keccak.ts'
import type { Hex } from './receipt.ts'

export type Batch = {
  root: Hex
  leafCount: number
  /** By credential hash as given: the siblings from its leaf to the root. Empty for a batch of one. */
  paths: Map<string, Hex[]>
}

/**
 * Builds the Merkle tree over hashes of 32 bytes (lower-case hex without `0x`; of a credential, its sha256). The tree
 * is the one of @openzeppelin/merkle-tree: a complete binary tree in an array, leaves laid from its end. They are
 * sorted, so that the same set gives the same root in any order; with `inOrder` they stay as given, as Mileage lays
 * the payments of a batch. Throws `empty_batch`, `malformed_hash`, `duplicate_hash`.
 */
export function buildBatch(hashes: readonly string[], { inOrder = false } = {}): Batch {
  if (hashes.length === 0) throw new AnchoringError('empty_batch', 'A batch needs at least one hash.')
  if (new Set(hashes).size !== hashes.length) {
    throw new AnchoringError('duplicate_hash', 'A hash appears twice in the batch.')
  }
  const leaves = hashes.map((hash) => ({ hash, leaf: leafBytes(hashBytes(hash)) }))
  if (!inOrder) leaves.sort((a, b) => compareBytes(a.leaf, b.leaf))

  const size = 2 * leaves.length - 1
  const nodes = new Array<Uint8Array>(size)
  for (const [i, { leaf }] of leaves.entries()) nodes[size - 1 - i] = leaf
  for (let i = size - 1 - leaves.length; i >= 0; i--) {
    nodes[i] = pairHash(nodeAt(nodes, 2 * i + 1), nodeAt(nodes, 2 * i + 2))
  }

  const hex = nodes.map(toHex)
  const paths = new Map<string, Hex[]>()
  for (const [i, { hash }] of leaves.entries()) paths.set(hash, pathFrom(hex, size - 1 - i))
  return { root: toHex(nodeAt(nodes, 0)), leafCount: leaves.length, paths }
}

function pathFrom(hex: readonly Hex[], leafIndex: number): Hex[] {
  const path: Hex[] = []
  for (let i = leafIndex; i > 0; i = (i - 1) >> 1) path.push(nodeAt(hex, i % 2 === 1 ? i + 1 : i - 1))
  return path
}

function nodeAt<T>(nodes: readonly T[], index: number): T {
  const node = nodes[index]
  if (node === undefined) throw new RangeError('node outside the tree')
  return node
}
