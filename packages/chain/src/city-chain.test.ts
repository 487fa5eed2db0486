import { Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Anvil, startAnvil } from './anvil.ts'
import { type CityChain, connectCity, deployCity, type Hex, type Manifest, standingAt } from './index.ts'
import { openProvider } from './provider.ts'
import { createSender } from './send.ts'

const CHAIN_ID = 8282
const hash = (digit: string) => `0x${digit.repeat(64)}` as Hex

describe('the city on its chain', () => {
  const deployer = Wallet.createRandom()
  const registrar = Wallet.createRandom()
  const anchorer = Wallet.createRandom()
  const settler = Wallet.createRandom()
  const treasurer = Wallet.createRandom()
  const approver = Wallet.createRandom()
  let anvil: Anvil
  let chain: CityChain

  const deployment = (rpcUrl: string) => ({
    rpcUrl,
    chainId: CHAIN_ID,
    deployer,
    registrar: registrar.address as Hex,
    anchorer: anchorer.address as Hex,
    settler: settler.address as Hex,
    treasurer: treasurer.address as Hex,
    approver: approver.address as Hex,
  })
  const height = async () => chain.blockNumber()

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID })
    chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest: await deployCity(deployment(anvil.rpcUrl)) })
  })
  afterAll(async () => {
    await chain?.close()
    await anvil?.stop()
  })

  describe('deploying', () => {
    it('changes nothing when it is run again, with or without its manifest', async () => {
      const before = await height()
      expect(await deployCity({ ...deployment(anvil.rpcUrl), manifest: chain.manifest })).toEqual(
        chain.manifest,
      )
      expect((await deployCity(deployment(anvil.rpcUrl))).contracts).toEqual(chain.manifest.contracts)
      expect(await height()).toBe(before)
    })

    it('finishes what a run that died halfway began, wherever that was', async () => {
      const whole = await startAnvil({ chainId: CHAIN_ID })
      const provider = openProvider(whole.rpcUrl, CHAIN_ID)
      const empty = (await provider.send('evm_snapshot', [])) as string
      const expected = await deployCity(deployment(whole.rpcUrl))
      const blocks = await provider.getBlockNumber()
      expect(blocks).toBe(6)
      await provider.send('evm_revert', [empty])

      for (let kept = 1; kept < blocks; kept++) {
        const snapshot = (await provider.send('evm_snapshot', [])) as string
        await deployCity(deployment(whole.rpcUrl))
        await provider.send('anvil_rollback', [blocks - kept])
        expect(await provider.getBlockNumber()).toBe(kept)
        const repaired = await deployCity({ ...deployment(whole.rpcUrl), manifest: expected })
        expect(repaired.contracts).toEqual(expected.contracts)
        const repairedChain = connectCity({ rpcUrl: whole.rpcUrl, manifest: repaired })
        await repairedChain.send(anchorer, repairedChain.anchors.anchor(hash('a'), 1))
        await repairedChain.send(registrar, repairedChain.issuers.register('did:example:a'))
        await repairedChain.close()
        await provider.send('evm_revert', [snapshot])
      }
      provider.destroy()
      await whole.stop()
    }, 60_000)

    it('brings a city of a version without points up to this one, once', async () => {
      const older = await startAnvil({ chainId: CHAIN_ID })
      const provider = openProvider(older.rpcUrl, CHAIN_ID)
      const { contracts, ...rest } = await deployCity(deployment(older.rpcUrl))
      const { mileage: planned, ...four } = contracts
      await provider.send('anvil_rollback', [2])
      // That version's grants took the nonce that this one plans for Mileage.
      const send = createSender(provider, CHAIN_ID)
      while ((await provider.getTransactionCount(deployer.address)) < 8) {
        await send(deployer, { to: deployer.address as Hex, data: '0x' })
      }

      const upgraded = await deployCity({
        ...deployment(older.rpcUrl),
        manifest: { ...rest, contracts: four },
      })
      expect(upgraded).toEqual({ ...rest, contracts: { ...four, mileage: expect.any(String) } })
      expect(upgraded.contracts.mileage).not.toBe(planned)
      const blocks = await provider.getBlockNumber()
      // A crash before the manifest was written: the contract is found where it is.
      expect(
        await deployCity({ ...deployment(older.rpcUrl), manifest: { ...rest, contracts: four } }),
      ).toEqual(upgraded)
      expect(await provider.getBlockNumber()).toBe(blocks)
      provider.destroy()
      await older.stop()
    })

    it('gives the role to another account when the configuration names one', async () => {
      const successor = Wallet.createRandom()
      await expect(chain.send(successor, chain.anchors.anchor(hash('e'), 1))).rejects.toMatchObject({
        code: 'reverted',
        reason: 'AccessManagedUnauthorized',
      })
      await deployCity({
        ...deployment(anvil.rpcUrl),
        anchorer: successor.address as Hex,
        manifest: chain.manifest,
      })
      await chain.send(successor, chain.anchors.anchor(hash('e'), 1))
    })

    it('refuses a chain of another number, and code that is not this version', async () => {
      await expect(deployCity({ ...deployment(anvil.rpcUrl), chainId: 1 })).rejects.toMatchObject({
        code: 'wrong_chain',
      })
      const other: Manifest = { ...chain.manifest, chainId: 99 }
      await expect(deployCity({ ...deployment(anvil.rpcUrl), manifest: other })).rejects.toMatchObject({
        code: 'wrong_chain',
      })
      const swapped: Manifest = {
        ...chain.manifest,
        contracts: { ...chain.manifest.contracts, issuerRegistry: chain.manifest.contracts.credentialAnchor },
      }
      await expect(deployCity({ ...deployment(anvil.rpcUrl), manifest: swapped })).rejects.toMatchObject({
        code: 'different_contract',
      })
    })
  })

  describe('issuers', () => {
    const did = 'did:ethr:0x205a:0x2222222222222222222222222222222222222222'

    it('answers the same from the chain and from a record read once', async () => {
      expect(await chain.issuers.read(did)).toBeUndefined()
      await chain.send(registrar, chain.issuers.register(did))
      await chain.send(registrar, chain.issuers.addKey(did, hash('1')))
      await chain.send(registrar, chain.issuers.accredit(did, 'resident'))
      const { timestamp: start } = (await chain.provider.getBlock('latest'))!
      await chain.send(
        registrar,
        chain.issuers.addKey(did, hash('2'), { from: start + 50, until: start + 90 }),
      )
      await chain.send(registrar, chain.issuers.endKey(did, hash('1'), start + 60))
      await chain.provider.send('evm_setNextBlockTimestamp', [start + 20])
      await chain.send(registrar, chain.issuers.suspend(did))
      await chain.provider.send('evm_setNextBlockTimestamp', [start + 30])
      await chain.send(registrar, chain.issuers.reinstate(did))
      await chain.send(registrar, chain.issuers.endAccreditation(did, 'resident', start + 80))

      const record = await chain.issuers.read(did)
      const seen = new Set<string>()
      for (const key of [hash('1'), hash('2'), hash('3')]) {
        for (const type of ['resident', 'veteran']) {
          for (const offset of [-3, -1, 0, 1, 19, 20, 29, 30, 49, 50, 59, 60, 79, 80, 89, 90]) {
            const time = start + offset
            const standing = await chain.issuers.standing(did, key, type, time)
            expect(standingAt(record, key, type, time), `${key} ${type} ${offset}`).toBe(standing)
            seen.add(standing)
          }
        }
      }
      expect([...seen].sort()).toEqual([
        'accredited',
        'key_not_valid',
        'suspended',
        'type_not_accredited',
        'unknown_issuer',
      ])
      expect(await chain.issuers.wasAccredited(did, hash('1'), 'resident', start + 19)).toBe(true)
      expect(await chain.issuers.wasAccredited(did, hash('1'), 'resident', start + 20)).toBe(false)
    })

    it('names the contract’s own reason for a refusal', async () => {
      await expect(chain.send(registrar, chain.issuers.register(did))).rejects.toMatchObject({
        code: 'reverted',
        reason: 'IssuerAlreadyRegistered',
      })
    })

    it('sends many calls of one account at once without losing one', async () => {
      const dids = Array.from({ length: 12 }, (_, i) => `did:example:many-${i}`)
      // Two clients, as two processes have: they know nothing of each other's nonces.
      const second = connectCity({ rpcUrl: anvil.rpcUrl, manifest: chain.manifest })
      await Promise.all(
        dids.map((name, i) => (i % 2 ? chain : second).send(registrar, chain.issuers.register(name))),
      )
      for (const name of dids) expect(await chain.issuers.read(name)).toBeDefined()
      await second.close()
    })
  })

  describe('anchors', () => {
    it('remembers a root and a status list version', async () => {
      const count = await chain.anchors.count()
      expect(await chain.anchors.timeOf(hash('b'))).toBeUndefined()
      const { blockNumber } = await chain.send(anchorer, chain.anchors.anchor(hash('b'), 7))
      const { timestamp } = (await chain.provider.getBlock(blockNumber))!
      expect(await chain.anchors.timeOf(hash('b'))).toEqual({
        sequence: count + 1,
        block: blockNumber,
        time: timestamp,
        leafCount: 7,
      })
      expect(await chain.anchors.statusList('list')).toBeUndefined()
      await chain.send(anchorer, chain.anchors.commitStatusList('list', 1, hash('c')))
      await chain.send(anchorer, chain.anchors.commitStatusList('list', 4, hash('d')))
      expect(await chain.anchors.statusList('list')).toMatchObject({ version: 4, hash: hash('d') })
      expect(await chain.anchors.statusListHash('list', 1)).toBe(hash('c'))
      expect(await chain.anchors.statusListHash('list', 2)).toBeUndefined()
    })
  })

  describe('a chain that is down', () => {
    it('is a code of its own, for reading and for writing, and at once', async () => {
      const gone = await startAnvil({ chainId: CHAIN_ID })
      const city = connectCity({ rpcUrl: gone.rpcUrl, manifest: chain.manifest })
      expect(await city.isUp()).toBe(true)
      await gone.stop()
      const began = Date.now()
      expect(await city.isUp()).toBe(false)
      const down = { code: 'chain_unavailable' }
      await expect(city.blockNumber()).rejects.toMatchObject(down)
      await expect(city.anchors.timeOf(hash('a'))).rejects.toMatchObject(down)
      await expect(city.send(anchorer, city.anchors.anchor(hash('a'), 1))).rejects.toMatchObject(down)
      await expect(deployCity(deployment(gone.rpcUrl))).rejects.toMatchObject(down)
      expect(Date.now() - began).toBeLessThan(3_000)
      await city.close()
    })

    it('is not up for us when it is another network', async () => {
      const other = connectCity({ rpcUrl: anvil.rpcUrl, manifest: { ...chain.manifest, chainId: 4242 } })
      expect(await other.isUp()).toBe(false)
      await other.close()
    })
  })
})
