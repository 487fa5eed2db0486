// `npm start`: the whole city on this machine.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigError } from '../apps/api/src/config.ts'
import { bringUp, checkBeforeStart, type RunningCity } from '../apps/api/src/start/bring-up.ts'
import { LockedError, lockFolder } from './lock.ts'
import { loadSettings } from './settings.ts'
import { buildWebApps } from './web-apps.ts'

const STOP_WITHIN_MS = 20_000
/** Ctrl-C, a supervisor, a closed terminal, and a parent that was killed: all mean the same. */
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => stop.abort())
// A terminal that is gone takes no more text; that must not cut the stop short.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

/** One sentence for what the person at the terminal can mend; the whole story of anything else. */
function refuse(error: unknown): never {
  if (stop.signal.aborted && error === stop.signal.reason) {
    console.log('Stopped before the city was up. The next `npm start` goes on from here.')
    process.exit(0)
  }
  const mendable = error instanceof ConfigError || error instanceof LockedError
  console.error(mendable ? `\n${error.message}` : error)
  process.exit(1)
}

async function start() {
  const began = performance.now()
  const { withoutBuild } = options()
  const config = loadSettings()
  const release = await lockFolder(config.dataDir)
  await checkBeforeStart(config)

  console.log('Incheon Pass is starting …')
  const say = stopwatch()
  if (!withoutBuild) await buildWebApps(say, stop.signal)
  const city = await bringUp(config, say, {
    signal: stop.signal,
    // Whoever started us ends the chain should we be killed before we can.
    chainStarted: (embeddedChain) => process.send?.({ embeddedChain }),
  })
  console.log(`
Incheon Pass is ready (${((performance.now() - began) / 1000).toFixed(1)} s).

  Wallet   ${config.publicUrl}/wallet/
  Console  ${config.publicUrl}/console/
  API      ${config.publicUrl}/api/docs
  Chain    ${withoutUser(city.chainRpcUrl)}${city.sampleSignIn ? `\n  Sign-in  ${city.sampleSignIn} (a sample: made-up people, no real identity)` : ''}

  Sign in to the console (each link works once, for 24 hours; a new start prints new ones):
${city.links.map(({ role, url }) => `    ${role.padEnd(11)}${url}`).join('\n')}

  Keys for machines are in ${join(config.dataDir, 'dev-credentials.json')}. Ctrl-C stops everything.
`)
  if (!stop.signal.aborted)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
  await end(city, release)
}

async function end(city: RunningCity, release: () => Promise<void>): Promise<never> {
  console.log('\nStopping …')
  setTimeout(() => {
    console.error('Something did not stop in time and was cut off. The next `npm start` mends it.')
    process.exit(1)
  }, STOP_WITHIN_MS).unref()
  await city.stop()
  await release()
  console.log('Stopped. The next `npm start` goes on from here.')
  process.exit(0)
}

function options(): { withoutBuild: boolean } {
  try {
    const { values } = parseArgs({ options: { 'without-build': { type: 'boolean', default: false } } })
    return { withoutBuild: values['without-build'] }
  } catch {
    throw new ConfigError(
      'npm start takes no arguments: settings come from the environment or .env, as in: PORT=8090 npm start',
    )
  }
}

/** Says each step with its own time, when it is done. */
function stopwatch(): (line: string) => void {
  let since = performance.now()
  return (line) => {
    const now = performance.now()
    console.log(`  ${line} (${((now - since) / 1000).toFixed(1)} s)`)
    since = now
  }
}

/** An address without the name and password that may stand in it. */
function withoutUser(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.href.replace(/\/$/, '')
}

start().catch(refuse)
