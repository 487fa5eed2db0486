import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Wallet } from 'ethers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Anvil, startAnvil } from './anvil.ts'
import { openProvider } from './provider.ts'
import { createSender } from './send.ts'

const CHAIN_ID = 8282

describe('the embedded chain', () => {
  let folder: string
  let stateFile: string
  const running: Anvil[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pass-anvil-'))
    stateFile = join(folder, 'state.json')
  })
  afterEach(async () => {
    for (const anvil of running.splice(0)) await anvil.kill()
    await rm(folder, { recursive: true, force: true })
  })

  const start = async (options: { port?: number } = {}) => {
    const anvil = await startAnvil({ chainId: CHAIN_ID, stateFile, ...options })
    running.push(anvil)
    return anvil
  }
  const mine = async (anvil: Anvil) => {
    const provider = openProvider(anvil.rpcUrl, CHAIN_ID)
    await createSender(provider, CHAIN_ID)(Wallet.createRandom(), { to: `0x${'11'.repeat(20)}`, data: '0x' })
    const height = await provider.getBlockNumber()
    provider.destroy()
    return height
  }
  const height = async (anvil: Anvil) => {
    const provider = openProvider(anvil.rpcUrl, CHAIN_ID)
    const number = await provider.getBlockNumber()
    provider.destroy()
    return number
  }
  /** A zombie that nobody has waited for counts as gone: it holds no port and no file. */
  const alive = (pid: number) => {
    const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat='], { encoding: 'utf8' })
    return stdout.trim() !== '' && !stdout.startsWith('Z')
  }

  it('takes transactions of an account that owns nothing, and mines only when there is one', async () => {
    const anvil = await start()
    expect(await height(anvil)).toBe(0)
    expect(await mine(anvil)).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(await height(anvil)).toBe(1)
  })

  it('is the same chain after a stop, to the last block', async () => {
    const anvil = await start()
    await mine(anvil)
    await mine(anvil)
    await anvil.stop()
    expect(alive(anvil.pid)).toBe(false)
    expect(await height(await start())).toBe(2)
  })

  it('opens again after a power cut, at most a second older', async () => {
    const anvil = await start()
    await mine(anvil)
    await new Promise((resolve) => setTimeout(resolve, 2_200))
    await mine(anvil)
    await anvil.kill()
    expect([1, 2]).toContain(await height(await start()))
  })

  it('finds the one that a killed process left behind, and goes on from its last block', async () => {
    const script = `import { startAnvil } from ${JSON.stringify(join(import.meta.dirname, 'anvil.ts'))}
      const anvil = await startAnvil({ chainId: ${CHAIN_ID}, stateFile: ${JSON.stringify(stateFile)} })
      console.log(JSON.stringify({ pid: anvil.pid, rpcUrl: anvil.rpcUrl }))
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const left = JSON.parse(String(line)) as Anvil
    await mine(left)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    expect(alive(left.pid)).toBe(true)

    const anvil = await start()
    expect(alive(left.pid)).toBe(false)
    expect(await height(anvil)).toBe(1)
  })

  it('leaves a process alone that merely has the number of the old one', async () => {
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await writeFile(`${stateFile}.pid`, String(bystander.pid))
    await start()
    expect(alive(bystander.pid ?? 0)).toBe(true)
    bystander.kill()
  })

  it('goes back to the copy of the last good start when its state is damaged', async () => {
    const anvil = await start()
    await mine(anvil)
    await anvil.stop()
    const second = await start()
    await mine(second)
    await second.stop()
    await writeFile(stateFile, (await readFile(stateFile)).subarray(0, 1_000))
    expect(await height(await start())).toBe(1)
    expect((await readFile(`${stateFile}.damaged`)).length).toBe(1_000)
  })

  it('says that its port is taken, and leaves the state as it is', async () => {
    await (await start()).stop()
    const before = await readFile(stateFile, 'utf8')
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    await expect(start({ port })).rejects.toThrow(`Port ${port} is taken`)
    other.close()
    expect(await readFile(stateFile, 'utf8')).toBe(before)
  })
})
