// `npm run reset`: forgets everything the city has stored on this machine.
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stopLeftOver } from '../packages/chain/src/anvil.ts'
import { lockFolder } from './lock.ts'
import { loadSettings } from './settings.ts'

/** All that a city makes in its folder. Nothing else is touched. */
const OURS = /^(database|chain|master\.key(\.\d+)?|dev-credentials\.json(\.new)?|installation|lock(\.\d+)?)$/
/** By one of these the folder is known for a city's. */
const SIGNS = ['installation', 'dev-credentials.json', 'master.key']

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}

async function reset() {
  const { dataDir, databaseUrl, chainRpcUrl } = loadSettings()
  if (!existsSync(dataDir))
    return console.log(`There is nothing in ${dataDir}: the next start makes a new city.`)
  if (!SIGNS.some((name) => existsSync(join(dataDir, name))) && readdirSync(dataDir).length > 0)
    fail(`${dataDir} does not look like a folder of Incheon Pass: nothing was removed. Check DATA_DIR.`)
  const release = await lockFolder(dataDir)
  await stopLeftOver(join(dataDir, 'chain', 'state.json'))
  const names = readdirSync(dataDir)
  for (const name of names.filter((one) => OURS.test(one) && one !== 'lock'))
    rmSync(join(dataDir, name), { recursive: true, force: true })
  await release()
  const others = names.filter((name) => !OURS.test(name))
  if (others.length === 0) rmdirSync(dataDir)
  else console.log(`Left in ${dataDir}, as it is not ours: ${others.join(', ')}.`)
  if (databaseUrl) console.log('The database of DATABASE_URL was not touched: empty it yourself.')
  if (chainRpcUrl) console.log('The chain of CHAIN_RPC_URL was not touched.')
  console.log(`Removed what the city kept in ${dataDir}: the next start makes a new one.`)
}

reset().catch((error: Error) => fail(error.message))
