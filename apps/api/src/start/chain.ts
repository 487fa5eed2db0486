import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { roleAccounts, type Vault } from '@pass/agent'
import {
  ChainError,
  type CityChain,
  connectCity,
  deployCity,
  type EarlierManifest,
  earlierManifestSchema,
  type Manifest,
} from '@pass/chain'
import type { Logger } from 'pino'
import { type Config, ConfigError } from '../config.ts'
import { type EmbeddedChain, startEmbeddedChain } from './embedded-chain.ts'

export type RunningChain = {
  chain: CityChain
  rpcUrl: string
  /**
   * From now on an embedded chain that dies is started again on the same port and state, and `repair` then brings
   * back what its last second held. Another chain is its operator's to keep up.
   */
  keepAlive(repair: () => Promise<void>): void
  stop(): Promise<void>
}

export type ChainOptions = {
  config: Config
  vault: Vault
  log: Logger
  /** Is told the process id of each embedded chain that is started. */
  chainStarted: (pid: number) => void
}

/**
 * The chain that the configuration names, or an embedded one whose state lies in the data folder, with the contracts
 * on it.
 * @throws ConfigError in one sentence
 */
export async function startChain({ config, vault, log, chainStarted }: ChainOptions): Promise<RunningChain> {
  const folder = join(config.dataDir, 'chain')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { chainId } = config
  const stateFile = join(folder, 'state.json')
  const embedded = config.chainRpcUrl
    ? undefined
    : await startEmbeddedChain({ stateFile, chainId, log, chainStarted })
  const rpcUrl = config.chainRpcUrl ?? embedded?.rpcUrl ?? ''
  const deployment = { config, rpcUrl, vault, file: join(folder, `deployment-${chainId}.json`) }
  try {
    return running(connectCity({ rpcUrl, manifest: await deploy(deployment) }), rpcUrl, embedded, deployment)
  } catch (error) {
    await embedded?.stop()
    throw error instanceof ChainError ? new ConfigError(sentenceFor(error, config), { cause: error }) : error
  }
}

function running(
  chain: CityChain,
  rpcUrl: string,
  embedded: EmbeddedChain | undefined,
  deployment: Deployment,
): RunningChain {
  return {
    chain,
    rpcUrl,
    keepAlive: (repair) =>
      embedded?.keepAlive(async () => {
        await deploy(deployment)
        await repair()
      }),
    stop: async () => {
      await chain.close()
      await embedded?.stop()
    },
  }
}

type Deployment = { config: Config; rpcUrl: string; vault: Vault; file: string }

/** Deploys what the chain lacks, and keeps the manifest beside the chain's state. */
async function deploy({ config, rpcUrl, vault, file }: Deployment): Promise<Manifest> {
  const before = await readManifest(file)
  const manifest = await deployCity({
    rpcUrl,
    chainId: config.chainId,
    deployer: await vault.chainSigner('deployer'),
    ...(await roleAccounts(vault)),
    ...(before ? { manifest: before } : {}),
  })
  // Written whole or not at all: a crash in between must not leave half a manifest.
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
  await rename(`${file}.new`, file)
  return manifest
}

/** A damaged one is not taken for a missing one: it may name contracts that are found nowhere else. */
async function readManifest(file: string): Promise<EarlierManifest | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  try {
    return earlierManifestSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ConfigError(
      `${file} is damaged: put your copy of it back, or remove it, and the next start looks for the contracts where this city deploys them.`,
      { cause },
    )
  }
}

/** What the operator can do about a chain that cannot be used. The node's own words may hold its address's password. */
function sentenceFor({ code, message, reason }: ChainError, { chainRpcUrl, dataDir }: Config): string {
  const where = chainRpcUrl ? 'The chain of CHAIN_RPC_URL' : 'The embedded chain'
  if (code === 'chain_unavailable')
    return chainRpcUrl
      ? `${where} does not answer: check that it runs and the address is right, or remove CHAIN_RPC_URL to use a chain on this machine.`
      : `${where} stopped answering: start again, and if that does not help, look at ${join(dataDir, 'chain')}.`
  if (code === 'reverted' && reason === 'AccessManagerUnauthorizedAccount')
    return `${where} holds the contracts of another database: use the DATABASE_URL that it was set up with, or another DATA_DIR for a new city.`
  if (code === 'wrong_chain')
    return `${where} is another one (${message}): correct CHAIN_ID or CHAIN_RPC_URL.`
  return `${where} cannot be used: ${message}`
}
