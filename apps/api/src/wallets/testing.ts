import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCityAgent, openVault, roleAccounts } from '@pass/agent'
import { connectCity, deployCity } from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import { type DatabaseLocation, openDatabase } from '@pass/database'
import { createHolder, createMemoryKeys, createMemoryStore } from '@pass/holder'
import { pino } from 'pino'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { CITY } from '../testing/api.ts'
import { attestAt } from '../testing/attest.ts'
import { makeWalletKey } from '../testing/wallet-key.ts'

const CHAIN_ID = 8282

/** The whole application over real HTTP, with a chain of its own and the agencies that citizens' cards come from. */
export async function startWalletCity(database: DatabaseLocation = { memory: true }) {
  const undo: (() => unknown)[] = []
  const db = await openDatabase(database)
  undo.push(() => db.close())
  const anvil = await startAnvil({ chainId: CHAIN_ID })
  undo.push(() => anvil.stop())
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const masterKey = new Uint8Array(randomBytes(32))
  const vault = await openVault({ db, masterKey })
  const manifest = await deployCity({
    rpcUrl: anvil.rpcUrl,
    chainId: CHAIN_ID,
    deployer: await vault.chainSigner('deployer'),
    ...(await roleAccounts(vault)),
  })
  const chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
  undo.push(() => chain.close())
  let offset = 0
  const clock = () => new Date(Date.now() + offset)
  const random = (length: number) => new Uint8Array(randomBytes(length))
  const agent = await createCityAgent({ db, masterKey, chain, city: { name: CITY.name, url }, clock })
  for (const { id, name, types } of CITY.agencies)
    if (id === 'residents' || id === 'volunteer-centre')
      await agent.agencies.ensure({ id, name, types, issuerUrl: `${url}/issuers/${id}` })
  for (const { id, name } of CITY.verifiers)
    await agent.verifiers.ensure({ id, name, url: `${url}/verifier/${id}` })
  const config = { ...readConfig({}), publicUrl: url, rateLimitFactor: 0 }
  const logged: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: (line) => void logged.push(line) })
  const context: Context = { config, city: CITY, db, agent, chain, log, clock, random, fetch }
  const application = createApp(context)
  server.on('request', application.app)
  const { services } = application
  const officer = await services.apiKeys.create({ name: 'o', role: 'officer', agencyId: 'residents' })

  /** Somebody in the register. */
  async function makeResident(nameKo = '김하늘'): Promise<string> {
    const id = randomUUID()
    await db.sql`
      INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
        "residentSince")
      VALUES (${id}::uuid, ${id.slice(0, 12)}, ${nameKo}, 'Kim Haneul', '1990-05-05', '28185', '2818510600', '2015-03-02')`
    return id
  }

  /** A wallet's engine without a card in it. */
  function makeHolder(request: typeof fetch = fetch) {
    const keys = createMemoryKeys()
    return createHolder({
      keys,
      store: createMemoryStore(),
      attest: attestAt(url, keys, { clock }),
      fetch: request,
      clock,
      random,
      trust: async () => (await fetch(`${url}/api/trust`)).json(),
      allowInsecure: true,
    })
  }

  /** A phone with the wallet on it, and in it the resident's card. */
  async function makePhone(subject: string) {
    const holder = makeHolder()
    const response = await fetch(`${url}/api/offers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${officer.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ agency: 'residents', type: 'resident', subject }),
    })
    const { offerUri, txCode } = (await response.json()) as { offerUri: string; txCode: string }
    await holder.receive(await holder.readOffer(offerUri), { txCode })
    const key = makeWalletKey(clock)
    const call = (path: string, json?: unknown) => key.call(url, path, json === undefined ? {} : { json })
    /** Shows the card for a request that this phone made at the points office. */
    const answer = async (requestUri: string) => {
      const request = await holder.readRequest(requestUri)
      return holder.present(request, request.choice, { proof: key.proof })
    }
    /** The same for its account; answers the id of the verification. */
    const prove = async (): Promise<string> => {
      const { body } = await call('/api/wallet/account/verification', {})
      const outcome = await answer(body.requestUri)
      if (outcome.outcome !== 'accepted') throw new Error(`the card was refused: ${outcome.code}`)
      return body.id
    }
    return {
      holder,
      key,
      call,
      answer,
      prove,
      connect: async () => call('/api/wallet/account', { verificationId: await prove() }),
    }
  }

  return {
    url,
    db,
    context,
    services,
    logged,
    clock,
    advance: (seconds: number) => {
      offset += seconds * 1000
    },
    makeResident,
    makeHolder,
    makePhone,
    stop: async () => {
      for (const step of undo.reverse()) await step()
    },
  }
}

export type WalletCity = Awaited<ReturnType<typeof startWalletCity>>
