import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError, createCityAgent, loadMasterKey, openVault } from '@pass/agent'
import type { Manifest } from '@pass/chain'
import { type Database, openDatabase } from '@pass/database'
import { createRelay } from '@pass/relay'
import { accreditAgencies } from '../agencies/city-agencies.ts'
import { createApp } from '../app.ts'
import { CityError, loadCity } from '../city.ts'
import { type Config, ConfigError, dataPaths } from '../config.ts'
import type { Context } from '../context.ts'
import { createLogger } from '../http/logging.ts'
import { ensureProgrammes } from '../mileage/programmes.ts'
import { type Reconciliation, reconcile } from '../mileage/reconcile/reconcile.ts'
import { ensureSampleVolunteering } from '../volunteering/sample.ts'
import { startChain } from './chain.ts'
import { writeDevCredentials } from './dev-credentials.ts'
import { checkPort, listen } from './listen.ts'
import { keepToChain, oneAtATime } from './one-at-a-time.ts'
import { sampleAccess } from './sample.ts'
import { checkSamplePort, startSampleSignIn } from './sample-sign-in.ts'

const CITY_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'city')

export type RunningCity = {
  chainRpcUrl: string
  /** One-time links to the console, for a sample officer, verifier and operator. */
  links: { role: string; url: string }[]
  /** Address of the sample sign-in provider, where it runs. */
  sampleSignIn?: string
  /** Stops in the reverse order of starting. Nothing acknowledged is lost. */
  stop(): Promise<void>
}

export type BringUpOptions = {
  /** Gives up after the step under way; what was started is stopped, and the signal's reason thrown. */
  signal?: AbortSignal
  /** Is told the process id of the embedded chain, at each of its starts. */
  chainStarted?: (pid: number) => void
}

/**
 * What can be known at once, before anything slow: the city's files and the port.
 * @throws ConfigError in one sentence
 */
export async function checkBeforeStart(config: Config): Promise<void> {
  try {
    loadCity(CITY_FOLDER)
    await checkPort({ ...config, setting: 'PORT' })
    await checkSamplePort(config)
  } catch (error) {
    throw plain(error)
  }
}

/**
 * Brings the whole city up: database, chain with its contracts, keys, agencies, verifiers, register, staff, API.
 * Each step is safe to repeat: the second start finds what the first one made, and mends what a crash cut off.
 * Several processes may do so at once over one server database and one chain.
 * @param say is told of each step when it is done
 * @throws ConfigError in one sentence for what the operator can mend
 */
export async function bringUp(
  settings: Config,
  say: (done: string) => void,
  { signal, chainStarted = () => {} }: BringUpOptions = {},
): Promise<RunningCity> {
  const undo: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  const done = (line: string) => {
    say(line)
    signal?.throwIfAborted()
  }
  try {
    const log = createLogger(settings)
    const clock = () => new Date()
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
    const city = loadCity(CITY_FOLDER)
    const sampleSignIn = await startSampleSignIn(settings, { cityFolder: CITY_FOLDER, log, random })
    if (sampleSignIn) undo.push(() => sampleSignIn.close())
    const config = sampleSignIn ? { ...settings, signIn: sampleSignIn.settings } : settings
    const masterKey = masterKeyOf(config)
    const db = await openCityDatabase(config)
    undo.push(() => db.close())
    done('Database open')

    const { context, application, running, links } = await oneAtATime(db, async () => {
      await keepToChain(db, config)
      const vault = await openVault({ db, masterKey })
      const running = await startChain({ config, vault, log, chainStarted })
      undo.push(running.stop)
      done('Chain running, contracts deployed')

      const { chain } = running
      const authority = { name: city.name, url: config.publicUrl }
      const agent = await createCityAgent({ db, masterKey, chain, city: authority, clock, random })
      const context: Context = { config, city, db, agent, chain, log, clock, random, fetch }
      await accreditAgencies(context)
      for (const { id, name } of city.verifiers)
        await agent.verifiers.ensure({ id, name, url: `${config.publicUrl}/verifier/${id}` })
      done('Agencies accredited, verifiers registered')

      await ensureProgrammes(context)
      await ensureSampleVolunteering(context)

      const application = createApp(context)
      await application.services.register.loadSample()
      await sampleSignIn?.enrol(context)
      const { links, credentials } = await sampleAccess(context, application.services, CITY_FOLDER)
      await writeDevCredentials(config.dataDir, credentials)
      done('Register loaded')
      return { context, application, running, links }
    })

    const server = await listen(application.app, { ...config, setting: 'PORT' })
    undo.push(() => server.close())
    application.start()
    undo.push(() => application.stop())
    const { chain, agent } = context
    const relay = createRelay({
      db,
      chain,
      signerOf: (name) => agent.chainSigner(name, chain.provider),
      lanes: application.lanes,
      projections: application.projections,
      clock,
      log,
      confirmations: config.chainConfirmations,
    })
    application.bell.listen(relay.wake)
    relay.start()
    undo.push(() => relay.stop())
    running.keepAlive(async () => {
      await accreditAgencies(context)
      relay.wake()
    })
    done('Wallet, console and API open')

    return {
      chainRpcUrl: running.rpcUrl,
      links,
      ...(sampleSignIn ? { sampleSignIn: sampleSignIn.settings.issuer } : {}),
      stop,
    }
  } catch (error) {
    await stop()
    throw plain(error)
  }
}

/**
 * Puts the contracts on the chain that the configuration names, as a start would, and nothing else: for setting up a
 * network before anything is served. What is there already stays as it is.
 * @throws ConfigError in one sentence for what the operator can mend
 */
export async function deployContracts(config: Config): Promise<Manifest> {
  const masterKey = masterKeyOf(config)
  const db = await openCityDatabase(config)
  try {
    return await oneAtATime(db, async () => {
      await keepToChain(db, config)
      const vault = await openVault({ db, masterKey })
      const running = await startChain({ config, vault, log: createLogger(config), chainStarted: () => {} })
      await running.stop()
      return running.chain.manifest
    })
  } catch (error) {
    throw plain(error)
  } finally {
    await db.close()
  }
}

/**
 * Compares the points of a city that does not run with its chain. Opens both, and changes neither.
 * @throws ConfigError in one sentence for what the operator can mend
 */
export async function reconcileStopped(config: Config): Promise<Reconciliation> {
  const masterKey = masterKeyOf(config)
  const db = await openCityDatabase(config)
  try {
    await keepToChain(db, config)
    const vault = await openVault({ db, masterKey })
    const running = await startChain({ config, vault, log: createLogger(config), chainStarted: () => {} })
    try {
      return await reconcile(db, running.chain)
    } finally {
      await running.stop()
    }
  } catch (error) {
    throw plain(error)
  } finally {
    await db.close()
  }
}

/** What these say is written for the operator already. */
function plain(error: unknown): unknown {
  const written = error instanceof AgentError || error instanceof CityError
  return written ? new ConfigError(error.message, { cause: error }) : error
}

/** @throws ConfigError when the key file is gone: a new key would open nothing of what is there. */
function masterKeyOf(config: Config): Uint8Array {
  if (config.masterKey) return config.masterKey
  const { database, masterKey } = dataPaths(config)
  if (!config.databaseUrl && existsSync(database) && !existsSync(masterKey))
    throw new ConfigError(
      `${masterKey} is missing, and nothing else opens the keys of this city: put your copy of it back, set MASTER_KEY, or begin anew with npm run reset.`,
    )
  return loadMasterKey({ dataDir: config.dataDir, env: {} })
}

async function openCityDatabase(config: Config): Promise<Database> {
  const folder = dataPaths(config).database
  const where = config.databaseUrl ? { url: config.databaseUrl } : { folder }
  return openDatabase(where).catch((cause: Error) => {
    throw new ConfigError(
      config.databaseUrl
        ? `The database of DATABASE_URL cannot be used (${withoutSecrets(cause, config.databaseUrl)}): check that the server runs and the address is right.`
        : `The database in ${folder} cannot be opened (${cause.message}): put a backup of it back, or begin anew with npm run reset.`,
      { cause },
    )
  })
}

/** The driver's reason, in which neither the address nor a part of it stands. */
function withoutSecrets(cause: Error, databaseUrl: string): string {
  const { password } = new URL(databaseUrl)
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  const reason = first instanceof Error ? first.message : String(first)
  return [databaseUrl, password, decodeURIComponent(password)]
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '…'), reason)
}
