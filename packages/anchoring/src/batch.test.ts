import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildBatch } from './batch.ts'
import { leafOf } from './leaf.ts'

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const hashes = fc.uniqueArray(hash, { minLength: 1, maxLength: 70 })

const sample = (count: number) =>
  Array.from({ length: count }, (_, i) => bytesToHex(keccak_256(Uint8Array.of(i >> 16, i >> 8, i))))

describe('leafOf', () => {
  it('is keccak256 of keccak256, as the contract computes it', () => {
    const [one = ''] = sample(1)
    expect(leafOf(one)).toBe(`0x${bytesToHex(keccak_256(keccak_256(hexToBytes(one))))}`)
  })

  it.each(['', 'ab', `0x${'a'.repeat(64)}`, 'A'.repeat(64), 'g'.repeat(64)])('refuses %o', (text) => {
    expect(() => leafOf(text)).toThrow(expect.objectContaining({ code: 'malformed_hash' }))
  })
})

describe('buildBatch', () => {
  it("makes the root and the proofs of OpenZeppelin's own tree", () => {
    fc.assert(
      fc.property(hashes, (batch) => {
        const { root, paths, leafCount } = buildBatch(batch)
        const peer = SimpleMerkleTree.of(batch.map(leafOf))
        expect(root).toBe(peer.root)
        expect(leafCount).toBe(batch.length)
        for (const one of batch) {
          const path = paths.get(one) ?? []
          expect(path).toEqual(peer.getProof(leafOf(one)))
          expect(SimpleMerkleTree.verify(root, leafOf(one), path)).toBe(true)
        }
      }),
    )
  })

  it('does not depend on the order of the hashes', () => {
    fc.assert(
      fc.property(hashes, (batch) => {
        expect(buildBatch([...batch].reverse()).root).toBe(buildBatch(batch).root)
      }),
    )
  })

  it('keeps the order of the hashes when told to, as a tree of the peer whose leaves are not sorted', () => {
    fc.assert(
      fc.property(hashes, (batch) => {
        const { root, paths } = buildBatch(batch, { inOrder: true })
        const peer = SimpleMerkleTree.of(batch.map(leafOf), { sortLeaves: false })
        expect(root).toBe(peer.root)
        for (const [i, one] of batch.entries()) expect(paths.get(one)).toEqual(peer.getProof(i))
      }),
    )
    const three = sample(3)
    expect(buildBatch([...three].reverse(), { inOrder: true }).root).not.toBe(
      buildBatch(three, { inOrder: true }).root,
    )
  })

  it('of one hash has its leaf for a root and an empty path', () => {
    const [one = ''] = sample(1)
    expect(buildBatch([one])).toEqual({ root: leafOf(one), leafCount: 1, paths: new Map([[one, []]]) })
  })

  it('refuses an empty batch, a repeated hash and a malformed one', () => {
    const [one = '', two = ''] = sample(2)
    expect(() => buildBatch([])).toThrow(expect.objectContaining({ code: 'empty_batch' }))
    expect(() => buildBatch([one, two, one])).toThrow(expect.objectContaining({ code: 'duplicate_hash' }))
    expect(() => buildBatch([one, 'zz'])).toThrow(expect.objectContaining({ code: 'malformed_hash' }))
  })

  it('takes ten thousand hashes within two seconds, with paths of at most 14 steps', () => {
    const started = performance.now()
    const { paths } = buildBatch(sample(10_000))
    expect(performance.now() - started).toBeLessThan(2000)
    expect(Math.max(...[...paths.values()].map(({ length }) => length))).toBe(14)
  })
})
