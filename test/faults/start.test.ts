import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, freePort, spawnStart, startCity, type TestCity } from '../city.ts'
import { offerSample, openHeadlessHolder, untilAnchored } from '../headless.ts'

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

  it('starts its embedded chain again when that is killed, and goes on anchoring', async () => {
    const pid = Number(readFileSync(join(city.dataDir, 'chain', 'state.json.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    const holder = openHeadlessHolder(city)
    const { offerUri, txCode } = await offerSample(city)
    await holder.receive(await holder.readOffer(offerUri), { txCode })
    await untilAnchored(city, holder)
    expect((await city.call('operator', '/readyz')).body).toMatchObject({ ready: true, chain: 'up' })
  })

  it.each([
    {
      damage: 'CHAIN_ID is another one',
      env: { CHAIN_ID: '9999' },
      sentence: /CHAIN_ID is 9999, but .* set CHAIN_ID=8282/,
    },
    {
      damage: 'MASTER_KEY is another one',
      env: { MASTER_KEY: Buffer.alloc(32, 9).toString('base64') },
      sentence: /put back the MASTER_KEY/,
    },
    { damage: 'the master key is gone', file: 'master.key', sentence: /master\.key is missing/ },
    {
      damage: 'the manifest is damaged',
      file: 'chain/deployment-8282.json',
      text: '{"x',
      sentence: /deployment-8282\.json is damaged: put/,
    },
    {
      damage: 'the database is damaged',
      file: 'database/PG_VERSION',
      text: 'x',
      sentence: /database cannot be opened .* put a backup/,
    },
  ])(
    'refuses what it stored when $damage, and starts again once that is mended',
    async ({ env = {}, file, text, sentence }) => {
      await city.stop()
      const path = file ? join(city.dataDir, file) : undefined
      const good = path ? readFileSync(path) : undefined
      if (path) {
        rmSync(path)
        if (text !== undefined) writeFileSync(path, text)
      }
      const { code, said } = await refusedStart({
        DATA_DIR: city.dataDir,
        PORT: `${await freePort()}`,
        ...env,
      })
      expect(code).toBe(1)
      expect(said).toMatch(sentence)
      expect(said).not.toMatch(/\n\s+at /)
      expect(holding(city.dataDir)).toEqual([])
      if (path && good) writeFileSync(path, good, { mode: 0o600 })
      city = await city.restart()
    },
  )
})
