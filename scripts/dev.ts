// `npm run dev`: `npm start`, restarted when the API or a package changes; the web apps rebuild as they are saved.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const children: ChildProcess[] = []

function run(cwd: string, args: string[]) {
  const child = spawn(process.execPath, args, { cwd, stdio: 'inherit' })
  child.on('exit', () => stop())
  children.push(child)
}

let stopping = false
function stop() {
  if (stopping) return
  stopping = true
  for (const child of children) child.kill('SIGTERM')
  // The city stops its chain and database before it goes; wait for it, and for nothing else.
  Promise.all(
    children.map((child) => child.exitCode ?? new Promise((resolve) => child.once('exit', resolve))),
  ).then(() => process.exit(0))
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, stop)

const watched = ['apps/api/src', 'packages', 'city', 'scripts'].map((path) => `--watch-path=${path}`)
run(ROOT, [...watched, '--watch-preserve-output', 'scripts/start.ts'])
for (const app of ['wallet', 'console']) {
  const folder = join(ROOT, 'apps', app)
  run(folder, [
    join(folder, 'node_modules', 'vite', 'bin', 'vite.js'),
    'build',
    '--watch',
    '--logLevel',
    'warn',
  ])
}
