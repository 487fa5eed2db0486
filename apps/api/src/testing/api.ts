import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Database, type DatabaseLocation, openDatabase } from '@pass/database'
import { pino } from 'pino'
import { type Access, createAccess } from '../access/access.ts'
import { createApiKeys } from '../access/api-keys.ts'
import { createSessions } from '../access/sessions.ts'
import { createWalletKeys, type WalletKeys } from '../access/wallet-keys.ts'
import { createAudit } from '../audit/service.ts'
import { loadCity } from '../city.ts'
import { type Config, readConfig } from '../config.ts'
import type { Context } from '../context.ts'
import { createMetrics } from '../health/metrics.ts'
import { createReaderWatch } from '../health/reader-watch.ts'
import { createExpressApp } from '../http/express-app.ts'
import type { Route } from '../http/route.ts'

/** The city's real files: tests of the API run on what is shipped. */
export const CITY = loadCity(join(import.meta.dirname, '..', '..', '..', '..', 'city'))

export type TestApiOptions = {
  database?: DatabaseLocation
  config?: Partial<Config>
  /** Parts of the context that the routes under test need beyond the database, or what makes them from the rest. */
  context?: ContextParts | ((context: Context) => Promise<ContextParts>)
  routes?: (parts: TestParts) => Route[]
}

type ContextParts = Partial<Record<keyof Context, unknown>>

export type TestParts = {
  context: Context
  db: Database
  access: Access
  audit: ReturnType<typeof createAudit>
  apiKeys: ReturnType<typeof createApiKeys>
  sessions: ReturnType<typeof createSessions>
  wallets: WalletKeys
  metrics: ReturnType<typeof createMetrics>
}

/** Routes over real HTTP on a port of their own, with real access and a real database; no chain, no agent. */
export async function startTestApi(options: TestApiOptions = {}) {
  const db = await openDatabase(options.database ?? { memory: true })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const config: Config = { ...readConfig({}), publicUrl: url, rateLimitFactor: 0, ...options.config }
  let offset = 0
  const logged: string[] = []
  const log = pino({ level: 'debug', base: null }, { write: (line) => void logged.push(line) })
  const base = {
    config,
    city: CITY,
    db,
    log,
    clock: () => new Date(Date.now() + offset),
    random: (length: number) => new Uint8Array(randomBytes(length)),
    fetch,
    chain: { isUp: async () => true },
  } as unknown as Context
  const given = typeof options.context === 'function' ? await options.context(base) : options.context
  const context = { ...base, ...given } as Context
  const audit = createAudit(context)
  const apiKeys = createApiKeys(context)
  const sessions = createSessions(context)
  const wallets = createWalletKeys(context)
  const access = createAccess({ apiKeys, sessions, wallets, publicUrl: config.publicUrl })
  const metrics = createMetrics({ db, readerState: createReaderWatch(context) })
  const parts = { context, db, access, audit, apiKeys, sessions, wallets, metrics }
  const routes = options.routes?.(parts) ?? []
  server.on('request', createExpressApp({ config, log, access, routes, observe: metrics.observe }))
  return {
    url,
    ...parts,
    /** Every line that the log got. */
    logged,
    advance: (seconds: number) => {
      offset += seconds * 1000
    },
    call: (path: string, init: RequestInit & { key?: string; json?: unknown } = {}) => call(url, path, init),
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await db.close()
    },
  }
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>

/** `fetch` with an API key and a JSON body, and the answer read. */
async function call(
  url: string,
  path: string,
  { key, json, ...init }: RequestInit & { key?: string; json?: unknown },
) {
  const response = await fetch(`${url}${path}`, {
    redirect: 'manual',
    ...init,
    method: init.method ?? (json === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(init.headers as Record<string, string> | undefined),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape.
  const body: any = isJson && text !== '' ? JSON.parse(text) : text
  return { status: response.status, headers: response.headers, body, text }
}
