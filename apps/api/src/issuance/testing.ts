import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AgencyKey, AgentError, type CityAgent, openVault } from '@pass/agent'
import { type CredentialType, parseCredentialType } from '@pass/credentials'
import { type Database, type DatabaseLocation, openDatabase, type Sql } from '@pass/database'
import { enqueue, enqueueAnchors } from '@pass/relay'
import { pino } from 'pino'
import type { Access } from '../access/access.ts'
import { type Principal, placeOf } from '../access/principal.ts'
import { createAudit } from '../audit/service.ts'
import { createAuthorization } from '../authorization/service.ts'
import { createStandInSignIn } from '../authorization/testing/stand-in-sign-in.ts'
import type { Authorization } from '../authorization/types.ts'
import type { City } from '../city.ts'
import { type Config, readConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { credentialRoutes } from '../credentials/routes.ts'
import { createCredentials } from '../credentials/service.ts'
import { createExpressApp } from '../http/express-app.ts'
import { Problem } from '../http/problem.ts'
import { statusRoutes } from '../status/routes.ts'
import { createStatus } from '../status/service.ts'
import { noWallets } from '../testing/no-wallets.ts'
import { createWalletTrust } from '../wallet-trust/service.ts'
import { type ForeignProvider, makeForeignProvider } from '../wallet-trust/testing/foreign-provider.ts'
import { createOffers } from './offers.ts'
import { issuanceRoutes } from './routes.ts'
import { createIssuance } from './service.ts'

export type Office = {
  /** What the city is called. */
  url: string
  /** Where this process of it listens. */
  address: string
  db: Database
  clock: () => Date
  status: ReturnType<typeof createStatus>
  issuance: ReturnType<typeof createIssuance>
  authorization: Authorization
  keys: ReadonlyMap<string, OfficeKey>
  /** The one resident's id. */
  subject: string
  context: Context
  /** Attests the wallets that come. */
  maker: ForeignProvider
  /** The city's own maker of wallets, which says who stands for each of them. */
  ownMaker: Pick<ForeignProvider, 'clientId' | 'attestClient'>
  /** Every line that the log got. */
  logged: string[]
  /** Moves the city's clock. */
  advance(seconds: number): void
  /** Calls the city's own API as an officer of `agency`. */
  call(
    method: string,
    path: string,
    body?: unknown,
    agency?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>
  close(): Promise<void>
}

type OfficeOptions = {
  /** Entries of a status list. */
  listSize?: number
  /** A whole agent, with the agencies made, in place of keys without a chain. */
  openAgent?: (at: { db: Database; url: string; clock: () => Date }) => Promise<CityAgent>
  config?: Partial<Config>
  /** Another process of this city, on the same database: what it is called and whom it trusts is the same. */
  beside?: Pick<Office, 'url' | 'keys' | 'subject' | 'maker'>
}

/**
 * A small city with two offices and its authorization server, over a real database and real HTTP; the chain is not needed to
 * issue. It trusts one wallet provider (`maker`), and whoever comes back from sign-in is whom the address names.
 */
export async function startOffice(location: DatabaseLocation, options: OfficeOptions = {}): Promise<Office> {
  const db = await openDatabase(location)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://localhost:${(server.address() as AddressInfo).port}`
  const { beside } = options
  const url = options.config?.publicUrl ?? beside?.url ?? address
  let offset = 0
  const clock = () => new Date(Date.now() + offset)
  const keys = beside?.keys ?? (options.openAgent ? new Map<string, OfficeKey>() : await seedAgencies(db.sql))
  const subject = beside?.subject ?? (await seedResident(db.sql))
  const own = await makeForeignProvider({ clientId: `${url}/wallet`, clock })
  const ownLeaf = await own.certify({ sanUri: `${url}/wallet-provider` })
  const agent = options.openAgent
    ? await options.openAgent({ db, url, clock })
    : await agentOver(db, keys, { url, rootCertificate: own.root.base64 })
  const maker = beside?.maker ?? (await makeForeignProvider({ clientId: 'https://wallet.test/app', clock }))
  const logged: string[] = []
  const context = {
    config: {
      ...readConfig({}),
      publicUrl: url,
      offerTtlSeconds: 900,
      rateLimitFactor: 0,
      ...options.config,
    } satisfies Config,
    city: { ...CITY, walletProviders: [maker.entry] },
    db,
    agent,
    log: pino({ level: 'debug', base: null }, { write: (line) => void logged.push(line) }),
    clock,
    random: (length: number) => new Uint8Array(randomBytes(length)),
    fetch,
  } as unknown as Context

  const audit = createAudit(context)
  const status = createStatus(context, {
    enqueue,
    ...(options.listSize === undefined ? {} : { size: options.listSize }),
  })
  const walletTrust = createWalletTrust(context)
  const offers = createOffers(context, { audit })
  const signIn = createStandInSignIn()
  const authorization = createAuthorization(context, { offers, signIn, walletTrust })
  const issuance = createIssuance(context, {
    offers,
    authorization,
    walletTrust,
    status,
    audit,
    enqueueAnchors: (sql, hashes) => enqueueAnchors(sql, hashes, 5000),
  })
  const credentials = createCredentials(context, { status, audit })
  const app = createExpressApp({
    config: context.config,
    log: context.log,
    access: ACCESS,
    routes: [
      ...authorization.routes,
      ...issuanceRoutes(issuance),
      ...statusRoutes(status),
      ...credentialRoutes(credentials),
    ],
    mounted: { '/oauth': authorization.handler },
    observe: (_request, _response, next) => next(),
  })
  server.on('request', app)

  return {
    url,
    address,
    db,
    clock,
    status,
    issuance,
    authorization,
    keys,
    subject,
    context,
    maker,
    ownMaker: {
      clientId: own.clientId,
      attestClient: (jwk, changes) => own.attestClient(jwk, changes, ownLeaf),
    },
    logged,
    advance: (seconds: number) => {
      offset += seconds * 1000
    },
    call: async (method: string, path: string, body?: unknown, agency = 'residents') => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${agency}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    close: async () => {
      await close(server)
      await db.close()
    },
  }
}

const close = (server: Server) =>
  new Promise<void>((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })

/** Takes the agency's id for a key: who may prove what is tested in access/. */
const ACCESS: Access = {
  require: async (roles, request) => {
    const [, agencyId] = /^Bearer (\w+)$/.exec(request.get('authorization') ?? '') ?? []
    if (!agencyId) throw new Problem('unauthenticated', 'Nobody.')
    const principal: Principal = {
      actor: `staff:${agencyId}`,
      name: agencyId,
      role: 'officer',
      ...placeOf({ agencyId }),
    }
    if (!roles.includes(principal.role)) throw new Problem('forbidden', 'Not for officers.')
    return principal
  },
  checkPublic: () => {},
  wallets: noWallets,
}

const label = (text: string) => ({ ko: text, en: text })

const RESIDENT: CredentialType = parseCredentialType({
  id: 'resident',
  name: { ko: '인천 시민증', en: 'Incheon Resident Card' },
  description: { ko: '인천에 사는 사람임을 보여요.', en: 'Shows that someone lives in Incheon.' },
  validity: { days: 365 },
  card: { background: '#0b3d91', text: '#ffffff' },
  requires: [['residentSince']],
  claims: [
    { path: ['name_ko'], name: label('이름'), source: ['nameKo'], disclosable: true },
    { path: ['birth_date'], name: label('생년월일'), source: ['birthDate'], disclosable: true },
    { path: ['district_name'], name: label('구'), source: ['districtName'], disclosable: true },
    {
      path: ['age_equal_or_over', '19'],
      name: label('19세 이상'),
      source: ['birthDate'],
      derive: { kind: 'ageAtLeast', years: 19 },
      disclosable: true,
    },
  ],
})

const FAMILY: CredentialType = parseCredentialType({
  ...RESIDENT,
  id: 'multi-child-family',
  requires: [{ path: ['attributes', 'children'], atLeast: 2 }],
})

const CITY = {
  id: 'incheon',
  name: { ko: '인천', en: 'Incheon' },
  wallet: label('지갑'),
  agencies: [],
  verifiers: [],
  districts: [
    {
      code: '28185',
      name: { ko: '연수구', en: 'Yeonsu-gu' },
      neighbourhoods: [{ code: '2818510100', name: label('송도동') }],
    },
  ],
  types: new Map([RESIDENT, FAMILY].map((type) => [type.id, type])),
  templates: new Map(),
} as unknown as City

/** The vault as it is, and keys that are in memory alone. The same master key each time, as after a restart. */
async function agentOver(
  db: Database,
  keys: ReadonlyMap<string, OfficeKey>,
  { url, rootCertificate }: { url: string; rootCertificate: string },
) {
  return {
    ...(await openVault({ db, masterKey: new Uint8Array(32).fill(7) })),
    authority: { rootCertificate },
    walletProvider: { identifier: `${url}/wallet-provider` },
    signer: (keyRef: string) => async (data: Uint8Array) => {
      const key = [...keys.values()].find((candidate) => candidate.keyRef === keyRef)
      if (!key) throw new Error(`no key ${keyRef}`)
      return new Uint8Array(sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' }))
    },
    agencies: {
      activeKey: async (agencyId: string): Promise<AgencyKey> => {
        const key = keys.get(agencyId)
        if (!key) throw new AgentError('unknown_agency', `no key of ${agencyId}`)
        return key
      },
    },
  }
}

type OfficeKey = AgencyKey & { privateKey: KeyObject }

/** Keys without the chain that would publish them: packages/agent tests that. */
async function seedAgencies(sql: Sql) {
  const keys = new Map<string, OfficeKey>()
  const offices = [
    ['residents', ['resident']],
    ['families', ['multi-child-family']],
  ] as const
  for (const [id, types] of offices) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const did = `did:ethr:0x205a:${id}`
    await sql`
      INSERT INTO "Agency" ("id", "nameKo", "nameEn", "did", "types") VALUES (${id}, ${`${id} 사무소`}, ${id}, ${did}, ${types})`
    keys.set(id, {
      id: randomUUID(),
      agencyId: id,
      keyRef: `agency/${id}`,
      didUrl: `${did}#delegate-1`,
      x5c: ['MIIB'],
      publicJwk: { kty: 'EC', crv: 'P-256', x, y },
      keyHash: `0x${createHash('sha256').update(x).digest('hex')}`,
      validFrom: new Date(Date.now() - 30 * 86_400_000),
      validUntil: null,
      privateKey,
    })
  }
  return keys
}

async function seedResident(sql: Sql): Promise<string> {
  const id = randomUUID()
  await sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince", "attributes")
    VALUES (${id}::uuid, 'R-0001', '김하늘', 'Kim Haneul', '1990-05-05', '28185', '2818510100', '2015-03-02', '{"children":1}'::jsonb)`
  return id
}
