// `npm run reconcile`: compares what the database says of points with what the chain says, to the point, and names
// each difference in a line. The running city does it when there is one; else its data are opened here.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Config, ConfigError, dataPaths } from '../apps/api/src/config.ts'
import type { Reconciliation } from '../apps/api/src/mileage/reconcile/reconcile.ts'
import { reconcileStopped } from '../apps/api/src/start/bring-up.ts'
import { LockedError, lockFolder } from './lock.ts'
import { loadSettings } from './settings.ts'

/** How often it is asked again while the newest blocks are being read. */
const TRIES = 10

try {
  const config = loadSettings()
  if (!config.databaseUrl && !existsSync(dataPaths(config).database))
    throw new ConfigError(`There is no city in ${config.dataDir} yet: start it first (npm start).`)
  const release = await lockFolder(config.dataDir).catch((error: unknown) => {
    if (error instanceof LockedError) return undefined
    throw error
  })
  const result = release ? await reconcileStopped(config) : await askRunning(config)
  await release?.()
  report(result)
} catch (error) {
  const mendable = error instanceof ConfigError || error instanceof LockedError
  console.error(mendable ? error.message : error)
  process.exitCode = 2
}

/** The running city's own comparison, of when it has read as far as it ever does. */
async function askRunning(config: Config): Promise<Reconciliation> {
  const key = process.env['OPERATOR_API_KEY'] ?? storedKey(config)
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(`${config.publicUrl}/api/reconciliation`, {
      headers: { authorization: `Bearer ${key}` },
    }).catch(() => {
      throw new ConfigError(`A city is starting or stopping in ${config.dataDir}: try again in a moment.`)
    })
    if (!response.ok)
      throw new ConfigError(`The city refused (${response.status}): ${(await response.text()).slice(0, 200)}`)
    const result = (await response.json()) as Reconciliation
    const isBehind = result.block < result.head - config.chainConfirmations + 1
    if (attempt === TRIES || (!isBehind && result.differences.length === 0)) return result
    if (!isBehind && attempt > 1) return result
    await wait(1000)
  }
}

function storedKey({ dataDir }: Config): string {
  const file = join(dataDir, 'dev-credentials.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')).apiKeys.operator
  } catch {
    throw new ConfigError(
      `No operator key: set OPERATOR_API_KEY, or start the city once so that ${file} is there.`,
    )
  }
}

function report({ differences, block, head, waiting }: Reconciliation): void {
  console.log(
    `As of block ${block} of ${head}; on their way: ${waiting.awards} awards, ${waiting.payments} payments, ${waiting.commands} commands.`,
  )
  for (const difference of differences) console.log(difference)
  const count = differences.length
  console.log(
    count === 0 ? 'database and chain agree' : `${count} ${count === 1 ? 'difference' : 'differences'}`,
  )
  if (count > 0) process.exitCode = 1
}
