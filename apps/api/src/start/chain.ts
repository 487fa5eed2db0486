import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Vault } from '@pass/agent'
import { ChainError, type CityChain, connectCity, deployCity, type Manifest } from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import { type Config, ConfigError } from '../config.ts'

export type RunningChain = { chain: CityChain; rpcUrl: string; stop: () => Promise<void> }

/** The chain that the configuration names, or an embedded one whose state lives in the data folder, with the contracts on it. */
export async function startChain(config: Config, vault: Vault): Promise<RunningChain> {
  const folder = join(config.dataDir, 'chain')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const embedded = config.chainRpcUrl
    ? undefined
    : await startAnvil({ stateFile: join(folder, 'state.json'), chainId: config.chainId })
  const rpcUrl = config.chainRpcUrl ?? embedded?.rpcUrl ?? ''
  try {
    const manifest = await deploy(config, rpcUrl, vault, join(folder, `deployment-${config.chainId}.json`))
    const chain = connectCity({ rpcUrl, manifest })
    return {
      chain,
      rpcUrl,
      stop: async () => {
        await chain.close()
        await embedded?.stop()
      },
    }
  } catch (error) {
    await embedded?.stop()
    if (!(error instanceof ChainError)) throw error
    const where = config.chainRpcUrl ? 'The chain of CHAIN_RPC_URL' : 'The embedded chain'
    throw new ConfigError(`${where} cannot be used: ${error.message}`, { cause: error })
  }
}

/** Deploys what the chain lacks, and keeps the manifest beside the chain's state. */
async function deploy(config: Config, rpcUrl: string, vault: Vault, file: string): Promise<Manifest> {
  const before = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Manifest,
    () => undefined,
  )
  const [deployer, registrar, anchorer] = await Promise.all(
    (['deployer', 'registrar', 'anchorer'] as const).map((name) => vault.chainSigner(name)),
  )
  if (!deployer || !registrar || !anchorer) throw new Error('unreachable: three names give three signers')
  const manifest = await deployCity({
    rpcUrl,
    chainId: config.chainId,
    deployer,
    registrar: (await registrar.getAddress()) as `0x${string}`,
    anchorer: (await anchorer.getAddress()) as `0x${string}`,
    ...(before ? { manifest: before } : {}),
  })
  // Written whole or not at all: a crash in between must not leave half a manifest.
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
  await rename(`${file}.new`, file)
  return manifest
}
