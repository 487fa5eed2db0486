import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { permute } from './permute.ts'

const prfOf = (key: string) => (input: string) => createHmac('sha256', key).update(input).digest('hex')

describe('permute', () => {
  it('gives every index of the list exactly once, for any size and key', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.string(), (size, key) => {
        const prf = prfOf(key)
        const indices = Array.from({ length: size }, (_, n) => permute(n, size, prf))
        expect(new Set(indices).size).toBe(size)
        for (const index of indices) expect(index >= 0 && index < size && Number.isInteger(index)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('gives the same index again under one key and others under another', () => {
    const order = (key: string) => Array.from({ length: 64 }, (_, n) => permute(n, 100_000, prfOf(key)))
    expect(order('a')).toEqual(order('a'))
    expect(order('a')).not.toEqual(order('b'))
  })

  it('scatters neighbours over the whole list', () => {
    const indices = Array.from({ length: 1000 }, (_, n) => permute(n, 100_000, prfOf('key')))
    const perTenth = new Array<number>(10).fill(0)
    for (const index of indices) perTenth[Math.floor(index / 10_000)]! += 1
    expect(Math.min(...perTenth)).toBeGreaterThan(60)
    expect(Math.max(...perTenth)).toBeLessThan(150)
  })

  it('costs eight calls for each index when the size is a power of two', () => {
    let calls = 0
    const prf = prfOf('key')
    permute(5, 131_072, (input) => {
      calls++
      return prf(input)
    })
    expect(calls).toBe(8)
  })

  it('says when the list is full, and refuses what is no list', () => {
    for (const n of [10, -1, 0.5]) expect(() => permute(n, 10, prfOf('key'))).toThrow(RangeError)
    for (const size of [0, -1, 2 ** 31]) expect(() => permute(0, size, prfOf('key'))).toThrow(RangeError)
  })
})
