import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CityChain, connectCity, deployCity, type Hex, type Manifest } from '@pass/chain'
import { type Anvil, startAnvil } from '@pass/chain/anvil'
import type { Database } from '@pass/database'
import { Wallet } from 'ethers'
import {
  type AnchoringOptions,
  anchoring,
  createRelay,
  enqueue,
  type Relay,
  type RelayLog,
  type RelayOptions,
  type SignerName,
} from '../index.ts'

const CHAIN_ID = 8282

/** sha256 of a number, the way the hash of a credential looks. */
export const hashOf = (n: number | string): string => createHash('sha256').update(String(n)).digest('hex')

/** A deployed chain that can be stopped, cut off and put back to an older state, beside a clock that is set by hand. */
export type RelayCity = {
  chain: CityChain
  anchorer: Wallet
  treasurer: Wallet
  /** Wrong by choice: what the relay takes for now. */
  clock: { advance(ms: number): void; now(): Date }
  logged: { level: string; message: string; detail: object }[]
  /** Lanes and projections come after those of anchoring. */
  relay(db: Database, options?: Partial<RelayOptions & AnchoringOptions>): Relay
  stop(): Promise<void>
  /** The same chain on the same port, as it was when it stopped. */
  start(): Promise<void>
  /** Runs `work`, then puts the chain back to where it was before, as a restored backup or a power cut does. */
  forget(work: () => Promise<void>): Promise<void>
  rpc(method: string, ...params: unknown[]): Promise<unknown>
  end(): Promise<void>
}

/** A freshly deployed chain as a file, to begin each test from. */
export type DeployedChain = {
  folder: string
  stateFile: string
  manifest: Manifest
  accounts: Record<SignerName, Wallet>
}

export async function deployOnce(): Promise<DeployedChain> {
  const folder = await mkdtemp(join(tmpdir(), 'pass-relay-'))
  const stateFile = join(folder, 'state.json')
  const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile })
  const account = () => new Wallet(Wallet.createRandom().privateKey)
  const accounts = {
    anchorer: account(),
    settler: account(),
    treasurer: account(),
    approver: account(),
  }
  const manifest = await deployCity({
    rpcUrl: anvil.rpcUrl,
    chainId: CHAIN_ID,
    deployer: Wallet.createRandom(),
    registrar: Wallet.createRandom().address as Hex,
    anchorer: accounts.anchorer.address as Hex,
    settler: accounts.settler.address as Hex,
    treasurer: accounts.treasurer.address as Hex,
    approver: accounts.approver.address as Hex,
  })
  await anvil.stop()
  return { folder, stateFile, manifest, accounts }
}

export async function startRelayCity({ manifest, accounts, ...deployed }: DeployedChain): Promise<RelayCity> {
  const folder = await mkdtemp(join(tmpdir(), 'pass-relay-'))
  const stateFile = join(folder, 'state.json')
  await copyFile(deployed.stateFile, stateFile)
  let anvil: Anvil = await startAnvil({ chainId: CHAIN_ID, stateFile })
  const { port, rpcUrl } = anvil
  const chain = connectCity({ rpcUrl, manifest })
  const logged: RelayCity['logged'] = []
  const note = (level: string) => (detail: object, message: string) =>
    void logged.push({ level, message, detail })
  const log: RelayLog = { info: note('info'), warn: note('warn'), error: note('error') }
  let offset = 0
  const now = () => new Date(Date.now() + offset)
  const start = async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, port })
  }
  return {
    chain,
    anchorer: accounts.anchorer,
    treasurer: accounts.treasurer,
    logged,
    clock: {
      now,
      advance: (ms) => {
        offset += ms
      },
    },
    relay: (db, { lanes = [], projections = [], ...options } = {}) => {
      const anchors = anchoring({ db, chain, batchAgeMs: 0, ...options })
      return createRelay({
        db,
        chain,
        signerOf: async (name) => accounts[name],
        clock: now,
        log,
        ...options,
        lanes: [anchors.lane, ...lanes],
        projections: [anchors.projection, ...projections],
      })
    },
    stop: () => anvil.stop(),
    start,
    forget: async (work) => {
      // Stopped and started, so that the file holds all that is to be remembered.
      await anvil.stop()
      await start()
      await work()
      const copy = `${stateFile}.bak`
      await anvil.stop()
      await copyFile(copy, stateFile)
      await start()
    },
    rpc: (method, ...params) => chain.provider.send(method, params),
    end: async () => {
      await chain.close()
      await anvil.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Empties what a relay writes. */
export const forgetAll = (db: Database): Promise<unknown> => db.sql`
  TRUNCATE "Outbox", "AnchorLeaf", "AnchorBatch", "StatusCommit", "ChainTransaction", "ChainEvent", "ReaderCursor", "Setting"`

/** Notes hashes for anchoring, each in a transaction of its own. */
export async function enqueueAll(db: Database, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes) await db.transaction((sql) => enqueue(sql, 'anchor', hash, {}))
}
