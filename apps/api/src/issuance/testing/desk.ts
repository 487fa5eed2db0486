import { createHash, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AgencyKey, AgentError, openVault } from '@pass/agent'
import { type DatabaseLocation, openDatabase, type Sql } from '@pass/database'
import { enqueue, enqueueAnchors } from '@pass/relay'
import express from 'express'
import { pino } from 'pino'
import type { Access } from '../../access/access.ts'
import { placeOf } from '../../access/principal.ts'
import { createAudit } from '../../audit/service.ts'
import type { AccessGrant } from '../../authorization/types.ts'
import type { Context } from '../../context.ts'
import { credentialRoutes } from '../../credentials/routes.ts'
import { createCredentials } from '../../credentials/service.ts'
import { mountRoutes } from '../../http/mount.ts'
import { OAuthError, Problem } from '../../http/problem.ts'
import { requestId } from '../../http/request-id.ts'
import { decodeJws, type JsonObject } from '../../jose/jws.ts'
import { createNonces } from '../../jose/nonce.ts'
import { createStatus } from '../../status/service.ts'
import { CITY } from '../../testing/api.ts'
import { noWallets } from '../../testing/no-wallets.ts'
import type { WalletTrust } from '../../wallet-trust/types.ts'
import { createOffers } from '../offers.ts'
import { issuanceRoutes } from '../routes.ts'
import { createIssuance } from '../service.ts'

/**
 * The resource endpoints by themselves, over a real database and real HTTP, with the city's own types. The authorization
 * server is a table of tokens that a test fills, and key attestations are believed as they stand: both have tests of
 * their own.
 */
export async function startDesk(location: DatabaseLocation = { memory: true }) {
  const db = await openDatabase(location)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  let offset = 0
  const clock = () => new Date(Date.now() + offset)
  const random = (length: number) => new Uint8Array(randomBytes(length))
  const keys = await seedAgencies(db.sql)
  const agent = {
    ...(await openVault({ db, masterKey: random(32) })),
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
  const context = {
    config: { publicUrl: url, offerTtlSeconds: 900 },
    city: CITY,
    db,
    agent,
    log: pino({ level: 'silent' }),
    clock,
    random,
    fetch,
  } as unknown as Context

  const grants = new Map<string, AccessGrant>()
  const nonces = createNonces({ mac: (data) => agent.mac('dpopNonce', data), random, clock })
  const audit = createAudit(context)
  const status = createStatus(context, { enqueue })
  const offers = createOffers(context, { audit })
  const issuance = createIssuance(context, {
    offers,
    authorization: { grantOf: async (token) => grants.get(token), nonces },
    walletTrust: { keyAttestation },
    status,
    audit,
    enqueueAnchors,
  })
  const credentials = createCredentials(context, { status, audit })
  const app = express()
  app.use(requestId())
  mountRoutes(app, [...issuanceRoutes(issuance), ...credentialRoutes(credentials)], {
    access: ACCESS,
    log: context.log,
    rateLimitFactor: 0,
  })
  server.on('request', app)

  return {
    url,
    db,
    clock,
    nonces,
    status,
    issuance,
    /** Agencies' signing keys: a test replaces or takes one away. */
    keys,
    newAgencyKey: (agencyId: string) => newAgencyKey(agencyId),
    context,
    advance: (seconds: number) => {
      offset += seconds * 1000
    },
    /** A token for these offers, bound to a DPoP key. */
    grant: (grant: Omit<AccessGrant, 'tokenHash' | 'clientId'> & { clientId?: string }) => {
      const token = randomBytes(32).toString('base64url')
      const tokenHash = createHash('sha256').update(token).digest('hex')
      grants.set(token, { clientId: 'https://wallet.test', ...grant, tokenHash })
      return token
    },
    /** Ends a token. */
    revoke: (token: string) => grants.delete(token),
    /** What a citizen who signed in is given. */
    signedIn: (agencyId: string, typeId: string, subjectId: string) =>
      db.transaction((sql) => offers.createForSignIn(sql, { agencyId, typeId, subjectId })),
    /** Calls the city's own API as an officer of `agency`. */
    call: async (method: string, path: string, body?: unknown, agency = 'veterans') => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${agency}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    /** @returns the id of a new resident, a veteran unless told */
    resident: (
      attributes: Record<string, unknown> = { veteran: { number: '12-345', category: '국가유공자' } },
    ) => seedResident(db.sql, attributes),
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await db.close()
    },
  }
}

export type Desk = Awaited<ReturnType<typeof startDesk>>

/** Believes any attestation that names "provider"; what it says of nonce, end and keys is looked at. */
const keyAttestation: WalletTrust['keyAttestation'] = async (jwt, { nonceIsFresh, mustExpire }) => {
  const payload = decodeJws(jwt, 16_384)?.payload as JsonObject | undefined
  if (payload?.['iss'] !== 'provider') throw new OAuthError('invalid_proof', 'Nobody vouches for these keys.')
  if (mustExpire && payload['exp'] === undefined) throw new OAuthError('invalid_proof', 'No end.')
  if (!nonceIsFresh(payload['nonce'])) throw new OAuthError('invalid_nonce', 'An old nonce.')
  return payload['attested_keys'] as Awaited<ReturnType<WalletTrust['keyAttestation']>>
}

/** Takes the agency's id for a key. */
const ACCESS: Access = {
  require: async (_roles, request) => {
    const [, agencyId] = /^Bearer (\w+)$/.exec(request.get('authorization') ?? '') ?? []
    if (!agencyId) throw new Problem('unauthenticated', 'Nobody.')
    return { actor: `staff:${agencyId}`, name: agencyId, role: 'officer', ...placeOf({ agencyId }) }
  },
  checkPublic: () => {},
  wallets: noWallets,
}

type DeskKey = AgencyKey & { privateKey: KeyObject }

function newAgencyKey(agencyId: string): DeskKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomUUID()
  return {
    id,
    agencyId,
    keyRef: `agency/${agencyId}/${id}`,
    didUrl: `did:ethr:0x205a:${agencyId}#${id}`,
    x5c: ['MIIB'],
    publicJwk: { kty: 'EC', crv: 'P-256', x, y },
    keyHash: `0x${createHash('sha256').update(x).digest('hex')}`,
    validFrom: new Date(Date.now() - 30 * 86_400_000),
    validUntil: null,
    privateKey,
  }
}

async function seedAgencies(sql: Sql) {
  const offices: Record<string, string[]> = {
    residents: ['resident'],
    families: ['multi-child-family'],
    veterans: ['veteran', 'resident'],
  }
  for (const [id, types] of Object.entries(offices))
    await sql`
      INSERT INTO "Agency" ("id", "nameKo", "nameEn", "did", "types")
      VALUES (${id}, ${`${id} 사무소`}, ${id}, ${`did:ethr:0x205a:${id}`}, ${types})`
  return new Map(Object.keys(offices).map((id) => [id, newAgencyKey(id)]))
}

async function seedResident(sql: Sql, attributes: Record<string, unknown>): Promise<string> {
  const id = randomUUID()
  await sql`
    INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
      "residentSince", "attributes")
    VALUES (${id}::uuid, ${`R-${id.slice(0, 8)}`}, '김하늘', 'Kim Haneul', '1950-05-05', '28185', '2818510100',
      '2015-03-02', ${JSON.stringify(attributes)}::jsonb)`
  return id
}
