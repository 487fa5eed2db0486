import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LockedError, lockFolder } from './lock.ts'

const ROOT = join(import.meta.dirname, '..')
const WORK = join(ROOT, 'node_modules', '.cache', 'web-apps')

/**
 * Builds each web app whose sources changed since its last build, one process at a time.
 * @param say is told when each is built
 * @param signal ends a build under way
 */
export async function buildWebApps(say: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const release = await turn(signal)
  try {
    for (const name of ['wallet', 'console']) {
      const stamp = join(ROOT, 'apps', name, 'dist', '.sources')
      const digest = digestOfSources(name)
      if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) continue
      await build(name, signal)
      writeFileSync(stamp, digest)
      say(`The ${name} is built`)
    }
  } finally {
    await release()
  }
}

/** Two starts from one checkout share its builds: the second waits, and finds them made. */
async function turn(signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  for (;;) {
    signal?.throwIfAborted()
    try {
      return await lockFolder(WORK)
    } catch (error) {
      if (!(error instanceof LockedError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

function build(name: string, signal: AbortSignal | undefined): Promise<void> {
  const folder = join(ROOT, 'apps', name)
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js')
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk
      })
    let failure: Error | undefined
    child.on('error', (error) => {
      failure = error
    })
    child.on('close', (code) => {
      if (signal?.aborted) reject(signal.reason)
      else if (failure ?? code !== 0) reject(failure ?? new Error(`The ${name} does not build:\n${output}`))
      else resolve()
    })
  })
}

function digestOfSources(name: string): string {
  const hash = createHash('sha256')
  const files = globSync(
    [
      `apps/${name}/{src,public}/**/*`,
      `apps/${name}/*.{ts,json,html}`,
      'packages/*/src/**/*',
      'city/city.json',
      'pnpm-lock.yaml',
    ],
    {
      cwd: ROOT,
      withFileTypes: true,
      exclude: (entry) =>
        ['node_modules', 'generated', 'dist'].includes(typeof entry === 'string' ? entry : entry.name),
    },
  )
  for (const file of files
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort())
    hash.update(`${file.slice(ROOT.length)}\0`).update(readFileSync(file))
  return hash.digest('hex')
}
