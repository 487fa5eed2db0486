import { rm } from 'node:fs/promises'
import { verifyReceipt } from '@pass/anchoring'
import type { Hex } from '@pass/chain'
import { type Database, openDatabase } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enqueue, enqueueAnchors, knownRootOf, receiptOf } from './index.ts'
import {
  type DeployedChain,
  deployOnce,
  enqueueAll,
  forgetAll,
  hashOf,
  type RelayCity,
  startRelayCity,
} from './testing/relay-city.ts'

describe.each(['embedded', 'server'] as const)('the relay on Postgres (%s)', (kind) => {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined
  let db: Database
  let deployed: DeployedChain
  let city: RelayCity

  beforeAll(async () => {
    if (kind === 'server') server = await startPostgres()
    db = await openDatabase(server ? { url: server.url } : { memory: true })
    deployed = await deployOnce()
  }, 60_000)
  beforeEach(async () => {
    await forgetAll(db)
    city = await startRelayCity(deployed)
  })
  afterEach(() => city.end())
  afterAll(async () => {
    await db?.close()
    await server?.stop()
    await rm(deployed.folder, { recursive: true, force: true })
  })

  const hashes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => hashOf(from + i))
  /** Each hash has a receipt that the city's own roots and the contract both stand behind. */
  const expectAnchored = async (expected: readonly string[]) => {
    for (const hash of expected) {
      const receipt = await receiptOf(db.sql, city.chain.manifest, hash)
      expect(receipt, hash).toBeDefined()
      const known = await knownRootOf(db.sql, receipt!.root)
      const verdict = verifyReceipt(hash, receipt, (root) => (root === receipt!.root ? known : undefined))
      expect(verdict).toEqual({ ok: true, time: receipt?.time })
      const { leafCount: _, ...onChain } = (await city.chain.anchors.timeOf(receipt!.root))!
      expect(onChain).toEqual({ sequence: receipt?.sequence, block: receipt?.block, time: receipt?.time })
      expect(await city.chain.anchors.verify(`0x${hash}`, receipt!.path, receipt!.root)).toBe(true)
    }
  }
  const errors = () => city.logged.filter(({ level }) => level === 'error')

  it('makes one root of all that waits, and a receipt for each', async () => {
    const all = hashes(0, 40)
    await enqueueAll(db, all)
    expect(await receiptOf(db.sql, city.chain.manifest, hashOf(0))).toBeUndefined()
    await city.relay(db).tick()
    expect(await city.chain.anchors.count()).toBe(1)
    await expectAnchored(all)
    expect(await receiptOf(db.sql, city.chain.manifest, hashOf('never issued'))).toBeUndefined()
    expect(errors()).toEqual([])
  })

  it('gives no two copies of one credential the same root, though all come late', async () => {
    const credentials = [hashes(0, 10), hashes(10, 20)]
    for (const copies of credentials) await db.transaction((sql) => enqueueAnchors(sql, copies))
    await city.relay(db).tick()
    await expectAnchored(hashes(0, 20))
    for (const copies of credentials) {
      const receipts = await Promise.all(copies.map((hash) => receiptOf(db.sql, city.chain.manifest, hash)))
      expect(new Set(receipts.map((receipt) => receipt?.root)).size).toBe(10)
    }
    // They hide among those of others.
    expect(await city.chain.anchors.count()).toBe(10)
  })

  it('spreads the copies of one credential over time', async () => {
    const relay = city.relay(db)
    await db.transaction((sql) => enqueueAnchors(sql, hashes(0, 10), 60_000))
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(1)
    city.clock.advance(5 * 60_000)
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(6)
    city.clock.advance(5 * 60_000)
    await relay.tick()
    await expectAnchored(hashes(0, 10))
  })

  it('waits for a full batch or for the oldest to be old enough', async () => {
    const relay = city.relay(db, { batchSize: 10, batchAgeMs: 5_000 })
    await enqueueAll(db, hashes(0, 9))
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(0)
    await enqueueAll(db, hashes(9, 25))
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(2)
    await expectAnchored(hashes(0, 20))
    city.clock.advance(5_000)
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(3)
    await expectAnchored(hashes(0, 25))
  })

  it('anchors a hash once however often it is noted', async () => {
    const relay = city.relay(db)
    await enqueueAll(db, [hashOf(1), hashOf(1)])
    await relay.tick()
    await enqueueAll(db, [hashOf(1), hashOf(2)])
    await relay.tick()
    await enqueueAll(db, [hashOf(1)])
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(2)
    await expectAnchored([hashOf(1), hashOf(2)])
  })

  it('takes nothing from a transaction that was rolled back, and no malformed hash', async () => {
    const failing = db.transaction(async (sql) => {
      await enqueue(sql, 'anchor', hashOf(1), {})
      throw new Error('not issued')
    })
    await expect(failing).rejects.toThrow('not issued')
    await expect(enqueue(db.sql, 'anchor', `0x${hashOf(1)}`, {})).rejects.toThrow(RangeError)
    await expect(enqueueAnchors(db.sql, ['xyz'])).rejects.toThrow(RangeError)
    await city.relay(db).tick()
    expect(await city.chain.anchors.count()).toBe(0)
  })

  it('commits every version of a status list, in order', async () => {
    for (const version of [1, 2, 3]) {
      await enqueue(db.sql, 'statusList', hashOf(`list ${version}`), { listId: 'residents-1', version })
    }
    await enqueue(db.sql, 'statusList', hashOf('other'), { listId: 'veterans-1', version: 1 })
    await city.relay(db).tick()
    for (const version of [1, 2, 3]) {
      const hash = await city.chain.anchors.statusListHash('residents-1', version)
      expect(hash).toBe(`0x${hashOf(`list ${version}`)}`)
    }
    expect(await city.chain.anchors.statusList('residents-1')).toMatchObject({ version: 3 })
    const rows = await db.sql<{ status: string; blockNumber: number }>`SELECT * FROM "StatusCommit"`
    expect(rows.map(({ status }) => status)).toEqual(Array(4).fill('confirmed'))
    expect(rows.every(({ blockNumber }) => blockNumber > 0)).toBe(true)
  })

  it('gives up a version that the chain has gone past, and nothing else', async () => {
    await city.chain.send(
      city.anchorer,
      city.chain.anchors.commitStatusList('list', 5, `0x${hashOf('five')}`),
    )
    await enqueue(db.sql, 'statusList', hashOf('four'), { listId: 'list', version: 4 })
    await enqueue(db.sql, 'statusList', hashOf('six'), { listId: 'list', version: 6 })
    await city.relay(db).tick()
    const rows = await db.sql`SELECT "version", "status" FROM "StatusCommit" ORDER BY "version"`
    expect(rows).toEqual([
      { version: 4, status: 'superseded' },
      { version: 6, status: 'confirmed' },
    ])
  })

  it('goes on issuing while the chain is down, catches up after, and doubles nothing', async () => {
    const relay = city.relay(db, { batchSize: 10 })
    await enqueueAll(db, hashes(0, 5))
    await relay.tick()
    await city.stop()
    for (let i = 5; i < 25; i += 5) {
      await enqueueAll(db, hashes(i, i + 5))
      await relay.tick()
    }
    expect(city.logged.filter(({ message }) => message.includes('does not answer'))).toHaveLength(1)
    await city.start()
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(3)
    await expectAnchored(hashes(0, 25))
    expect(errors()).toEqual([])
  })

  it.each(['before', 'after'] as const)(
    'was killed %s its transaction left: the next one finishes it',
    async (when) => {
      let alive = true
      const whileAlive = <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) => {
        return (...args: Args) => (alive ? work(...args) : Promise.reject(new Error('killed')))
      }
      const dying = {
        ...city.chain,
        blockAt: whileAlive(city.chain.blockAt),
        transactions: {
          ...city.chain.transactions,
          broadcast: async (raw: string) => {
            if (when === 'after') await city.chain.transactions.broadcast(raw)
            alive = false
            throw new Error('killed')
          },
        },
      }
      await enqueueAll(db, hashes(0, 3))
      const log = { info: () => {}, warn: () => {}, error: () => {} }
      await city.relay(db, { chain: dying, log }).tick()
      expect(await receiptOf(db.sql, city.chain.manifest, hashOf(0))).toBeUndefined()
      expect(await city.chain.anchors.count()).toBe(when === 'after' ? 1 : 0)

      await city.relay(db).tick()
      expect(await city.chain.anchors.count()).toBe(1)
      expect(await city.chain.transactions.nonceOf(city.anchorer.address)).toBe(1)
      await expectAnchored(hashes(0, 3))
    },
  )

  it('anchors again what a chain that came back older has lost, and corrects the receipts', async () => {
    const relay = city.relay(db)
    await enqueueAll(db, hashes(0, 3))
    await relay.tick()
    const kept = await receiptOf(db.sql, city.chain.manifest, hashOf(0))
    await city.forget(async () => {
      for (let i = 3; i < 9; i += 3) {
        await enqueueAll(db, hashes(i, i + 3))
        await relay.tick()
      }
      await enqueue(db.sql, 'statusList', hashOf('token'), { listId: 'list', version: 1 })
      await relay.tick()
      await expectAnchored(hashes(0, 9))
    })
    expect(await city.chain.anchors.count()).toBe(1)

    const next = city.relay(db)
    expect(await next.reader.catchUp()).toEqual({ applied: 0, undone: 3 })
    expect(await receiptOf(db.sql, city.chain.manifest, hashOf(3))).toBeUndefined()
    await next.tick()
    expect(await city.chain.anchors.count()).toBe(3)
    await expectAnchored(hashes(0, 9))
    expect(await receiptOf(db.sql, city.chain.manifest, hashOf(0))).toEqual(kept)
    expect(await city.chain.anchors.statusList('list')).toMatchObject({ version: 1 })
    expect(await next.reader.catchUp()).toEqual({ applied: 0, undone: 0 })

    await enqueueAll(db, hashes(9, 12))
    await next.tick()
    await expectAnchored(hashes(0, 12))
  })

  it('notices an older chain while it runs, also one from before it first sent anything', async () => {
    const relay = city.relay(db)
    await city.forget(async () => {
      for (let i = 0; i < 6; i += 2) {
        await enqueueAll(db, hashes(i, i + 2))
        await relay.tick()
      }
    })
    expect(await city.chain.anchors.count()).toBe(0)
    await enqueueAll(db, hashes(6, 8))
    await relay.tick()
    await expectAnchored(hashes(0, 8))
    expect(await city.chain.anchors.count()).toBe(4)
  })

  it.each([1, 2])('notices a reorganisation that drops the last %i of its blocks', async (depth) => {
    const relay = city.relay(db)
    await enqueueAll(db, hashes(0, 2))
    await relay.tick()
    await enqueueAll(db, hashes(2, 4))
    await relay.tick()
    await city.rpc('anvil_reorg', depth, [])
    expect(await city.chain.anchors.count()).toBe(2 - depth)
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(2)
    await expectAnchored(hashes(0, 4))
  })

  it('sends a transaction again that the node dropped', async () => {
    const relay = city.relay(db)
    await city.rpc('evm_setAutomine', false)
    await enqueueAll(db, hashes(0, 2))
    await relay.tick()
    const [row] = await db.sql<{ hash: Hex }>`SELECT "hash" FROM "ChainTransaction"`
    await city.rpc('anvil_dropTransaction', row?.hash)
    await city.rpc('evm_mine')
    expect(await city.chain.anchors.count()).toBe(0)
    await relay.tick()
    await city.rpc('evm_mine')
    await relay.tick()
    expect(await city.chain.anchors.count()).toBe(1)
    await expectAnchored(hashes(0, 2))
  })

  it('is not stopped by a nonce that something else used, nor by a lost one in between', async () => {
    const relay = city.relay(db)
    await city.rpc('evm_setAutomine', false)
    await enqueueAll(db, hashes(0, 2))
    await relay.tick()
    const [row] = await db.sql<{ hash: Hex }>`SELECT "hash" FROM "ChainTransaction"`
    await city.rpc('anvil_dropTransaction', row?.hash)
    await city.rpc('evm_setAutomine', true)
    await city.chain.send(
      city.anchorer,
      city.chain.anchors.commitStatusList('elsewhere', 1, `0x${hashOf(1)}`),
    )
    await relay.tick()
    await expectAnchored(hashes(0, 2))

    // Two on their way, and the record of the first is gone together with the transaction itself.
    await city.rpc('evm_setAutomine', false)
    await enqueueAll(db, hashes(2, 4))
    await relay.tick()
    await enqueueAll(db, hashes(4, 6))
    await relay.tick()
    const waiting = await db.sql<{ key: string; hash: Hex }>`
      SELECT "key", "hash" FROM "ChainTransaction" WHERE "status" = 'sent' ORDER BY "nonce"`
    expect(waiting).toHaveLength(2)
    for (const { hash } of waiting) await city.rpc('anvil_dropTransaction', hash)
    await db.sql`DELETE FROM "ChainTransaction" WHERE "key" = ${waiting[0]?.key}`
    await city.rpc('evm_setAutomine', true)
    await relay.tick()
    await expectAnchored(hashes(0, 6))
    expect(await city.chain.anchors.count()).toBe(3)
  })

  it('counts nothing as final before as many blocks as it was told', async () => {
    const relay = city.relay(db, { confirmations: 3 })
    await enqueueAll(db, hashes(0, 2))
    await enqueue(db.sql, 'statusList', hashOf('token'), { listId: 'list', version: 1 })
    await relay.tick()
    const statuses = async () => {
      const rows = await db.sql<{ status: string }>`
        SELECT "status" FROM "AnchorBatch" UNION ALL SELECT "status" FROM "StatusCommit"`
      return rows.map(({ status }) => status)
    }
    expect(await statuses()).toEqual(['pending', 'pending'])
    await city.rpc('evm_mine')
    await relay.tick()
    expect(await statuses()).toEqual(['confirmed', 'pending'])
    await city.rpc('evm_mine')
    await relay.tick()
    expect(await statuses()).toEqual(['confirmed', 'confirmed'])
    expect(await city.chain.anchors.count()).toBe(1)
    // What is mined and not final is waited for, and not tried again.
    expect(city.logged).toEqual([])
  })

  it('keeps its work, and its nonce, while it may not write, and goes on when it may', async () => {
    const stranger = city.anchorer.constructor as typeof import('ethers').Wallet
    const signer = stranger.createRandom()
    const relay = city.relay(db, { signerOf: async () => signer })
    await enqueueAll(db, hashes(0, 2))
    await relay.tick()
    await relay.tick()
    expect(await db.sql`SELECT * FROM "ChainTransaction"`).toEqual([])
    expect(city.logged.at(-1)).toMatchObject({ detail: { reason: 'AccessManagedUnauthorized' } })
    await city.relay(db).tick()
    await expectAnchored(hashes(0, 2))
  })

  it('runs by itself from start to stop, and not after', async () => {
    const relay = city.relay(db, { pollMs: 20 })
    relay.start()
    await enqueueAll(db, hashes(0, 2))
    await expect
      .poll(() => receiptOf(db.sql, city.chain.manifest, hashOf(1)), { timeout: 5_000 })
      .toBeDefined()
    await relay.stop()
    await enqueueAll(db, hashes(2, 4))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await city.chain.anchors.count()).toBe(1)
  })

  it('anchors each hash exactly once with several processes on one database', async () => {
    const many = hashes(0, 120)
    const others = server
      ? [await openDatabase({ url: server.url }), await openDatabase({ url: server.url })]
      : []
    const databases = [db, db, ...others]
    const relays = databases.map((each) => city.relay(each, { batchSize: 8, pollMs: 5 }))
    for (const relay of relays) relay.start()
    await Promise.all(
      databases.map((each, i) =>
        enqueueAll(
          each,
          many.filter((_, n) => n % databases.length === i),
        ),
      ),
    )
    await expect
      .poll(
        () =>
          db.sql`SELECT 1 FROM "AnchorLeaf" l JOIN "AnchorBatch" b USING ("root") WHERE b."status" = 'confirmed'`,
        {
          timeout: 30_000,
        },
      )
      .toHaveLength(many.length)
    await Promise.all(relays.map((relay) => relay.stop()))
    await Promise.all(others.map((other) => other.close()))
    await expectAnchored(many)
    const [{ batches }] = (await db.sql<{ batches: number }>`
      SELECT count(*)::int AS "batches" FROM "AnchorBatch"`) as [{ batches: number }]
    expect(await city.chain.anchors.count()).toBe(batches)
    expect(await city.chain.transactions.nonceOf(city.anchorer.address)).toBe(batches)
    expect(errors()).toEqual([])
  }, 60_000)
})
