import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { bringUp, type RunningCity } from './start/bring-up.ts'

/** The city as `npm start` brings it up: real agent, real chain, embedded database. */
let city: RunningCity
let url: string
let dataDir: string
let keys: Record<'officer' | 'verifier' | 'operator', string>
let sample: { agency: string; type: string; subject: string }
let operations: { method: string; path: string; roles: string[]; wallet: boolean; body: boolean }[]

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'pass-app-'))
  const port = await freePort()
  url = `http://localhost:${port}`
  const environment = { PORT: String(port), DATA_DIR: dataDir, LOG_LEVEL: 'silent', RATE_LIMIT_FACTOR: '0' }
  city = await bringUp(readConfig(environment), () => {})
  ;({ apiKeys: keys, sample } = JSON.parse(readFileSync(join(dataDir, 'dev-credentials.json'), 'utf8')))
  const document = await (await fetch(`${url}/api/openapi.json`)).json()
  operations = Object.entries(document.paths as Record<string, Record<string, Described>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { security, description = '', requestBody }]) => ({
        method: method.toUpperCase(),
        path,
        roles: /^For the role (.*)\.$/.exec(description)?.[1]?.split(' or ') ?? [],
        wallet: security.some((scheme) => 'wallet' in scheme),
        body: requestBody !== undefined,
      })),
  )
})
afterAll(async () => {
  await city?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

type Described = { security: Record<string, unknown>[]; description?: string; requestBody?: unknown }

const call = (method: string, path: string, key?: string, body?: unknown) =>
  fetch(`${url}${path}`, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const concrete = (path: string) => path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000')

describe('the whole API', () => {
  it('describes itself: every capability is in the document', () => {
    const paths = operations.map(({ method, path }) => `${method} ${path}`)
    for (const expected of [
      'POST /api/offers',
      'GET /api/credentials',
      'POST /api/verifications',
      'GET /api/register/residents',
      'POST /api/register/imports',
      'POST /api/agencies',
      'GET /api/anchors/{hash}',
      'GET /api/anchors/batches',
      'GET /api/trust',
      'GET /api/audit',
      'POST /api/session/link',
      'GET /readyz',
      'GET /metrics',
    ])
      expect(paths).toContain(expected)
    expect(paths.some((path) => path.startsWith('POST /issuers/'))).toBe(true)
    expect(paths.some((path) => path.startsWith('GET /status-lists/'))).toBe(true)
    expect(paths.some((path) => path.startsWith('POST /verifier/responses/'))).toBe(true)
  })

  it('opens nothing that asks for a role to a stranger, nor to another role', async () => {
    const closed = operations.filter(({ roles }) => roles.length > 0)
    expect(closed.length).toBeGreaterThan(15)
    for (const { method, path, roles } of closed) {
      expect([method, path, (await call(method, concrete(path))).status]).toEqual([method, path, 401])
      for (const [role, key] of Object.entries(keys))
        if (!roles.includes(role))
          expect([method, path, role, (await call(method, concrete(path), key)).status]).toEqual([
            method,
            path,
            role,
            403,
          ])
    }
  })

  it('opens nothing of a wallet without its proof, to staff either', async () => {
    const ofWallets = operations.filter(({ wallet }) => wallet)
    expect(ofWallets.length).toBeGreaterThan(4)
    for (const { method, path } of ofWallets)
      for (const key of [undefined, ...Object.values(keys)])
        expect([method, path, (await call(method, concrete(path), key)).status]).toEqual([method, path, 401])
  })

  it('breaks nowhere on rubbish: every address answers a stranger with less than 500', async () => {
    const rubbish = { '': "' OR 1=1", __proto__: { a: 1 }, list: [[[]]], text: '\u0000' }
    for (const { method, path } of operations) {
      const body = method === 'GET' ? undefined : rubbish
      for (const key of [undefined, ...Object.values(keys)]) {
        const { status } = await call(method, concrete(path), key, body)
        expect([method, path, status < 500]).toEqual([method, path, true])
      }
    }
  })

  it('lets an officer offer only for the own agency', async () => {
    expect((await call('POST', '/api/offers', keys.officer, sample)).status).toBe(201)
    const foreign = await call('POST', '/api/offers', keys.officer, { ...sample, agency: 'families' })
    expect([foreign.status, (await foreign.json()).code]).toEqual([403, 'forbidden'])
  })

  it('accredits a new agency on the chain over the API', async () => {
    const body = { id: 'libraries', name: { ko: '도서관과', en: 'Libraries' }, types: ['resident'] }
    const made = await call('POST', '/api/agencies', keys.operator, body)
    expect([made.status, (await made.json()).did]).toEqual([201, expect.stringMatching(/^did:ethr:/)])
    const metadata = await fetch(`${url}/.well-known/openid-credential-issuer/issuers/libraries`)
    expect((await metadata.json()).credential_issuer).toBe(`${url}/issuers/libraries`)
    const rotated = await call('POST', '/api/agencies/libraries/rotate-key', keys.operator, {})
    expect(rotated.status).toBe(200)
    for (const [act, suspended] of [
      ['suspend', true],
      ['reinstate', false],
    ] as const) {
      const answer = await call('POST', `/api/agencies/libraries/${act}`, keys.operator, {})
      expect([answer.status, (await answer.json()).suspended]).toEqual([200, suspended])
    }
  })

  it('is ready, and its keys are for the owner of the folder alone', async () => {
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({
      ready: true,
      database: 'up',
      chain: 'up',
    })
    expect(statSync(join(dataDir, 'dev-credentials.json')).mode & 0o777).toBe(0o600)
  })
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
