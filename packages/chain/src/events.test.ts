import { Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Anvil, startAnvil } from './anvil.ts'
import { type CityChain, cityEvents, connectCity, deployCity, type Hex, readEvents } from './index.ts'

const CHAIN_ID = 8282
const DAY_MS = 86_400_000
const KOREA_MS = 9 * 3_600_000

describe('events of the city contracts', () => {
  const deployer = Wallet.createRandom()
  const registrar = Wallet.createRandom()
  const anchorer = Wallet.createRandom()
  const settler = Wallet.createRandom()
  const treasurer = Wallet.createRandom()
  const approver = Wallet.createRandom()
  let anvil: Anvil
  let chain: CityChain

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID })
    const manifest = await deployCity({
      rpcUrl: anvil.rpcUrl,
      chainId: CHAIN_ID,
      deployer,
      registrar: registrar.address as Hex,
      anchorer: anchorer.address as Hex,
      settler: settler.address as Hex,
      treasurer: treasurer.address as Hex,
      approver: approver.address as Hex,
    })
    chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
  })
  afterAll(async () => {
    await chain?.close()
    await anvil?.stop()
  })

  const sources = () => [
    {
      contract: chain.manifest.contracts.credentialAnchor,
      abi: cityEvents.credentialAnchor,
      events: ['RootAnchored'],
    },
    {
      contract: chain.manifest.contracts.mileage,
      abi: cityEvents.mileage,
      events: ['PayeeRegistered', 'AwardsSettled'],
    },
  ]
  const read = async (from = chain.manifest.deployBlock) =>
    readEvents(chain.provider, sources(), { from, to: await chain.blockNumber() })

  it('come in the order of the chain, with their place, fit for JSON', async () => {
    const today = Math.floor((Date.now() + KOREA_MS) / DAY_MS)
    const holder = `0x${'ab'.repeat(20)}` as Hex
    const root = `0x${'cd'.repeat(32)}` as Hex
    await chain.send(treasurer, chain.mileage.registerPayee(7, 'fund'))
    await chain.send(
      treasurer,
      chain.mileage.createProgramme(1, {
        operator: treasurer.address as Hex,
        budgetPerPeriod: 1_000n,
        periodDays: 30,
        dayLimit: 100,
        startDay: today,
        endDay: today + 1,
      }),
    )
    const receipt = await chain.send(
      settler,
      chain.mileage.settleAwards({
        programme: 1,
        day: today,
        root,
        leafCount: 1,
        entries: [{ holder, amount: 5n }],
      }),
    )
    const events = (await read()) ?? []
    expect(events.map(({ name }) => name)).toEqual(['PayeeRegistered', 'AwardsSettled', 'RootAnchored'])
    const [payee, settled, anchored] = events
    expect(payee?.args).toEqual({ payee: '7', kind: '2' })
    expect(anchored).toMatchObject({
      block: receipt.blockNumber,
      args: { root, sequence: '1', leafCount: '1' },
    })
    expect(settled).toEqual({
      block: receipt.blockNumber,
      blockHash: receipt.blockHash,
      blockTime: (await chain.provider.getBlock(receipt.blockNumber))?.timestamp,
      index: 0,
      txHash: receipt.hash,
      contract: chain.manifest.contracts.mileage.toLowerCase(),
      name: 'AwardsSettled',
      args: {
        programme: '1',
        day: String(today),
        root,
        epoch: String(new Date(Date.now() + KOREA_MS).getUTCFullYear()),
        total: '5',
        entries: [((BigInt(holder) << 96n) | 5n).toString()],
      },
    })
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
    expect((await read(receipt.blockNumber))?.map(({ name }) => name)).toEqual([
      'AwardsSettled',
      'RootAnchored',
    ])
  })

  it('are of no use when a block is replaced while they are read', async () => {
    const { manifest } = chain
    const other = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
    const { provider } = other
    provider.getBlock = async () => null
    const to = await chain.blockNumber()
    expect(await readEvents(provider, sources(), { from: 0, to })).toBeUndefined()
    await other.close()
  })

  it('must be in the ABI that they are read by', async () => {
    const source = { contract: chain.manifest.contracts.mileage, abi: cityEvents.mileage, events: ['Stolen'] }
    await expect(readEvents(chain.provider, [source], { from: 0, to: 1 })).rejects.toThrow(RangeError)
  })
})
