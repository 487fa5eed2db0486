import { type CityChain, connectCity, deployCity } from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import { type Database, type DatabaseLocation, openDatabase } from '@pass/database'
import { createCityAgent } from '../city-agent.ts'
import { roleAccounts } from '../keys/chain-accounts.ts'
import { openVault } from '../keys/vault.ts'
import type { CityAgent } from '../types.ts'

/** A city in memory on a chain of its own, for tests. */
export type TestCity = {
  url: string
  db: Database
  chain: CityChain
  agent: CityAgent
  clock: { forward(seconds: number): void }
  /** Another agent over the same chain and database, unless others are given: what a restart gives. */
  open(others?: { rpcUrl?: string; db?: Database }): Promise<CityAgent>
  blockNumber(): Promise<number>
  /** Time of the newest block, seconds. */
  blockTime(): Promise<number>
  /** A block, so many seconds after the newest. */
  mine(seconds?: number): Promise<void>
  snapshot(): Promise<string>
  revert(snapshot: string): Promise<void>
  /** Runs `work` on a line to the chain that breaks after so many transactions. */
  cutAfter(transactions: number, work: () => Promise<unknown>): Promise<void>
  stop(): Promise<void>
}

const CHAIN_ID = 8282

export async function startTestCity(location: DatabaseLocation = { memory: true }): Promise<TestCity> {
  const url = 'https://pass.incheon.test'
  const masterKey = new Uint8Array(32).fill(7)
  const db = await openDatabase(location)
  const anvil = await startAnvil({ chainId: CHAIN_ID })
  const vault = await openVault({ db, masterKey })
  const manifest = await deployCity({
    rpcUrl: anvil.rpcUrl,
    chainId: CHAIN_ID,
    deployer: await vault.chainSigner('deployer'),
    ...(await roleAccounts(vault)),
  })
  const chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
  const { provider } = chain
  let ahead = 0
  const clock = () => new Date(Date.now() + ahead * 1000)
  const city = { name: { ko: '인천광역시', en: 'Incheon Metropolitan City' }, url }
  const open: TestCity['open'] = ({ rpcUrl = anvil.rpcUrl, db: other = db } = {}) => {
    const line = rpcUrl === anvil.rpcUrl ? chain : connectCity({ rpcUrl, manifest })
    return createCityAgent({ db: other, masterKey, chain: line, city, clock })
  }
  const blockTime = async () =>
    Number((await provider.send('eth_getBlockByNumber', ['latest', false])).timestamp)

  return {
    url,
    db,
    chain,
    agent: await open(),
    clock: {
      forward(seconds) {
        ahead += seconds
      },
    },
    open,
    blockNumber: () => chain.blockNumber(),
    blockTime,
    async mine(seconds = 1) {
      await provider.send('evm_mine', [(await blockTime()) + seconds])
    },
    snapshot: () => provider.send('evm_snapshot', []),
    async revert(snapshot) {
      await provider.send('evm_revert', [snapshot])
    },
    async cutAfter(transactions, work) {
      const send = provider.send.bind(provider)
      let sent = 0
      provider.send = async (method, params) => {
        if (method === 'eth_sendRawTransaction' && sent++ >= transactions) throw new Error('the line is cut')
        return send(method, params)
      }
      try {
        await work()
      } finally {
        provider.send = send
      }
    },
    async stop() {
      await chain.close()
      await anvil.stop()
      await db.close()
    },
  }
}
