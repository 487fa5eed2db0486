// `npm run deploy`: puts the contracts on the chain of CHAIN_RPC_URL (or the embedded one) and prints their manifest.
import { join } from 'node:path'
import { ConfigError } from '../apps/api/src/config.ts'
import { deployContracts } from '../apps/api/src/start/bring-up.ts'
import { LockedError, lockFolder } from './lock.ts'
import { loadSettings } from './settings.ts'

try {
  const config = loadSettings()
  const release = await lockFolder(config.dataDir)
  const manifest = await deployContracts(config)
  console.log(JSON.stringify(manifest, null, 2))
  console.log(`Kept in ${join(config.dataDir, 'chain', `deployment-${manifest.chainId}.json`)}.`)
  await release()
} catch (error) {
  const mendable = error instanceof ConfigError || error instanceof LockedError
  console.error(mendable ? error.message : error)
  process.exitCode = 1
}
