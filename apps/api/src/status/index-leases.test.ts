import { createHmac, randomBytes } from 'node:crypto'
import { type Database, openDatabase } from '@pass/database'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIndexLeases } from './index-leases.ts'

const SIZE = 2 ** 17
const LIST = 'office-1'

let db: Database
beforeAll(async () => {
  db = await openDatabase({ memory: true })
})
afterAll(() => db?.close())

const agentOf = (key: Uint8Array) => ({
  mac: (purpose: string, data: string) =>
    createHmac('sha256', key).update(`${purpose}\0${data}`).digest('hex'),
})

/** The first `count` indices that a city with this key gives out, in batches as an issuer asks for them. */
async function indicesOf(key: Uint8Array, count: number, batch: number): Promise<number[]> {
  await db.sql`DELETE FROM "StatusList"`
  await db.sql`
    INSERT INTO "StatusList" ("id", "agencyId", "bits", "size", "version", "bitmap")
    VALUES (${LIST}, 'office', 2, ${SIZE}, 1, ${new Uint8Array(1)})`
  const leases = createIndexLeases({ db, agent: agentOf(key) as never }, async () => {})
  const indices: number[] = []
  while (indices.length < count) indices.push(...(await leases.take('office', batch)).indices)
  return indices
}

const ascending = (indices: number[]) => [...indices].sort((a, b) => a - b)

const gapsOf = (indices: number[]) =>
  ascending(indices)
    .map((index, n, sorted) => index - (sorted[n - 1] ?? 0))
    .slice(1)

describe('places in a status list', () => {
  test('are given out once each', async () => {
    const indices = await indicesOf(randomBytes(32), 5000, 10)
    expect(new Set(indices).size).toBe(indices.length)
    expect(indices.every((index) => index >= 0 && index < SIZE)).toBe(true)
  })

  test('of one batch stand in no pattern: no progression, no neighbours, spread over the whole list', async () => {
    const indices = await indicesOf(randomBytes(32), 5000, 10)
    let adjacent = 0
    for (let start = 0; start < indices.length; start += 10) {
      const batch = indices.slice(start, start + 10)
      const gaps = gapsOf(batch)
      // A constant stride is what an observer would look for.
      expect(new Set(gaps).size).toBeGreaterThan(1)
      adjacent += gaps.filter((gap) => gap <= 2).length
    }
    // Chance makes about 500 * 45 * 4 / 131,072 = 0.7 of them.
    expect(adjacent).toBeLessThan(15)
    // Each sixteenth of the list gets its share of 312, give or take six standard deviations.
    const shares = Array.from(
      { length: 16 },
      (_, n) => indices.filter((i) => Math.floor((i * 16) / SIZE) === n).length,
    )
    for (const share of shares) expect(Math.abs(share - indices.length / 16)).toBeLessThan(6 * Math.sqrt(312))
  })

  test('cannot be told from the ones before: the next is no nearer than chance, and ranks do not follow each other', async () => {
    const indices = await indicesOf(randomBytes(32), 5000, 10)
    const mean = indices.reduce((sum, index) => sum + index, 0) / indices.length
    let covariance = 0
    let variance = 0
    for (let n = 1; n < indices.length; n++)
      covariance += ((indices[n] ?? 0) - mean) * ((indices[n - 1] ?? 0) - mean)
    for (const index of indices) variance += (index - mean) ** 2
    expect(Math.abs(covariance / variance)).toBeLessThan(6 / Math.sqrt(indices.length))
  })

  test('follow from the key of the city, which no list shows', async () => {
    const [one, two] = [await indicesOf(randomBytes(32), 100, 10), await indicesOf(randomBytes(32), 100, 10)]
    expect(one).not.toEqual(two)
    // With one key they are the same again, so a restart gives no place twice.
    const key = randomBytes(32)
    expect(await indicesOf(key, 100, 10)).toEqual(await indicesOf(key, 100, 5))
  })
})
