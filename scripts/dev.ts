// `npm run dev`: `npm start`, restarted when the API or a package changes; the web apps rebuild as they are saved.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const children: ChildProcess[] = []
let stopping = false

function run(cwd: string, args: string[]) {
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' })
  child.on('exit', () => void stop())
  children.push(child)
}

async function stop() {
  if (stopping) return
  stopping = true
  for (const child of children) child.kill('SIGTERM')
  // The city stops its chain and database before it goes; wait for it, and for nothing else.
  await Promise.all(children.map(gone))
  process.exit(0)
}

function gone(child: ChildProcess): Promise<unknown> | undefined {
  if (child.exitCode !== null || child.signalCode !== null) return undefined
  return new Promise((resolve) => child.once('exit', resolve))
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => void stop())

const watched = ['apps/api/src', 'packages', 'city', 'scripts', '.env']
  .filter((path) => existsSync(join(ROOT, path)))
  .map((path) => `--watch-path=${path}`)
// The web apps build themselves below; two builders would write over each other.
run(ROOT, [...watched, '--watch-preserve-output', 'scripts/start.ts', '--without-build'])
for (const app of ['wallet', 'console']) {
  const folder = join(ROOT, 'apps', app)
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js')
  run(folder, [vite, 'build', '--watch', '--logLevel', 'warn'])
}
