import { rm } from 'node:fs/promises'
import { type ChainEvent, cityEvents, type Hex } from '@pass/chain'
import { type Database, openDatabase, type Sql } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { confirmBatch } from './anchoring/projection.ts'
import { enqueue, type Projection } from './index.ts'
import { type Payees, payees } from './testing/payees.ts'
import {
  type DeployedChain,
  deployOnce,
  enqueueAll,
  forgetAll,
  hashOf,
  type RelayCity,
  startRelayCity,
} from './testing/relay-city.ts'

describe.each(['embedded', 'server'] as const)('the reader on Postgres (%s)', (kind) => {
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined
  let db: Database
  let deployed: DeployedChain
  let city: RelayCity
  let shops: Payees

  beforeAll(async () => {
    if (kind === 'server') server = await startPostgres()
    db = await openDatabase(server ? { url: server.url } : { memory: true })
    deployed = await deployOnce()
  })
  beforeEach(async () => {
    await forgetAll(db)
    city = await startRelayCity(deployed)
    shops = payees(db, city.chain)
  })
  afterEach(() => city.end())
  afterAll(async () => {
    await db?.close()
    await server?.stop()
    await rm(deployed.folder, { recursive: true, force: true })
  })

  const relayWith = (options: Parameters<RelayCity['relay']>[1] = {}, on: Database = db) =>
    city.relay(on, { lanes: [shops.lane], projections: [shops.projection], ...options })

  /** Everything that follows from events, and the events. */
  const dump = async () => ({
    batches: await db.sql`SELECT * FROM "AnchorBatch" ORDER BY "root"`,
    commits: await db.sql`SELECT * FROM "StatusCommit" ORDER BY "listId", "version"`,
    settings: await db.sql`SELECT * FROM "Setting" ORDER BY "key"`,
    events: await db.sql`SELECT * FROM "ChainEvent" ORDER BY "block", "index"`,
    cursor: await db.sql`SELECT "block", "blockHash", "handles" FROM "ReaderCursor"`,
  })
  /** Some of everything: three batches, a status list in two versions, two payees of which one is frozen. */
  const live = async (relay = relayWith()) => {
    for (const id of [1, 2, 3]) {
      await enqueueAll(db, [hashOf(id), hashOf(id * 10)])
      await relay.tick()
    }
    for (const version of [1, 2]) {
      await enqueue(db.sql, 'statusList', hashOf(`token ${version}`), { listId: 'list', version })
    }
    await shops.want(7, 'register')
    await shops.want(8, 'register')
    await relay.tick()
    await shops.want(7, 'freeze')
    await relay.tick()
    return relay
  }
  const allDone = { '7:register': 'done:1', '7:freeze': 'done:1', '8:register': 'done:1' }
  const nonces = async () =>
    Promise.all(
      [city.anchorer, city.treasurer].map(({ address }) => city.chain.transactions.nonceOf(address)),
    )

  /** Writes down the order in which it is called, and may fail. */
  const journal = (
    fails: (event: ChainEvent) => boolean = () => false,
  ): Projection & { read(): Promise<unknown> } => {
    const write = async (sql: Sql, line: string) => {
      await sql`
        INSERT INTO "Setting" ("key", "value") VALUES ('journal', ${JSON.stringify([line])}::jsonb)
        ON CONFLICT ("key") DO UPDATE SET "value" = "Setting"."value" || EXCLUDED."value"`
    }
    const nameOf = ({ args }: ChainEvent) => `${args['sequence']}`
    return {
      name: 'journal',
      contract: city.chain.manifest.contracts.credentialAnchor,
      abi: cityEvents.credentialAnchor,
      on: {
        RootAnchored: {
          apply: async (sql, event) => {
            await write(sql, `+${nameOf(event)}`)
            if (fails(event)) throw new Error('cannot be applied')
          },
          undo: (sql, event) => write(sql, `-${nameOf(event)}`),
        },
      },
      read: async () =>
        (await db.sql<{ value: unknown }>`SELECT "value" FROM "Setting" WHERE "key" = 'journal'`)[0]?.value,
    }
  }

  it('rebuilds every table from the first block, and nothing is sent again', async () => {
    const relay = await live()
    const [before, sent] = [await dump(), await nonces()]
    expect(await shops.states()).toEqual(allDone)
    expect(before.events).toHaveLength(8)
    await relay.reader.rebuild()
    expect(await dump()).toEqual(before)
    await relay.tick()
    expect(await nonces()).toEqual(sent)
  })

  it('ends in the same tables while another process sends and reads', async () => {
    const relay = await live()
    const before = await dump()
    const other = relayWith({ pollMs: 1 })
    other.start()
    await relay.reader.rebuild()
    await other.stop()
    await relay.reader.catchUp()
    expect(await dump()).toEqual(before)
    expect(await nonces()).toEqual([5, 3])
  })

  it('reads in pages of blocks as in one', async () => {
    const relay = await live()
    const before = await dump()
    await city.rpc('anvil_mine', '0x20')
    await relay.tick()
    const paged = relayWith({ pageBlocks: 1 })
    await paged.reader.rebuild()
    const { cursor: _, ...after } = await dump()
    expect({ ...after, cursor: before.cursor }).toEqual(before)
    await relayWith({ pageBlocks: 3 }).reader.rebuild()
    expect((await dump()).events).toEqual(before.events)
  })

  it('finds what an earlier version confirmed as it was', async () => {
    await live()
    const [before, sent] = [await dump(), await nonces()]
    await db.sql`TRUNCATE "ChainEvent", "ReaderCursor"`
    await relayWith().tick()
    const { batches, commits, events } = await dump()
    expect({ batches, commits, events }).toEqual({
      batches: before.batches,
      commits: before.commits,
      events: before.events,
    })
    expect(await nonces()).toEqual(sent)
  })

  it('applies an event whole or not at all, and says where it stopped', async () => {
    let sound = false
    const notes = journal(({ args }) => !sound && args['sequence'] === '2')
    const relay = relayWith({ projections: [shops.projection, notes] })
    const stoppedAt = async () =>
      (await db.sql<{ stoppedAt: number | null }>`SELECT "stoppedAt" FROM "ReaderCursor"`)[0]?.stoppedAt
    await live(relay)
    expect(await notes.read()).toEqual(['+1'])
    const { batches, events } = await dump()
    expect(batches.filter(({ status }) => status === 'confirmed')).toHaveLength(1)
    expect(events).toHaveLength(1)
    const errors = city.logged.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.detail).toMatchObject({ name: 'RootAnchored', index: 0, block: expect.any(Number) })
    // What waits behind it reaches the chain all the same, and is not sent twice.
    expect(await nonces()).toEqual([5, 3])

    // For whoever watches, in any process.
    expect(await stoppedAt()).toBe(Object(errors[0]?.detail).block)

    sound = true
    await relay.tick()
    expect(await stoppedAt()).toBeNull()
    expect(await notes.read()).toEqual(['+1', '+2', '+3'])
    expect(await shops.states()).toEqual(allDone)
    expect(await nonces()).toEqual([5, 3])
  })

  it('takes back newest first what a reorganisation undid, and sends it again', async () => {
    const notes = journal()
    const relay = relayWith({ projections: [shops.projection, notes] })
    for (const id of [1, 2, 3]) {
      await enqueueAll(db, [hashOf(id)])
      await relay.tick()
    }
    await city.rpc('anvil_reorg', 2, [])
    expect(await relay.reader.catchUp()).toMatchObject({ undone: 2 })
    expect(await notes.read()).toEqual(['+1', '+2', '+3', '-3', '-2'])
    await relay.tick()
    expect(await notes.read()).toEqual(['+1', '+2', '+3', '-3', '-2', '+2', '+3'])
    expect(await nonces()).toEqual([3, 0])
  })

  it('follows a chain that has the same transactions in another order', async () => {
    const relay = relayWith()
    await enqueueAll(db, [hashOf(1)])
    await relay.tick()
    await shops.want(7, 'register')
    await relay.tick()
    const raws = await db.sql<{
      key: string
      raw: Hex
    }>`SELECT "key", "raw" FROM "ChainTransaction" ORDER BY "key"`
    const [anchor, payee] = raws.map(({ raw }) => raw)
    const blockOf = async () =>
      (await db.sql<{ name: string }>`SELECT "name" FROM "ChainEvent" ORDER BY "block", "index"`).map(
        ({ name }) => name,
      )
    expect(await blockOf()).toEqual(['RootAnchored', 'PayeeRegistered'])
    await city.rpc('anvil_reorg', 2, [
      [payee, 0],
      [anchor, 1],
    ])
    await relay.tick()
    expect(await blockOf()).toEqual(['PayeeRegistered', 'RootAnchored'])
    expect(await shops.states()).toEqual({ '7:register': 'done:1' })
    const [batch] = await db.sql<{ status: string; blockNumber: number }>`SELECT * FROM "AnchorBatch"`
    expect(batch).toMatchObject({ status: 'confirmed', blockNumber: await city.chain.blockNumber() })
    expect(await nonces()).toEqual([1, 1])
  })

  it('follows a chain that was put back, and one shorter than it had read', async () => {
    const relay = relayWith()
    await enqueueAll(db, [hashOf(1)])
    await relay.tick()
    const snapshot = await city.rpc('evm_snapshot')
    await shops.want(7, 'register')
    await enqueueAll(db, [hashOf(2)])
    await relay.tick()
    await city.rpc('evm_revert', snapshot)
    expect(await relay.reader.catchUp()).toEqual({ applied: 0, undone: 2 })
    expect(await shops.states()).toEqual({ '7:register': 'pending' })
    await relay.tick()
    expect(await shops.states()).toEqual({ '7:register': 'done:1' })
    expect(await city.chain.anchors.count()).toBe(2)
  })

  it('brings both lanes back after a restart from an older state', async () => {
    const relay = relayWith()
    await city.forget(async () => void (await live(relay)))
    expect(await nonces()).toEqual([0, 0])
    await expect
      .poll(async () => {
        await relay.tick()
        return shops.states()
      })
      .toEqual(allDone)
    expect(await city.chain.anchors.count()).toBe(3)
    expect(await nonces()).toEqual([5, 3])
  })

  it('reads again from the first block when another projection is added', async () => {
    await live()
    const before = await dump()
    const notes = journal()
    await relayWith({ projections: [shops.projection, notes] }).tick()
    expect(await notes.read()).toEqual(['+1', '+2', '+3'])
    const after = await dump()
    expect([after.batches, after.commits, after.events]).toEqual([
      before.batches,
      before.commits,
      before.events,
    ])
    expect(await shops.states()).toEqual(allDone)
    // A process of the version before, still running, leaves the reading to it.
    await relayWith().tick()
    expect((await dump()).cursor).toEqual(after.cursor)
  })

  it('handles each event once with several processes on one database', async () => {
    const others = server ? await Promise.all([1, 2].map(() => openDatabase({ url: server?.url ?? '' }))) : []
    const relays = [db, db, ...others].map((each) => relayWith({ pollMs: 2 }, each))
    for (const relay of relays) relay.start()
    for (let id = 1; id <= 20; id++) {
      await shops.want(id, 'register')
      if (id % 5 === 0) await enqueueAll(db, [hashOf(id)])
      if (id !== 10) continue
      await expect.poll(async () => (await nonces())[1], { interval: 5 }).toBeGreaterThan(3)
      await city.rpc('anvil_reorg', 2, [])
    }
    const expected = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i + 1}:register`, 'done:1']))
    await expect.poll(shops.states, { timeout: 20_000 }).toEqual(expected)
    await expect
      .poll(() => db.sql`SELECT 1 FROM "AnchorBatch" WHERE "status" = 'pending'`, { timeout: 20_000 })
      .toEqual([])
    await Promise.all(relays.map((relay) => relay.stop()))
    await Promise.all(others.map((other) => other.close()))
    const before = await dump()
    await relayWith().reader.rebuild()
    expect(await dump()).toEqual(before)
    expect(city.logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('confirms a batch that is written down after the chain had its root', async () => {
    await live()
    const [{ root }] = (await db.sql<{ root: Hex }>`SELECT "root" FROM "AnchorBatch" LIMIT 1`) as [
      { root: Hex },
    ]
    const before =
      await db.sql`SELECT "sequence", "blockNumber", "blockTime" FROM "AnchorBatch" WHERE "root" = ${root}`
    const forget = () => db.sql`
      UPDATE "AnchorBatch" SET "status" = 'pending', "sequence" = NULL, "blockNumber" = NULL, "blockTime" = NULL
      WHERE "root" = ${root}`
    await forget()
    expect(await confirmBatch(db.sql, root)).toBe(true)
    expect(
      await db.sql`SELECT "sequence", "blockNumber", "blockTime" FROM "AnchorBatch" WHERE "root" = ${root}`,
    ).toEqual(before)
    expect(await confirmBatch(db.sql, `0x${hashOf('never')}`)).toBe(false)
    // The relay does so by itself, when the contract says that it has the root.
    await forget()
    await db.sql`DELETE FROM "ChainTransaction"`
    const sent = await nonces()
    await relayWith().tick()
    expect(
      await db.sql`SELECT "sequence", "blockNumber", "blockTime" FROM "AnchorBatch" WHERE "root" = ${root}`,
    ).toEqual(before)
    expect(await nonces()).toEqual(sent)
  })
})
