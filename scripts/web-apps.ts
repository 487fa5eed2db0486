import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Builds each web app whose sources changed since its last build. */
export async function buildWebApps(say: (line: string) => void): Promise<void> {
  for (const name of ['wallet', 'console']) {
    const folder = join(ROOT, 'apps', name)
    const stamp = join(folder, 'dist', '.sources')
    const digest = digestOfSources(name)
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) continue
    say(`Building the ${name} …`)
    const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js')
    const built = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
      cwd: folder,
      encoding: 'utf8',
      // A test runner's NODE_ENV would ship React's development build.
      env: { ...process.env, NODE_ENV: 'production' },
    })
    if (built.status !== 0) throw new Error(`The ${name} does not build:\n${built.stdout}${built.stderr}`)
    writeFileSync(stamp, digest)
  }
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
