import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { resolve } from 'node:path'

export type AnvilOptions = {
  chainId: number
  /** Where the chain is kept, written every second and at the end. Absent: in memory only. */
  stateFile?: string
  /** Absent: any free port. */
  port?: number
  /** Only the newest block's state can be asked for: else many blocks of a large state fill the memory. */
  newestStateOnly?: boolean
}

export type Anvil = {
  rpcUrl: string
  port: number
  pid: number
  /** Stops it and waits until its state is written. */
  stop(): Promise<void>
  /** SIGKILL, as a machine that loses power: up to a second of the chain is gone. */
  kill(): Promise<void>
}

const START_WITHIN_MS = 15_000
const STOP_WITHIN_MS = 10_000

/**
 * The embedded chain: an anvil of our own on 127.0.0.1, mining on demand, with gas for nothing. One left over from a
 * process that was killed is found by its pid file beside the state and stopped first. A state file that anvil cannot
 * open is put aside, and the copy from the last good start opened instead.
 * @throws Error with a sentence when it does not start.
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const stateFile = options.stateFile && resolve(options.stateFile)
  const absolute = { ...options, ...(stateFile ? { stateFile } : {}) }
  if (stateFile) await stopLeftOver(stateFile)
  try {
    return await launch(absolute)
  } catch (error) {
    if (isPortTaken(error)) {
      if (options.port === undefined) return launch(absolute)
      throw new Error(`Port ${options.port} is taken: the embedded chain cannot listen there.`, {
        cause: error,
      })
    }
    if (!stateFile || !(await restoreCopy(stateFile))) throw error
    return launch(absolute)
  }
}

const isPortTaken = (error: unknown) => error instanceof Error && /already in use/i.test(error.message)

async function launch(options: AnvilOptions): Promise<Anvil> {
  const { stateFile, chainId, newestStateOnly } = options
  const port = options.port ?? (await freePort())
  // Copied before anvil writes to it, kept once anvil has shown that it can open it.
  if (stateFile) await copyFile(stateFile, candidateOf(stateFile)).catch(() => {})
  const keep = stateFile ? ['--state', stateFile, '--state-interval', '1'] : []
  // Osaka has P256VERIFY (EIP-7951); a block holds a thousand awards to new holders, and more.
  const rules = ['--hardfork', 'osaka', '--gas-limit', '60000000']
  const memory = newestStateOnly ? ['--prune-history'] : []
  const free = ['--gas-price', '0', '--base-fee', '0', '--accounts', '0']
  const reach = ['--host', '127.0.0.1', '--port', String(port), '--no-cors']
  // Detached: Ctrl-C in the terminal must reach only us, who stop it when nothing needs it any more.
  const child = spawn(
    anvilBinary(),
    ['--quiet', '--chain-id', String(chainId), ...rules, ...memory, ...free, ...reach, ...keep],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const endWithUs = () => child.kill('SIGTERM')
  process.once('exit', endWithUs)
  child.once('exit', () => process.removeListener('exit', endWithUs))

  const rpcUrl = `http://127.0.0.1:${port}`
  if (stateFile) await writeFile(pidFile(stateFile), String(child.pid))
  await untilAnswering(child, rpcUrl, chainId)
  if (stateFile) await rename(candidateOf(stateFile), copyOf(stateFile)).catch(() => {})
  const end = async (signal: NodeJS.Signals) => {
    await stopChild(child, signal)
    if (stateFile && signal === 'SIGTERM') await rm(pidFile(stateFile), { force: true })
  }
  return { rpcUrl, port, pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** The binary itself from npm's package for this platform: its JavaScript wrapper would leave it running. */
function anvilBinary(): string {
  const platform = { linux: 'linux', darwin: 'darwin', win32: 'win32' }[process.platform as string]
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
  const wrapper = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
  const name = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    return createRequire(wrapper).resolve(`@foundry-rs/anvil-${platform}-${arch}/bin/${name}`)
  } catch (cause) {
    throw new Error(
      `There is no embedded chain for ${process.platform} ${process.arch}: set CHAIN_RPC_URL to a chain of your own.`,
      { cause },
    )
  }
}

async function untilAnswering(child: ChildProcess, rpcUrl: string, chainId: number): Promise<void> {
  let complaint = ''
  child.stderr?.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2_000)
  })
  let closed = false
  child.once('close', () => {
    closed = true
  })
  const deadline = Date.now() + START_WITHIN_MS
  while (Date.now() < deadline) {
    // Closed comes after the exit, when all that it wrote has arrived.
    if (closed) {
      throw new Error(
        `The embedded chain ended while starting: ${complaint.trim() || `code ${child.exitCode}`}`,
      )
    }
    if ((await askChainId(rpcUrl)) === chainId) return
    await sleep(20)
  }
  await stopChild(child, 'SIGKILL')
  throw new Error(`The embedded chain did not answer within ${START_WITHIN_MS / 1000} s: ${complaint.trim()}`)
}

async function askChainId(rpcUrl: string): Promise<number | undefined> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  try {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      // Whoever else holds the port may take the call and never answer.
      signal: AbortSignal.timeout(1_000),
    })
    const { result } = (await response.json()) as { result?: string }
    return Number(result)
  } catch {
    return undefined
  }
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill(signal)
  const impatient = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await gone
  clearTimeout(impatient)
}

const pidFile = (stateFile: string) => `${stateFile}.pid`
const copyOf = (stateFile: string) => `${stateFile}.bak`
const candidateOf = (stateFile: string) => `${stateFile}.bak.new`

/** Stops the anvil of a process that was killed. Its end also writes the last second of the chain. */
export async function stopLeftOver(stateFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile(stateFile), 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 0) return
  const deadline = Date.now() + STOP_WITHIN_MS
  let signal: NodeJS.Signals = 'SIGTERM'
  while (await isOurAnvil(pid, stateFile)) {
    if (Date.now() > deadline) signal = 'SIGKILL'
    try {
      process.kill(pid, signal)
    } catch {
      break
    }
    await sleep(100)
  }
  await rm(pidFile(stateFile), { force: true })
}

/** The number may long belong to another process, or to a zombie, whose command line is empty. */
async function isOurAnvil(pid: number, stateFile: string): Promise<boolean> {
  const command = await commandLine(pid)
  return command.includes('anvil') && command.includes(stateFile)
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return raw.replaceAll('\0', ' ')
  }
  try {
    return execFileSync('ps', ['-ww', '-p', String(pid), '-o', 'args='], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

/** Whether there was a copy to go back to. The file that does not open stays beside it as *.damaged. */
async function restoreCopy(stateFile: string): Promise<boolean> {
  const exists = (path: string) => stat(path).then(Boolean, () => false)
  if (!(await exists(stateFile)) || !(await exists(copyOf(stateFile)))) return false
  await rename(stateFile, `${stateFile}.damaged`)
  await copyFile(copyOf(stateFile), stateFile)
  return true
}

function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))
