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
import { startChain } from './chain.ts'
import { type DevCredentials, readDevKeys, writeDevCredentials } from './dev-credentials.ts'
import { installationOf } from './installation.ts'
import { checkPort, listen } from './listen.ts'
import { keepToChain, oneAtATime } from './one-at-a-time.ts'

const CITY_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'city')

export type RunningCity = {
  chainRpcUrl: string
  /** One-time links to the console, for a sample officer, verifier and operator. */
  links: { role: string; url: string }[]
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
    await checkPort(config)
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
  config: Config,
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
    const log = createLogger(config)
    const city = loadCity(CITY_FOLDER)
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
      const clock = () => new Date()
      const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
      const authority = { name: city.name, url: config.publicUrl }
      const agent = await createCityAgent({ db, masterKey, chain, city: authority, clock, random })
      const context: Context = { config, city, db, agent, chain, log, clock, random, fetch }
      await accreditAgencies(context)
      for (const { id, name } of city.verifiers)
        await agent.verifiers.ensure({ id, name, url: `${config.publicUrl}/verifier/${id}` })
      done('Agencies accredited, verifiers registered')

      const application = createApp(context)
      await application.services.register.loadSample()
      const { links, credentials } = await sampleAccess(context, application.services)
      await writeDevCredentials(config.dataDir, credentials)
      done('Register loaded')
      return { context, application, running, links }
    })

    const server = await listen(application.app, config)
    undo.push(() => server.close())
    application.start()
    undo.push(() => application.stop())
    const { chain, agent, clock } = context
    const relay = createRelay({
      db,
      chain,
      signer: await agent.chainSigner('anchorer', chain.provider),
      clock,
      log,
      batchSize: config.anchorBatchSize,
      batchAgeMs: config.anchorBatchAgeMs,
      confirmations: config.chainConfirmations,
    })
    relay.start()
    undo.push(() => relay.stop())
    running.keepAlive(() => accreditAgencies(context))
    done('Wallet, console and API open')

    return { chainRpcUrl: running.rpcUrl, links, stop }
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

type Services = ReturnType<typeof createApp>['services']

/** One person and one API key for each role, for whoever has just started the city. */
async function sampleAccess({ config, city, db }: Context, { staff, apiKeys }: Services) {
  const [agency] = city.agencies
  const [verifier] = city.verifiers
  const [type] = agency?.types ?? []
  if (!agency || !verifier || !type)
    throw new ConfigError('city/ names no agency or no verifier: add one to each file.')

  const before = await readDevKeys(config.dataDir)
  const installation = await installationOf(config.dataDir)
  const people = [
    { role: 'officer', name: '김담당', agencyId: agency.id },
    { role: 'verifier', name: '이확인', verifierId: verifier.id },
    { role: 'operator', name: '박운영' },
  ] as const
  const links: RunningCity['links'] = []
  const keys: Record<string, string> = {}
  for (const { role, name, ...place } of people) {
    const { id } = await staff.ensureStaff({ name, role, ...place })
    links.push({ role, url: (await staff.createEnrolmentLink(id)).url })
    const known = before[role]
    keys[role] = await apiKeys.ensure(
      { name: `sample ${role} ${installation}`, role, ...place },
      typeof known === 'string' ? known : undefined,
    )
  }

  // An adult of the district that the sample verification asks for, so that each step of a first try succeeds.
  const [subject] = await db.sql<{ id: string }>`
    SELECT id FROM "Resident" WHERE "birthDate" < '2000' ORDER BY ("districtCode" = '28185') DESC, "registerNo" LIMIT 1`
  const credentials: DevCredentials = {
    apiKeys: keys as DevCredentials['apiKeys'],
    sample: { agency: agency.id, type, subject: subject?.id ?? '' },
  }
  return { links, credentials }
}
