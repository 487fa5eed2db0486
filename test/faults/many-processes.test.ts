import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAnvil } from '../../packages/chain/src/anvil.ts'
import { freePort, startCity, type TestCity } from '../city.ts'
import { offerSample, openHeadlessHolder, presentTo, untilAnchored } from '../headless.ts'

type Batch = { leafCount: number; status: string }

describe('two processes over one PostgreSQL server and one chain', () => {
  const undo: (() => Promise<unknown>)[] = []
  let first: TestCity
  let second: TestCity
  beforeAll(async () => {
    const postgres = await startPostgres()
    undo.push(postgres.stop)
    const anvil = await startAnvil({ chainId: 8282 })
    undo.push(anvil.stop)
    const port = await freePort()
    const env = {
      DATABASE_URL: postgres.url,
      CHAIN_RPC_URL: anvil.rpcUrl,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      // What a balancer in front of both would be called.
      PUBLIC_URL: `http://localhost:${port}`,
    }
    const outcomes = await Promise.allSettled([startCity({ env, port }), startCity({ env })])
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') undo.push(outcome.value.end)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    ;[first, second] = outcomes.map((outcome) => (outcome as PromiseFulfilledResult<TestCity>).value) as [
      TestCity,
      TestCity,
    ]
  })
  afterAll(async () => {
    for (const step of undo.reverse()) await step()
  })

  it('start at the same time, and are one city with the same agencies and the same root', async () => {
    for (const path of ['/api/agencies', '/api/trust'])
      expect((await second.call('operator', path)).body).toEqual((await first.call('operator', path)).body)
    // The keys that one wrote for machines do not end the other's.
    for (const city of [first, second])
      expect((await city.call('officer', '/api/credentials')).status).toBe(200)
  })

  it('serve one another’s offers, and everything is anchored exactly once', async () => {
    /** Sends what is meant for the public address to the second process. */
    const toSecond: typeof fetch = (input, init) => {
      const request = new Request(input, init)
      return fetch(new Request(request.url.replace(first.url, second.url), request))
    }
    const holders = await Promise.all(
      [fetch, toSecond, toSecond].map(async (way) => {
        const holder = openHeadlessHolder(first, way)
        const { offerUri, txCode } = await offerSample(first)
        const {
          credentials: [card],
        } = await holder.receive(await holder.readOffer(offerUri), { txCode })
        expect(card?.copies).toHaveLength(10)
        return holder
      }),
    )
    for (const holder of holders) {
      await untilAnchored(first, holder)
      expect((await presentTo(first, holder, { template: 'age-19' })).result).toMatchObject({
        state: 'accepted',
      })
    }
    const { body } = await second.call('operator', '/api/anchors/batches?limit=200')
    const batches = body.items as Batch[]
    expect(batches.every(({ status }) => status === 'confirmed')).toBe(true)
    expect(batches.reduce((sum, { leafCount }) => sum + leafCount, 0)).toBe(30)
  })

  it('keeps one going when the other is killed', async () => {
    await first.kill()
    expect((await second.call('operator', '/readyz')).body).toMatchObject({ ready: true, chain: 'up' })
    first = await first.restart()
    expect((await first.call('officer', '/api/credentials')).status).toBe(200)
  })
})
