// The one file that runs on whatever Node the machine has (20 or later) and before anything is installed:
// installs what the lockfile says, then hands over to the project's own Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const PNPM = 'pnpm@12.21.0'
const [command = 'start', ...rest] = process.argv.slice(2)
const bin = join(root, 'node_modules', '.bin')

if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 20 or later, then run this again.`)
  process.exit(1)
}

install()
const path = `${bin}:${process.env.PATH ?? ''}`
const child = spawn(join(bin, 'node'), [join(root, 'scripts', `${command}.ts`), ...rest], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, PATH: path },
})
// A terminal sends Ctrl-C to the whole group; a supervisor only to us. The child takes a second signal as the same one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
// Whoever started us was killed outright: the child must not stay behind.
const parent = process.ppid
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()

function install() {
  const wanted = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'packages/database/prisma/schema.prisma'])
    wanted.update(readFileSync(join(root, file)))
  const stamp = join(root, 'node_modules', '.installed')
  const digest = wanted.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(join(bin, 'node'))) return
  console.log('Installing what the lockfile names (once; about a minute) …')
  run('npx', ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only'], root)
  run(
    join(bin, 'node'),
    [join(bin, '..', 'prisma', 'build', 'index.js'), 'generate'],
    join(root, 'packages', 'database'),
    {
      // Prisma asks for a schema engine that `generate` does not use, and would download it.
      PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true',
    },
  )
  writeFileSync(stamp, digest)
}

function run(file, args, cwd, env = {}) {
  const done = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env, PATH: `${bin}:${process.env.PATH ?? ''}` },
    encoding: 'utf8',
  })
  if (done.status === 0) return
  console.error(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`)
  console.error(
    `The installation failed at "${file} ${args[0]}": see above, check the network, and run this again.`,
  )
  process.exit(1)
}
