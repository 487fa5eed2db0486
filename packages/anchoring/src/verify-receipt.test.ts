import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildBatch } from './batch.ts'
import { leafOf } from './leaf.ts'
import type { Hex, Receipt } from './receipt.ts'
import { type KnownRoot, verifyReceipt } from './verify-receipt.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const CONTRACT: Hex = `0x${'c0'.repeat(20)}`
const KNOWN: KnownRoot = { sequence: 4, block: 90, time: 1_795_000_000 }

function anchored(count: number) {
  const hashes = Array.from({ length: count }, (_, i) => sha256(`credential ${i}`))
  const { root, paths } = buildBatch(hashes)
  const receiptOf = (hash: string): Receipt => ({
    root,
    path: paths.get(hash) ?? [],
    ...KNOWN,
    chain: 8282,
    contract: CONTRACT,
  })
  const knownRoots = (asked: Hex) => (asked === root ? KNOWN : undefined)
  return { hashes, root, receiptOf, knownRoots }
}

const expected = { chain: 8282, contract: CONTRACT }

describe('verifyReceipt', () => {
  it('accepts each credential of a batch of any size, with the time of the chain', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const { hashes, receiptOf, knownRoots } = anchored(count)
        for (const hash of hashes) {
          expect(verifyReceipt(hash, receiptOf(hash), knownRoots, expected)).toEqual({
            ok: true,
            time: KNOWN.time,
          })
        }
      }),
      { numRuns: 30 },
    )
  })

  it('refuses the receipt of another credential, also for one that was never anchored', () => {
    const { hashes, receiptOf, knownRoots } = anchored(9)
    const [one = '', two = ''] = hashes
    for (const hash of [two, sha256('never anchored')]) {
      expect(verifyReceipt(hash, receiptOf(one), knownRoots)).toEqual({ ok: false, code: 'anchor_invalid' })
    }
  })

  it('refuses a path with a changed, missing, added or moved step', () => {
    const { hashes, receiptOf, knownRoots } = anchored(9)
    const [hash = ''] = hashes
    const receipt = receiptOf(hash)
    const { path } = receipt
    const other: Hex = `0x${'11'.repeat(32)}`
    for (const forged of [
      [other, ...path.slice(1)],
      path.slice(1),
      path.slice(0, -1),
      [...path, other],
      [...path].reverse(),
    ]) {
      expect(verifyReceipt(hash, { ...receipt, path: forged }, knownRoots)).toEqual({
        ok: false,
        code: 'anchor_invalid',
      })
    }
  })

  it('does not take an inner node for a leaf', () => {
    const { hashes, receiptOf, knownRoots } = anchored(2)
    const [one = ''] = hashes
    const receipt = receiptOf(one)
    expect(verifyReceipt(leafOf(one).slice(2), receipt, knownRoots).ok).toBe(false)
    expect(verifyReceipt(receipt.root.slice(2), { ...receipt, path: [] }, knownRoots).ok).toBe(false)
  })

  it('says when the root is not known, apart from a receipt that is wrong', () => {
    const { hashes, receiptOf } = anchored(3)
    const [hash = ''] = hashes
    expect(verifyReceipt(hash, receiptOf(hash), () => undefined)).toEqual({
      ok: false,
      code: 'anchor_unknown_root',
    })
  })

  it('cannot be given a root of its own making', () => {
    const { knownRoots } = anchored(3)
    const forged = anchored(1)
    const [hash = ''] = forged.hashes
    const receipt = { ...forged.receiptOf(hash), path: [], root: leafOf(hash) }
    // The one leaf of the forged batch is "credential 0", which stands in the real one too, under another root.
    expect(verifyReceipt(hash, receipt, knownRoots)).toEqual({ ok: false, code: 'anchor_unknown_root' })
  })

  it('takes the time from the chain and not from the receipt', () => {
    const { hashes, receiptOf, knownRoots } = anchored(3)
    const [hash = ''] = hashes
    const backdated = { ...receiptOf(hash), time: 1, block: 1, sequence: 1 }
    expect(verifyReceipt(hash, backdated, knownRoots, expected)).toEqual({ ok: true, time: KNOWN.time })
  })

  it('refuses the receipt of another chain or contract', () => {
    const { hashes, receiptOf, knownRoots } = anchored(3)
    const [hash = ''] = hashes
    for (const foreign of [{ chain: 1 }, { contract: `0x${'c1'.repeat(20)}` }]) {
      const receipt = { ...receiptOf(hash), ...foreign }
      expect(verifyReceipt(hash, receipt, knownRoots, expected)).toEqual({
        ok: false,
        code: 'anchor_invalid',
      })
    }
  })

  it('refuses whatever is not a receipt, without throwing', () => {
    const { hashes, receiptOf, knownRoots } = anchored(3)
    const [hash = ''] = hashes
    const receipt = receiptOf(hash)
    const deep = Array.from({ length: 33 }, () => receipt.root)
    const malformed: unknown[] = [
      undefined,
      null,
      {},
      [],
      'receipt',
      7,
      { ...receipt, root: '0x12' },
      { ...receipt, root: receipt.root.toUpperCase() },
      { ...receipt, path: deep },
      { ...receipt, path: ['0xzz'] },
      { ...receipt, path: 'path' },
      { ...receipt, block: -1 },
      { ...receipt, time: 1.5 },
      { ...receipt, sequence: '4' },
    ]
    for (const one of malformed)
      expect(verifyReceipt(hash, one, knownRoots)).toEqual({ ok: false, code: 'anchor_invalid' })
    expect(verifyReceipt('not a hash', receipt, knownRoots)).toEqual({ ok: false, code: 'anchor_invalid' })
    fc.assert(
      fc.property(fc.anything(), (junk) => void expect(verifyReceipt(hash, junk, knownRoots).ok).toBe(false)),
    )
  })
})
