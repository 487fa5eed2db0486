// `npm start`: the whole city on this machine.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, readConfig } from '../apps/api/src/config.ts'
import { bringUp } from '../apps/api/src/start/bring-up.ts'
import { LockedError, lockFolder } from './lock.ts'
import { buildWebApps } from './web-apps.ts'

const ENV_FILE = join(import.meta.dirname, '..', '.env')

/** One sentence for what the person at the terminal can mend; the whole story of anything else. */
function refuse(error: unknown): never {
  const mendable = error instanceof ConfigError || error instanceof LockedError
  console.error(mendable ? `\n${error.message}` : error)
  process.exit(1)
}

async function start() {
  const began = performance.now()
  if (existsSync(ENV_FILE)) process.loadEnvFile(ENV_FILE)
  const config = readConfig(process.env)
  const release = await lockFolder(config.dataDir)

  let step = performance.now()
  const say = (line: string) => {
    const now = performance.now()
    console.log(`  ${line} (${((now - step) / 1000).toFixed(1)} s)`)
    step = now
  }
  console.log('Incheon Pass is starting …')
  // Before anything runs that must be stopped in order, Ctrl-C just ends the process.
  await buildWebApps((line) => console.log(`  ${line}`))
  const city = await bringUp(config, say)

  let stopping = false
  const stop = async () => {
    if (stopping) return
    stopping = true
    console.log('\nStopping …')
    await city.stop()
    await release()
    console.log('Stopped. The next `npm start` goes on from here.')
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => void stop())

  console.log(`
Incheon Pass is ready (${((performance.now() - began) / 1000).toFixed(1)} s).

  Wallet   ${config.publicUrl}/wallet/
  Console  ${config.publicUrl}/console/
  API      ${config.publicUrl}/api/docs
  Chain    ${city.chainRpcUrl}

  Sign in to the console (each link works once, for 24 hours; a new start prints new ones):
${city.links.map(({ role, url }) => `    ${role.padEnd(9)}${url}`).join('\n')}

  Keys for machines are in ${join(config.dataDir, 'dev-credentials.json')}. Ctrl-C stops everything.
`)
}

start().catch(refuse)
