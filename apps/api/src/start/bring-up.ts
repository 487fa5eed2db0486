import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError, createCityAgent, loadMasterKey, openVault } from '@pass/agent'
import { type Database, openDatabase } from '@pass/database'
import { createRelay } from '@pass/relay'
import { createApp } from '../app.ts'
import { CityError, loadCity } from '../city.ts'
import { type Config, ConfigError, dataPaths } from '../config.ts'
import type { Context } from '../context.ts'
import { createLogger } from '../http/logging.ts'
import { startChain } from './chain.ts'
import { type DevCredentials, writeDevCredentials } from './dev-credentials.ts'
import { listen } from './listen.ts'

const CITY_FOLDER = join(import.meta.dirname, '..', '..', '..', '..', 'city')

export type RunningCity = {
  chainRpcUrl: string
  /** One-time links to the console, for a sample officer, verifier and operator. */
  links: { role: string; url: string }[]
  /** Stops in the reverse order of starting. Nothing acknowledged is lost. */
  stop(): Promise<void>
}

/**
 * Brings the whole city up: database, chain with its contracts, keys, agencies, verifiers, register, staff, API.
 * Each step is safe to repeat: the second start finds what the first one made, and mends what a crash cut off.
 * @param say is told of each step when it is done
 * @throws ConfigError in one sentence for what the operator can mend
 */
export async function bringUp(config: Config, say: (done: string) => void): Promise<RunningCity> {
  const undo: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const log = createLogger(config)
    const city = loadCity(CITY_FOLDER)
    const masterKey = config.masterKey ?? loadMasterKey({ dataDir: config.dataDir, env: {} })

    const db = await openCityDatabase(config)
    undo.push(() => db.close())
    say('Database open')

    const vault = await openVault({ db, masterKey })
    const { chain, rpcUrl, stop: stopChain } = await startChain(config, vault)
    undo.push(stopChain)
    say('Chain running, contracts deployed')

    const clock = () => new Date()
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
    const agent = await createCityAgent({ db, masterKey, chain, city: { name: city.name, url: config.publicUrl }, clock, random })
    for (const { id, name, types } of city.agencies)
      await agent.agencies.ensure({ id, name, types, issuerUrl: `${config.publicUrl}/issuers/${id}` })
    for (const { id, name } of city.verifiers)
      await agent.verifiers.ensure({ id, name, url: `${config.publicUrl}/verifier/${id}` })
    say('Agencies accredited, verifiers registered')

    const context: Context = { config, city, db, agent, chain, log, clock, random, fetch }
    const application = createApp(context)
    await application.services.register.loadSample()
    say('Register loaded')

    const server = await listen(application.app, config)
    undo.push(() => server.close())
    application.start()
    undo.push(() => application.stop())
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
    await relay.start()
    undo.push(() => relay.stop())
    const { links, credentials } = await sampleAccess(context, application.services)
    await writeDevCredentials(config.dataDir, credentials)
    say('Wallet, console and API open')

    return { chainRpcUrl: rpcUrl, links, stop }
  } catch (error) {
    await stop()
    // What these say is written for the operator already.
    const plain = error instanceof AgentError || error instanceof CityError
    throw plain ? new ConfigError(error.message, { cause: error }) : error
  }
}

async function openCityDatabase(config: Config): Promise<Database> {
  if (!config.databaseUrl) return openDatabase({ folder: dataPaths(config).database })
  return openDatabase({ url: config.databaseUrl }).catch((cause: Error) => {
    throw new ConfigError(
      `The database of DATABASE_URL cannot be used (${cause.message}): check that the server runs and the address is right.`,
      { cause },
    )
  })
}

type Services = ReturnType<typeof createApp>['services']

/** One person and one API key for each role, for whoever has just started the city. */
async function sampleAccess({ config, city, db }: Context, { staff, apiKeys }: Services) {
  const [agency] = city.agencies
  const [verifier] = city.verifiers
  const [type] = agency?.types ?? []
  if (!agency || !verifier || !type) throw new ConfigError('city/ names no agency or no verifier: add one to each file.')

  const before = await readFile(join(config.dataDir, 'dev-credentials.json'), 'utf8').then(
    (text) => (JSON.parse(text) as Partial<DevCredentials>).apiKeys,
    () => undefined,
  )
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
    keys[role] = await apiKeys.ensure({ name: `sample ${role}`, role, ...place }, before?.[role])
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
