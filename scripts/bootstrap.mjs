// The one file that runs on whatever Node the machine has (20 or later) and before anything is installed:
// installs what the lockfile says, then hands over to the project's own Node 24.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const PNPM = 'pnpm@12.21.0'
const COMMANDS = ['start', 'dev', 'test', 'bench', 'reset', 'agency', 'deploy', 'reconcile']
const [command = 'start', ...rest] = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) < 20)
  refuse(`Node ${process.versions.node} is too old: install Node 20 or later, then run this again.`)
if (!COMMANDS.includes(command))
  refuse(`There is no command "${command}": choose one of ${COMMANDS.join(', ')}.`)

/** What runs now, and the chain that it runs apart from itself. */
let child
let embeddedChain
let asked = false
// A terminal sends Ctrl-C to the whole group; a supervisor only to us. The child takes a second signal as the same one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    asked = true
    child?.kill(signal)
  })
// Whoever started us was killed outright: the child must not stay behind.
const starter = whoStarted()
setInterval(() => {
  if (whoStarted() === starter) return
  asked = true
  child?.kill('SIGTERM')
}, 500).unref()
// The terminal may be gone before we are.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

await install()
const { code, signal } = await run(join(bin, 'node'), [join(root, 'scripts', `${command}.ts`), ...rest], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
})
if (signal && !asked) {
  endChain()
  console.error(
    `npm ${command === 'start' ? 'start' : `run ${command}`} was ended by ${signal}: run it again, it goes on from there.`,
  )
}
process.exit(code ?? 128 + constants.signals[signal])

/** The city was killed before it could stop its chain; told to stop, the chain writes its last blocks first. */
function endChain() {
  if (!embeddedChain) return
  try {
    process.kill(embeddedChain, 'SIGTERM')
  } catch {
    // It was gone already.
  }
}

/** npm runs a script through a shell, which outlives it: what counts then is the shell's own parent. */
function whoStarted() {
  const { ppid } = process
  if (!process.env.npm_lifecycle_event || process.platform !== 'linux') return ppid
  try {
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${ppid}/stat`, 'utf8'))
    return /^(ba|da|a|z|k)?sh$/.test(name) ? Number(parent) : ppid
  } catch {
    return ppid
  }
}

async function install() {
  const wanted = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'packages/database/prisma/schema.prisma'])
    wanted.update(readFileSync(join(root, file)))
  const stamp = join(root, 'node_modules', '.installed')
  const digest = wanted.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest && existsSync(join(bin, 'node'))) return
  console.log('Installing what the lockfile names (once; about a minute) …')
  await installStep('npx', ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only'])
  // Prisma asks for a schema engine that `generate` does not use, and would download it.
  await installStep(
    join(bin, 'node'),
    [join(root, 'node_modules', 'prisma', 'build', 'index.js'), 'generate'],
    {
      cwd: join(root, 'packages', 'database'),
      env: { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' },
    },
  )
  writeFileSync(stamp, digest)
}

/** Shows how far pnpm is, and the rest only when the step fails. */
async function installStep(file, args, options = {}) {
  let output = ''
  const keep = (text) => {
    output += text
    for (const [line] of String(text).matchAll(/^Progress: .*$/gm)) console.log(`  ${line}`)
  }
  const { code, signal, error } = await run(
    file,
    args,
    { ...options, stdio: ['ignore', 'pipe', 'pipe'] },
    keep,
  )
  if (code === 0) return
  if (asked) process.exit(130)
  console.error(`${output}${error?.message ?? ''}`)
  refuse(
    `The installation failed at "${file} ${args[0]}" (${signal ?? code ?? 'not found'}): see above, check the network, and run this again.`,
  )
}

function run(file, args, options, onOutput = () => {}) {
  return new Promise((resolve) => {
    child = spawn(file, args, {
      cwd: root,
      ...options,
      env: { ...process.env, ...options.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
    })
    child.stdout?.on('data', onOutput)
    child.stderr?.on('data', onOutput)
    child.on('message', (message) => {
      embeddedChain = message.embeddedChain ?? embeddedChain
    })
    child.on('error', (error) => resolve({ code: null, signal: null, error }))
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
}

function refuse(sentence) {
  console.error(sentence)
  process.exit(1)
}
