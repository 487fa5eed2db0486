import { buildBatch, verifyReceipt } from '@pass/anchoring'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { anchoringRoutes } from './routes.ts'
import { createAnchoring } from './service.ts'

const manifest = { chainId: 8282, contracts: { credentialAnchor: `0x${'c'.repeat(40)}` } }
let chainUp = true
const answering = async <T>(value: T) => {
  if (!chainUp) throw new Error('no answer')
  return value
}
const chain = {
  manifest,
  blockNumber: () => answering(9),
  anchors: { count: () => answering(3), timeOf: () => answering(undefined) },
}
const hashOf = (n: number) => n.toString(16).padStart(64, '0')
/** Three batches that the chain has and one on its way, all made within one millisecond. */
const BATCHES = [1, 2, 3, 4].map((n) => buildBatch([hashOf(2 * n), hashOf(2 * n + 1)]))

let api: TestApi
let operator: string
beforeAll(async () => {
  api = await startTestApi({
    context: { chain },
    routes: ({ context }) => anchoringRoutes(createAnchoring(context)),
  })
  operator = (await api.apiKeys.create({ name: 'op', role: 'operator' })).key
  const createdAt = new Date('2026-11-21T00:00:00.123Z')
  for (const [i, { root, leafCount, paths }] of BATCHES.entries()) {
    const known = {
      sequence: i + 1,
      blockNumber: i + 5,
      blockTime: 1_795_000_000 + i,
      confirmedAt: createdAt,
    }
    const state = i < 3 ? { status: 'confirmed', ...known } : { status: 'pending' }
    const leaves = { create: [...paths].map(([hash, path]) => ({ hash, path })) }
    await api.db.prisma.anchorBatch.create({ data: { root, leafCount, createdAt, leaves, ...state } })
  }
})
afterAll(() => api.close())

describe('GET /api/anchors/{hash}', () => {
  it('answers a receipt that verifies offline against the published roots', async () => {
    const { body: receipt, status } = await api.call(`/api/anchors/${hashOf(5)}`)
    expect(status).toBe(200)
    const { body: known } = await api.call('/api/anchors/roots')
    const found = known.roots.find(({ root }: { root: string }) => root === receipt.root)
    const { chain, contract } = known
    expect(verifyReceipt(hashOf(5), receipt, () => found, { chain, contract })).toEqual({
      ok: true,
      time: 1_795_000_001,
    })
  })

  it('tells a hash that is on its way from no other that the chain does not have', async () => {
    for (const hash of [hashOf(8), hashOf(999)]) {
      const { status, body } = await api.call(`/api/anchors/${hash}`)
      expect({ status, code: body.code }).toEqual({ status: 404, code: 'not_anchored_yet' })
    }
    expect((await api.call(`/api/anchors/${'G'.repeat(64)}`)).status).toBe(400)
  })
})

describe('GET /api/anchors/roots', () => {
  it('gives every root that the chain has, once, page by page', async () => {
    const seen: number[] = []
    for (let after: number | null = 0; after !== null; ) {
      const { body } = await api.call(`/api/anchors/roots?limit=2&after=${after}`)
      seen.push(...body.roots.map(({ sequence }: { sequence: number }) => sequence))
      after = body.nextAfter
    }
    expect(seen).toEqual([1, 2, 3])
  })
})

describe('GET /api/anchors/batches', () => {
  const page = (query = '') => api.call(`/api/anchors/batches${query}`, { key: operator })

  it('is for operators alone', async () => {
    const { key } = await api.apiKeys.create({ name: 'of', role: 'officer', agencyId: 'residents' })
    expect((await api.call('/api/anchors/batches', { key })).status).toBe(403)
    expect((await api.call('/api/anchors/batches')).status).toBe(401)
  })

  it('gives every batch once, page by page, also those of one millisecond', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await page(`?limit=1${cursor && `&cursor=${cursor}`}`)
      seen.push(...body.items.map(({ root }: { root: string }) => root))
      cursor = body.nextCursor ?? ''
    } while (cursor !== '')
    expect(seen.sort()).toEqual(BATCHES.map(({ root }) => root).sort())
    expect((await page('?cursor=yesterday')).status).toBe(400)
  })

  it('says what waits, and goes on when the chain does not answer', async () => {
    expect((await page()).body).toMatchObject({
      waiting: { pendingBatches: 1 },
      chain: { up: true, anchored: 3 },
    })
    chainUp = false
    expect((await page()).body.chain).toMatchObject({ up: false, block: null })
    chainUp = true
  })
})
