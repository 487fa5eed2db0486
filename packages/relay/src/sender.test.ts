import { rm } from 'node:fs/promises'
import type { Hex } from '@pass/chain'
import { type Database, openDatabase } from '@pass/database'
import { Transaction } from 'ethers'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBell, receiptOf } from './index.ts'
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

describe('the sender', () => {
  let db: Database
  let deployed: DeployedChain
  let city: RelayCity
  let shops: Payees

  beforeAll(async () => {
    db = await openDatabase({ memory: true })
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
    await rm(deployed.folder, { recursive: true, force: true })
  })

  const relayWith = (options: Parameters<RelayCity['relay']>[1] = {}) =>
    city.relay(db, { lanes: [shops.lane], projections: [shops.projection], ...options })
  const transactions = () =>
    db.sql<{ key: string; nonce: number; raw: string; hash: Hex }>`
      SELECT "key", "nonce", "raw", "hash" FROM "ChainTransaction" ORDER BY "signer", "nonce"`
  const nonceOf = (address: string) => city.chain.transactions.nonceOf(address)

  it('carries the effects of several lanes, each from its own account, in one round', async () => {
    await enqueueAll(db, [hashOf(1)])
    await shops.want(7, 'register')
    await shops.want(7, 'freeze')
    await relayWith().tick()
    expect(await shops.states()).toEqual({ '7:register': 'done:1', '7:freeze': 'done:1' })
    expect(await city.chain.mileage.payeeOf(7)).toEqual({ kind: 'merchant', frozen: true })
    expect(await receiptOf(db.sql, city.chain.manifest, hashOf(1))).toBeDefined()
    expect([await nonceOf(city.anchorer.address), await nonceOf(city.treasurer.address)]).toEqual([1, 2])
  })

  it('lets no account wait for another that cannot send', async () => {
    const relay = relayWith({
      signerOf: async (name) => {
        if (name === 'anchorer') throw new Error('its key is locked away')
        return city.treasurer
      },
    })
    await enqueueAll(db, [hashOf(1)])
    await shops.want(7, 'register')
    await relay.tick()
    expect(await shops.states()).toEqual({ '7:register': 'done:1' })
    expect(city.logged).toContainEqual(
      expect.objectContaining({ level: 'error', detail: expect.objectContaining({ signer: 'anchorer' }) }),
    )
  })

  it('lets no lane wait for another that fails', async () => {
    const broken = {
      name: 'broken',
      gather: () => Promise.reject(new Error('cannot gather')),
      pending: () => Promise.reject(new Error('cannot say')),
    }
    await shops.want(7, 'register')
    await relayWith({ lanes: [broken, shops.lane] }).tick()
    expect(await shops.states()).toEqual({ '7:register': 'done:1' })
  })

  it('gives nothing up that something on its way may still make possible', async () => {
    // Tried on the newest block, as given gas is; an estimate may look at what is waiting as well.
    shops = payees(db, city.chain, 300_000n)
    const relay = relayWith()
    await city.rpc('evm_setAutomine', false)
    await shops.want(7, 'register')
    await shops.want(7, 'freeze')
    for (let round = 0; round < 3; round++) await relay.tick()
    expect(await shops.states()).toEqual({ '7:register': 'pending', '7:freeze': 'pending' })
    expect(await transactions()).toHaveLength(1)
    await city.rpc('evm_mine')
    await relay.tick()
    await city.rpc('evm_mine')
    await relay.tick()
    expect(await shops.states()).toEqual({ '7:register': 'done:1', '7:freeze': 'done:1' })
  })

  it('tells its lane what the contract will never take, and spends no nonce on it', async () => {
    await shops.want(8, 'freeze')
    await shops.want(9, 'register')
    const relay = relayWith()
    await relay.tick()
    await relay.tick()
    expect(await shops.states()).toEqual({
      '9:register': 'done:1',
      '8:freeze': expect.stringMatching(/^refused:\w+/),
    })
    expect(await nonceOf(city.treasurer.address)).toBe(1)
  })

  it('takes the gas it is given, and still tries the call first', async () => {
    shops = payees(db, city.chain, 300_000n)
    await shops.want(7, 'register')
    await shops.want(8, 'freeze')
    const relay = relayWith()
    await relay.tick()
    await relay.tick()
    expect(await shops.states()).toEqual({
      '7:register': 'done:1',
      '8:freeze': expect.stringMatching(/^refused:\w+/),
    })
    const [sent] = await transactions()
    expect(Transaction.from(sent!.raw).gasLimit).toBe(300_000n)
  })

  it('hands a transaction over again that blocks leave out, and pays for it once the account can', async () => {
    const relay = relayWith({ stuckAfterMs: 0 })
    await city.rpc('evm_setAutomine', false)
    await shops.want(7, 'register')
    await relay.tick()
    const [free] = await transactions()
    expect(Transaction.from(free!.raw).gasPrice).toBe(0n)
    const passBy = async () => {
      await city.rpc('anvil_setNextBlockBaseFeePerGas', '0x3b9aca00')
      await city.rpc('evm_mine')
      await relay.tick()
    }
    await passBy()
    expect((await transactions())[0]?.raw).toBe(free?.raw)
    expect(await nonceOf(city.treasurer.address)).toBe(0)

    await city.rpc('anvil_setBalance', city.treasurer.address, '0xde0b6b3a7640000')
    await passBy()
    const [paid, ...others] = await transactions()
    expect(others).toEqual([])
    expect(paid).toMatchObject({ key: free?.key, nonce: 0 })
    expect(Transaction.from(paid!.raw).gasPrice).toBeGreaterThan(1_000_000_000n)
    await passBy()
    expect(await shops.states()).toEqual({ '7:register': 'done:1' })
    expect(await nonceOf(city.treasurer.address)).toBe(1)
  })

  it('waits as long as no block is made at all', async () => {
    const relay = relayWith({ stuckAfterMs: 0 })
    await city.rpc('evm_setAutomine', false)
    await city.rpc('anvil_setBalance', city.treasurer.address, '0xde0b6b3a7640000')
    await shops.want(7, 'register')
    await relay.tick()
    const before = await transactions()
    await relay.tick()
    expect(await transactions()).toEqual(before)
  })

  it('finishes in order what the node holds in another', async () => {
    const relay = relayWith()
    await city.rpc('evm_setAutomine', false)
    for (const id of [9, 8, 7]) await shops.want(id, 'register')
    await relay.tick()
    const [first, second, third] = await transactions()
    expect([first, second, third].map((row) => row?.nonce)).toEqual([0, 1, 2])
    await city.rpc('anvil_dropTransaction', first?.hash)
    await city.rpc('anvil_dropTransaction', third?.hash)
    await city.rpc('evm_mine')
    await relay.tick()
    await city.rpc('evm_mine')
    await relay.tick()
    expect(await shops.states()).toEqual({
      '9:register': 'done:1',
      '8:register': 'done:1',
      '7:register': 'done:1',
    })
    expect(await nonceOf(city.treasurer.address)).toBe(3)
  })

  it('sends nothing to a chain that does not hold the contract', async () => {
    await shops.want(7, 'register')
    const manifest = city.chain.manifest
    const nowhere = `0x${'12'.repeat(20)}` as const
    const lane = {
      ...shops.lane,
      pending: async (limit: number) =>
        (await shops.lane.pending(limit)).map((effect) => ({
          ...effect,
          request: { ...effect.request, to: nowhere },
        })),
    }
    await relayWith({ lanes: [lane] }).tick()
    expect(await transactions()).toEqual([])
    expect(city.logged.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(manifest.contracts.mileage).not.toBe(nowhere)
  })

  it('has confirmed within a second of being woken, however long its pause', async () => {
    const bell = createBell()
    const relay = relayWith({ pollMs: 60_000 })
    bell.listen(relay.wake)
    relay.start()
    await expect.poll(() => db.sql`SELECT 1 FROM "ReaderCursor" WHERE "blockHash" <> ''`).toHaveLength(1)
    await shops.want(7, 'register')
    const began = performance.now()
    bell.ring()
    await expect.poll(shops.states, { interval: 20 }).toEqual({ '7:register': 'done:1' })
    expect(performance.now() - began).toBeLessThan(1_000)
    await relay.stop()
  })
})
