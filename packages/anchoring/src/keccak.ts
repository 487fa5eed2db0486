import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { AnchoringError } from './error.ts'
import type { Hex } from './receipt.ts'

/** 32 bytes of a credential hash: sha256 in lower-case hex, without `0x`. */
export function hashBytes(hash: string): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new AnchoringError('malformed_hash', 'A credential hash is 64 lower-case hex digits without 0x.')
  }
  return hexToBytes(hash)
}

export const toHex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`

export const fromHex = (hex: Hex): Uint8Array => hexToBytes(hex.slice(2))

/** keccak256(keccak256(hash)): hashing twice keeps a leaf from ever passing as an inner node. */
export const leafBytes = (hash: Uint8Array): Uint8Array => keccak_256(keccak_256(hash))

/** The commutative pair hash of OpenZeppelin's MerkleProof: the smaller sibling goes first. */
export function pairHash(a: Uint8Array, b: Uint8Array): Uint8Array {
  const pair = new Uint8Array(64)
  const ordered = compareBytes(a, b) <= 0
  pair.set(ordered ? a : b)
  pair.set(ordered ? b : a, 32)
  return keccak_256(pair)
}

/** Byte order of two strings of equal length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
