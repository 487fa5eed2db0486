import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, freePort, spawnStart, startCity, type TestCity } from '../city.ts'

/** Runs a start that should be refused; answers its exit code and what it said. */
async function refusedStart(env: Record<string, string>) {
  const child = spawnStart(env)
  const output = collect(child)
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { code, said: output() }
}

const emptyFolder = () => mkdtempSync(join(tmpdir(), 'pass-start-'))

/** Processes that hold this data folder: the embedded chain names it on its command line. */
const holding = (folder: string) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
      } catch {
        return false
      }
    })

describe('a start that cannot succeed says what to do in one sentence', () => {
  it('when a setting is damaged', async () => {
    const { code, said } = await refusedStart({ DATA_DIR: emptyFolder(), PORT: 'eighty' })
    expect(code).toBe(1)
    expect(said).toMatch(/PORT cannot be used: set it to .*whole number/)
    expect(said).not.toMatch(/\n\s+at /)
  })

  it('when the port is taken', async () => {
    const blocker = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve))
    const folder = emptyFolder()
    const { code, said } = await refusedStart({ DATA_DIR: folder, PORT: String(port) })
    blocker.close()
    expect(code).toBe(1)
    expect(said).toContain(`Port ${port} is taken`)
    expect(said).not.toMatch(/\n\s+at /)
    expect(holding(folder)).toEqual([])
  })

  it('when the database cannot be reached, without repeating its password', async () => {
    const url = `postgresql://pass:hunter2@127.0.0.1:${await freePort()}/pass`
    const { code, said } = await refusedStart({
      DATA_DIR: emptyFolder(),
      DATABASE_URL: url,
      PORT: `${await freePort()}`,
    })
    expect(code).toBe(1)
    expect(said).toContain('DATABASE_URL')
    expect(said).not.toContain('hunter2')
  })

  it('when the chain cannot be reached', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { code, said } = await refusedStart({
      DATA_DIR: emptyFolder(),
      CHAIN_RPC_URL: url,
      PORT: `${await freePort()}`,
    })
    expect(code).toBe(1)
    expect(said).toContain('CHAIN_RPC_URL')
  })

  it('when the master key is readable by others', async () => {
    const folder = emptyFolder()
    writeFileSync(join(folder, 'master.key'), Buffer.alloc(32), { mode: 0o644 })
    const { code, said } = await refusedStart({ DATA_DIR: folder, PORT: `${await freePort()}` })
    expect(code).toBe(1)
    expect(said).toMatch(/master\.key.*(chmod|600)/)
  })
})

describe('a city that runs', () => {
  let city: TestCity
  beforeAll(async () => {
    city = await startCity()
  })
  afterAll(() => city?.end())

  it('keeps its secrets to its owner', () => {
    for (const name of ['master.key', 'dev-credentials.json'])
      expect(statSync(join(city.dataDir, name)).mode & 0o777).toBe(0o600)
  })

  it('refuses a second instance on the same data', async () => {
    const { code, said } = await refusedStart({ DATA_DIR: city.dataDir, PORT: String(await freePort()) })
    expect(code).toBe(1)
    expect(said).toContain('Another Incheon Pass is running')
  })

  it('resumes the same chain, database, keys and DIDs in under 15 s after a stop, and after kill -9', async () => {
    const facts = async () => ({
      agencies: (await city.call('operator', '/api/agencies')).body,
      trust: (await city.call('operator', '/api/trust')).body,
      credentials: city.credentials,
      offer: await city.call('officer', `/api/offers/${offer}`),
    })
    const { agency, type, subject } = city.credentials.sample
    const offer = (await city.call('officer', '/api/offers', { agency, type, subject })).body.id
    const before = await facts()

    for (const end of ['stop', 'kill'] as const) {
      await city[end]()
      if (end === 'stop') expect(holding(city.dataDir)).toEqual([])
      const began = performance.now()
      city = await city.restart()
      expect(performance.now() - began).toBeLessThan(15_000)
      expect(await facts()).toEqual(before)
    }
  })

  it('leaves no child process behind on Ctrl-C in a terminal, which signals the whole group', async () => {
    process.kill(city.pid, 'SIGINT')
    await city.stop()
    expect(holding(city.dataDir)).toEqual([])
    expect(
      execFileSync('sh', ['-c', `kill -0 ${city.pid} 2>/dev/null || echo gone`], { encoding: 'utf8' }),
    ).toBe('gone\n')
    city = await city.restart()
  })
})
