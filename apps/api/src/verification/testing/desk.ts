import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type CityAgent, createCityAgent } from '@pass/agent'
import type { CityChain, IssuerRecord } from '@pass/chain'
import { type Database, openDatabase } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { JsonRpcProvider } from 'ethers'
import express from 'express'
import { pino } from 'pino'
import type { Access } from '../../access/access.ts'
import { type Principal, placeOf } from '../../access/principal.ts'
import { anchoringRoutes } from '../../anchoring/routes.ts'
import { createAnchoring } from '../../anchoring/service.ts'
import { type City, loadCity } from '../../city.ts'
import type { Context } from '../../context.ts'
import { mountRoutes } from '../../http/mount.ts'
import { Problem } from '../../http/problem.ts'
import { noWallets } from '../../testing/no-wallets.ts'
import { trustRoutes } from '../../trust/routes.ts'
import { createTrust } from '../../trust/service.ts'
import { verificationRoutes } from '../routes.ts'
import { createVerification, type Verification } from '../service.ts'

export const CHAIN_ID = 8282
export const ANCHOR_CONTRACT = '0x00000000000000000000000000000000000000aa'
const CITY_FOLDER = join(import.meta.dirname, '../../../../../city')

/** A chain in memory that a test can write to and switch off. */
export type TestChain = {
  issuers: Map<string, IssuerRecord>
  roots: Map<string, { sequence: number; block: number; time: number; leafCount: number }>
  up: boolean
  reads: number
}

/** A verification desk over real HTTP, with two verifiers. */
export type Desk = {
  url: string
  db: Database
  agent: CityAgent
  chain: TestChain
  verification: Verification
  /** Status by list id, then by index. */
  statuses: Map<string, Map<number, number>>
  /** Statements that went to the database since the last call. */
  queries(): number
  /** Waits until what is written down a little later is written. */
  settled(): Promise<void>
  /** What `context.fetch` answers with, by address. */
  web: Map<string, { status: number; body: string }>
  fetched: string[]
  log: string[]
  /** Seconds. */
  now(): number
  forward(seconds: number): void
  /** Another process over the same database. */
  another(): Verification
  get(path: string, verifier?: string): Promise<Response>
  post(path: string, body: unknown, verifier?: string): Promise<Response>
  form(path: string, fields: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

const PRINCIPALS: Record<string, Principal> = {
  library: { actor: 'key:library', name: 'library', role: 'verifier', ...placeOf({ verifierId: 'library' }) },
  librarian: {
    actor: 'staff:librarian',
    name: 'librarian',
    role: 'verifier',
    ...placeOf({ verifierId: 'library' }),
  },
  museum: { actor: 'staff:museum', name: 'museum', role: 'verifier', ...placeOf({ verifierId: 'museum' }) },
  /** The city's own office, asked by a wallet. */
  office: { actor: 'wallet:key', name: 'office', role: 'verifier', ...placeOf({ verifierId: 'office' }) },
  officer: {
    actor: 'staff:officer',
    name: 'officer',
    role: 'officer',
    ...placeOf({ agencyId: 'residents' }),
  },
  operator: { actor: 'staff:operator', name: 'operator', role: 'operator', ...placeOf({}) },
}

const access: Access = {
  require: async (roles, request) => {
    const [, name = ''] = /^Bearer (\w+)$/.exec(request.get('authorization') ?? '') ?? []
    const principal = PRINCIPALS[name]
    if (!principal) throw new Problem('unauthenticated', 'Sign in.')
    if (!roles.includes(principal.role)) throw new Problem('forbidden', 'Not for you.')
    return principal
  },
  checkPublic: () => {},
  wallets: noWallets,
}

/** @param assurance `high`: under HAIP */
export async function startDesk(
  kind: 'embedded' | 'server',
  assurance: 'high' | 'open' = 'high',
): Promise<Desk> {
  const server = kind === 'server' ? await startPostgres() : undefined
  const db = await openDatabase(server ? { url: server.url } : { memory: true })
  let ahead = 0
  const clock = () => new Date(Date.now() + ahead * 1000)
  const chain: TestChain = { issuers: new Map(), roots: new Map(), up: true, reads: 0 }
  const cityChain = clientOf(chain)

  const app = express()
  const listener = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`

  const name = { ko: '인천광역시', en: 'Incheon' }
  const agent = await createCityAgent({
    db,
    masterKey: new Uint8Array(32).fill(3),
    chain: cityChain,
    city: { name, url },
    clock,
  })
  for (const id of ['library', 'museum', 'office'])
    await agent.verifiers.ensure({ id, name: { ko: `${id} 기관`, en: id }, url: `${url}/verifier/${id}` })

  let queries = 0
  const sql: Database['sql'] = (...query) => {
    queries++
    return db.sql(...query)
  }
  const counted = { ...db, sql }
  const web: Desk['web'] = new Map()
  const fetched: string[] = []
  const log: string[] = []
  const context: Context = {
    config: { publicUrl: url, chainConfirmations: 1, assurance } as Context['config'],
    city: cityOf(name),
    db: counted,
    agent,
    chain: cityChain,
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    clock,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    fetch: async (input) => {
      fetched.push(String(input))
      const answer = web.get(String(input))
      if (!answer) throw new TypeError('fetch failed')
      return new Response(answer.body, { status: answer.status })
    },
  }
  const statuses: Desk['statuses'] = new Map()
  const status = {
    currentList: async (listId: string) => {
      const list = statuses.get(listId)
      return list && { statusAt: (index: number) => list.get(index) ?? 0 }
    },
  }
  const anchoring = createAnchoring(context)
  const make = () => createVerification(context, { status, anchoring })
  const verification = make()
  const routes = [
    ...verificationRoutes(verification),
    ...anchoringRoutes(anchoring),
    ...trustRoutes(createTrust(context)),
  ]
  mountRoutes(app, routes, { access, log: context.log, rateLimitFactor: 0 })

  const headersOf = (verifier: string | undefined) =>
    verifier ? { authorization: `Bearer ${verifier}` } : {}
  return {
    url,
    db,
    agent,
    chain,
    verification,
    statuses,
    queries: () => {
      const count = queries
      queries = 0
      return count
    },
    settled: () => new Promise((resolve) => setTimeout(resolve, 200)),
    web,
    fetched,
    log,
    now: () => Math.floor(clock().getTime() / 1000),
    forward: (seconds) => {
      ahead += seconds
    },
    another: make,
    get: (path, verifier) => fetch(url + path, { headers: headersOf(verifier) }),
    post: (path, body, verifier) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersOf(verifier) },
        body: JSON.stringify(body),
      }),
    form: (path, fields) => fetch(url + path, { method: 'POST', body: new URLSearchParams(fields) }),
    stop: async () => {
      await verification.stop()
      listener.closeAllConnections()
      await new Promise((resolve) => listener.close(resolve))
      cityChain.provider.destroy()
      await db.close()
      await server?.stop()
    },
  }
}

function clientOf(chain: TestChain): CityChain {
  const read = <T>(value: T): T => {
    chain.reads++
    if (!chain.up) throw new Error('chain down')
    return value
  }
  const contract = '0x0000000000000000000000000000000000000001'
  const contracts = {
    accessManager: contract,
    issuerRegistry: contract,
    credentialAnchor: ANCHOR_CONTRACT,
    didRegistry: contract,
  } as const
  const partial: unknown = {
    chainId: CHAIN_ID,
    manifest: { chainId: CHAIN_ID, contracts, deployBlock: 0 },
    provider: new JsonRpcProvider('http://127.0.0.1:1', CHAIN_ID, { staticNetwork: true }),
    issuers: { read: async (did: string) => read(structuredClone(chain.issuers.get(did))) },
    anchors: {
      timeOf: async (root: string) => read(chain.roots.get(root)),
      count: async () => read(chain.roots.size),
    },
    isUp: async () => chain.up,
    blockNumber: async () => read(1_000),
  }
  return partial as CityChain
}

/** The shipped templates, in a city of one district. */
function cityOf(name: City['name']): City {
  return {
    ...loadCity(CITY_FOLDER),
    name,
    agencies: [],
    verifiers: [
      { id: 'library', name, origins: ['https://library.example'] },
      { id: 'museum', name },
      { id: 'office', name, identifies: true },
    ],
    districts: [
      {
        code: '28185',
        name: { ko: '연수구', en: 'Yeonsu-gu' },
        residents: 1,
        codeSource: 'test',
        neighbourhoods: [],
      },
    ],
    types: new Map(),
  }
}
