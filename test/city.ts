import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Neither the shell's settings nor those of `.env` reach a city under test: an empty one counts as absent. */
const NO_SETTINGS = Object.fromEntries(
  [...readFileSync(join(ROOT, '.env.example'), 'utf8').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => [
    name,
    '',
  ]),
)

// biome-ignore lint/suspicious/noExplicitAny: an answer of the API, whose shape each test asserts.
type Json = any

export type Role = 'officer' | 'verifier' | 'operator' | 'organiser' | 'merchant' | 'programme'

export type DevCredentials = {
  apiKeys: Record<Role, string>
  sample: { agency: string; type: string; subject: string }
}

/** The whole city as `npm start` runs it: a process of its own, on a folder and a port of its own. */
export type TestCity = {
  url: string
  dataDir: string
  credentials: DevCredentials
  /** One-time console links by role. */
  links: Record<Role, string>
  pid: number
  /** Calls the API as the machine of that role. */
  call(
    role: Role,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Json }>
  /** SIGTERM and wait; the folder stays. */
  stop(): Promise<void>
  /** SIGKILL and wait; the folder stays. */
  kill(): Promise<void>
  /** Starts again on the same folder and port. */
  restart(): Promise<TestCity>
  /** Stops and removes the folder. */
  end(): Promise<void>
  output(): string
}

export type CityOptions = {
  env?: Record<string, string>
  dataDir?: string
  port?: number
  /** Options for Node itself, such as --inspect. */
  nodeArgs?: string[]
}

/** Starts a city and waits until it says that it is ready. */
export async function startCity(options: CityOptions = {}): Promise<TestCity> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'pass-city-'))
  const port = options.port ?? (await freePort())
  const child = spawnStart(
    { ANCHOR_BATCH_AGE_MS: '400', ...options.env, DATA_DIR: dataDir, PORT: String(port) },
    options.nodeArgs,
  )
  const output = collect(child)
  await untilReady(child, output)
  const url = `http://localhost:${port}`
  const credentials = JSON.parse(
    readFileSync(join(dataDir, 'dev-credentials.json'), 'utf8'),
  ) as DevCredentials
  const links = Object.fromEntries(
    [...output().matchAll(/^\s+(\w+)\s+(http\S+\/console\/enrol#\S+)$/gm)].map((match) => [
      match[1],
      match[2],
    ]),
  ) as TestCity['links']
  const end = (signal: NodeJS.Signals) => async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  const stop = end('SIGTERM')
  return {
    url,
    dataDir,
    credentials,
    links,
    pid: child.pid as number,
    output,
    stop,
    kill: end('SIGKILL'),
    restart: async () => {
      await stop()
      return startCity({ ...options, dataDir, port })
    },
    end: async () => {
      await stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
    async call(role, path, body, headers) {
      const response = await fetch(`${url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${credentials.apiKeys[role]}`,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
    },
  }
}

/** Runs `npm start`'s script for as long as it lives, without waiting for it to be ready. */
export function spawnStart(env: Record<string, string>, nodeArgs: string[] = []): ChildProcess {
  return spawn(process.execPath, [...nodeArgs, join(ROOT, 'scripts', 'start.ts')], {
    cwd: ROOT,
    env: { ...process.env, ...NO_SETTINGS, LOG_LEVEL: 'warn', SAMPLE_SIGN_IN_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** What a process has printed so far. */
export function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk))
  return () => text
}

function untilReady(child: ChildProcess, output: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      if (!/dev-credentials\.json/.test(output())) return
      clearInterval(timer)
      resolve()
    }, 50)
    child.once('exit', () => {
      clearInterval(timer)
      reject(new Error(`The city did not start:\n${output()}`))
    })
  })
}

/** A port that nothing listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
