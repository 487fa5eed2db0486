import { createHmac } from 'node:crypto'
import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApi, type TestApi } from '../testing/api.ts'
import { COLUMNS } from './columns.ts'
import { registerRoutes } from './routes.ts'
import { createRegister, type Register } from './service.ts'
import { csv, person, toCp949, toUtf8 } from './testing.ts'

const macOf = (identifier: string) => createHmac('sha256', 'key of the city').update(identifier).digest('hex')

/** The same promises on the embedded database and on a server with several connections. */
describe.each(['PGlite', 'PostgreSQL'])('the register on %s', (kind) => {
  let api: TestApi
  let register: Register
  let key: string
  let other: string
  let stopServer = async () => {}

  beforeAll(async () => {
    const server = kind === 'PostgreSQL' ? await startPostgres() : undefined
    if (server) stopServer = server.stop
    api = await startTestApi({
      ...(server ? { database: { url: server.url } } : {}),
      routes: ({ context, audit }) => {
        register = createRegister(context, { audit, identities: { macOf } })
        return registerRoutes(register)
      },
    })
    key = (await api.apiKeys.create({ name: 'officer', role: 'officer', agencyId: 'residents' })).key
    other = (await api.apiKeys.create({ name: 'other', role: 'officer', agencyId: 'families' })).key
  })
  afterAll(async () => {
    await api.close()
    await stopServer()
  })

  const upload = (file: Uint8Array<ArrayBuffer>, as = key) =>
    api.call('/api/register/imports', {
      method: 'POST',
      body: file,
      key: as,
      headers: { 'content-type': 'text/csv' },
    })
  const apply = (id: string, as = key) => api.call(`/api/register/imports/${id}/apply`, { json: {}, key: as })
  const find = async (registerNo: string) => api.db.prisma.resident.findUnique({ where: { registerNo } })
  const counts = ({ added, changed, unchanged }: Record<string, number>) => [added, changed, unchanged]

  it('loads 300 people once, however often and from however many processes it starts', async () => {
    const loaded = await Promise.all([register.loadSample(), register.loadSample(), register.loadSample()])
    expect(loaded.sort()).toEqual([0, 0, 300])
    expect(await register.loadSample()).toBe(0)
    expect(await api.db.prisma.resident.count()).toBe(300)
  })

  it('pages through a district without missing or repeating anybody', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await api.call(`/api/register/residents?district=28185&limit=7${cursor}`, { key })
      seen.push(...body.items.map(({ registerNo }: { registerNo: string }) => registerNo))
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
    } while (cursor)
    expect(seen.length).toBe(await api.db.prisma.resident.count({ where: { districtCode: '28185' } }))
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('finds by the beginning of a name in either script and of a register number', async () => {
    const search = async (query: string) =>
      (await api.call(`/api/register/residents?query=${encodeURIComponent(query)}`, { key })).body.items
    const [someone] = await search('IC-0000042')
    expect(someone.registerNo).toBe('IC-0000042')
    const named = (item: { id: string }) => item.id === someone.id
    expect((await search(someone.nameKo)).some(named)).toBe(true)
    expect((await search(someone.nameKo.normalize('NFD'))).some(named)).toBe(true)
    expect((await search(someone.nameEn.toLowerCase())).some(named)).toBe(true)
    expect(Object.keys(someone)).not.toContain('attributes')
    const { body } = await api.call(`/api/register/residents/${someone.id}`, { key })
    expect(body).toMatchObject({ ...someone, attributes: expect.any(Object) })
  })

  it.each(["' OR 1=1 --", '%', '_', '\\', '\'; DROP TABLE "Resident"; --'])(
    'finds nobody for %j',
    async (query) => {
      const { status, body } = await api.call(`/api/register/residents?query=${encodeURIComponent(query)}`, {
        key,
      })
      expect([status, body.items]).toEqual([200, []])
    },
  )

  it('is closed to verifiers, operators and strangers', async () => {
    const { key: verifier } = await api.apiKeys.create({ name: 'v', role: 'verifier', verifierId: 'library' })
    const { key: operator } = await api.apiKeys.create({ name: 'p', role: 'operator' })
    for (const as of [verifier, operator])
      expect((await api.call('/api/register/residents', { key: as })).status).toBe(403)
    expect((await api.call('/api/register/residents')).status).toBe(401)
    expect((await upload(toUtf8(csv([person('A-1')])), verifier)).status).toBe(403)
  })

  it('previews a file and changes nothing until told', async () => {
    const { status, body } = await upload(toCp949(csv([person('P-1'), person('P-2')])))
    expect(status).toBe(201)
    expect(body).toMatchObject({ added: 2, changed: 0, unchanged: 0, encoding: 'cp949', errors: [] })
    expect(body.rows[0]).toMatchObject({ registerNo: 'P-1', nameKo: '홍길동', districtCode: '28185' })
    expect(await find('P-1')).toBeNull()
    expect(counts((await apply(body.id)).body)).toEqual([2, 0, 0])
    expect(await find('P-1')).toMatchObject({ nameKo: '홍길동', birthDate: '1990-05-05' })
  })

  it('changes nothing when the same file comes again, in either encoding', async () => {
    const text = csv([person('S-1'), person('S-2')])
    await apply((await upload(toUtf8(text))).body.id)
    const before = await find('S-1')
    for (const file of [toUtf8(text), toCp949(text)]) {
      const { body } = await upload(file)
      expect(counts(body)).toEqual([0, 0, 2])
      expect(counts((await apply(body.id)).body)).toEqual([0, 0, 2])
    }
    expect(await find('S-1')).toEqual(before)
  })

  it('applies a preview once, also when it is told many times at once', async () => {
    const { body } = await upload(toUtf8(csv([person('C-1'), person('C-2')])))
    const answers = await Promise.all(Array.from({ length: 5 }, () => apply(body.id)))
    for (const answer of answers) expect([answer.status, counts(answer.body)]).toEqual([200, [2, 0, 0]])
    const entries = await api.db.prisma.auditEntry.count({
      where: { action: 'register.import', target: body.id },
    })
    expect(entries).toBe(1)
  })

  it('adds nobody twice when the same file is uploaded and applied by two at once', async () => {
    const file = toUtf8(csv(Array.from({ length: 50 }, (_, i) => person(`D-${i}`))))
    const previews = await Promise.all([upload(file), upload(file, other)])
    const applied = await Promise.all([apply(previews[0].body.id), apply(previews[1].body.id, other)])
    expect(applied.map(({ body }) => counts(body)).sort()).toEqual([
      [0, 0, 50],
      [50, 0, 0],
    ])
    expect(await api.db.prisma.resident.count({ where: { registerNo: { startsWith: 'D-' } } })).toBe(50)
  })

  it('changes what differs and keeps what the file does not speak of', async () => {
    const headings = [...COLUMNS.slice(0, 7).map(({ ko }) => ko), '자녀수']
    await apply((await upload(toUtf8(csv([[...person('K-1'), '3']], headings)))).body.id)
    const before = await find('K-1')
    const moved = await upload(toUtf8(csv([person('K-1', { 4: '남동구', 5: '구월1동' })])))
    expect(counts(moved.body)).toEqual([0, 1, 0])
    await apply(moved.body.id)
    expect(await find('K-1')).toMatchObject({
      id: before?.id,
      districtCode: '28200',
      attributes: { children: 3 },
    })
    await apply((await upload(toUtf8(csv([[...person('K-1'), '']], headings)))).body.id)
    expect((await find('K-1'))?.attributes).toEqual({})
  })

  it('applies nothing of a file that has one error', async () => {
    const { body } = await upload(toUtf8(csv([person('E-1'), person('E-2', { 3: 'yesterday' })])))
    expect(body.errors).toEqual([{ row: 3, column: '생년월일', message: expect.any(Object) }])
    expect((await apply(body.id)).body.code).toBe('invalid_file')
    expect(await find('E-1')).toBeNull()
  })

  it('lets nobody apply what somebody else uploaded', async () => {
    const { body } = await upload(toUtf8(csv([person('O-1')])))
    expect((await apply(body.id, other)).status).toBe(404)
    expect((await apply(crypto.randomUUID())).status).toBe(404)
    expect((await apply("1' OR '1'='1")).status).toBe(400)
    expect(await find('O-1')).toBeNull()
  })

  it('keeps a preview for a day and then drops the people in it', async () => {
    const { body } = await upload(toUtf8(csv([person('T-1')])))
    api.advance(24 * 3600 + 60)
    expect((await apply(body.id)).body.code).toBe('expired')
    await register.sweep()
    expect((await api.db.prisma.registerImport.findUnique({ where: { id: body.id } }))?.rows).toBeNull()
    api.advance(-24 * 3600 - 60)
  })

  describe('the identifier at the sign-in provider', () => {
    const headings = [...COLUMNS.slice(0, 7).map(({ ko }) => ko), '간편인증식별값']
    const file = (...rows: [registerNo: string, identifier: string][]) =>
      toUtf8(
        csv(
          rows.map(([registerNo, identifier]) => [...person(registerNo), identifier]),
          headings,
        ),
      )
    const load = async (...rows: [string, string][]) => apply((await upload(file(...rows))).body.id)
    const macs = async (...numbers: string[]) =>
      Promise.all(numbers.map(async (registerNo) => (await find(registerNo))?.identityMac ?? null))

    it('is kept as a MAC, and is nowhere else: no answer, no table, no log', async () => {
      const { body } = await upload(file(['I-1', 'ci-of-somebody']))
      await apply(body.id)
      expect(await macs('I-1')).toEqual([macOf('ci-of-somebody')])
      const shown = await api.call(`/api/register/residents/${(await find('I-1'))?.id}`, { key })
      const imports = await api.db.sql`SELECT "rows"::text FROM "RegisterImport"`
      await upload(file(['I-2', 'ci-that-waits']))
      const waiting = await api.db.sql`SELECT "rows"::text FROM "RegisterImport"`
      const everything = JSON.stringify([body, shown.body, imports, waiting, api.logged])
      expect(everything).not.toMatch(/ci-of-somebody|ci-that-waits/)
      expect(JSON.stringify([body, shown.body])).not.toContain(macOf('ci-of-somebody'))
    })

    it('changes, goes with an empty cell, and stays where a file does not speak of it', async () => {
      await load(['J-1', 'first'])
      expect(counts((await load(['J-1', 'first'])).body)).toEqual([0, 0, 1])
      expect(counts((await load(['J-1', 'second'])).body)).toEqual([0, 1, 0])
      await apply((await upload(toUtf8(csv([person('J-1')])))).body.id)
      expect(await macs('J-1')).toEqual([macOf('second')])
      expect(counts((await load(['J-1', ''])).body)).toEqual([0, 1, 0])
      expect(counts((await load(['J-1', ''])).body)).toEqual([0, 0, 1])
      expect(await macs('J-1')).toEqual([null])
    })

    it('is refused when it is another resident’s, naming the row and whose it is', async () => {
      await load(['L-1', 'taken'])
      const { body } = await upload(file(['L-2', 'free'], ['L-3', 'taken']))
      expect(body.errors).toMatchObject([
        { row: 3, column: '간편인증식별값', message: { ko: expect.stringContaining('L-1') } },
      ])
      expect((await apply(body.id)).body.code).toBe('invalid_file')
      expect(await find('L-2')).toBeNull()
    })

    it('is refused at last when it became another resident’s after the preview', async () => {
      const previews = [await upload(file(['M-1', 'raced'])), await upload(file(['M-2', 'raced']))]
      const applied = await Promise.all(previews.map(({ body }) => apply(body.id)))
      expect(applied.map(({ status }) => status).sort()).toEqual([200, 400])
      expect((await macs('M-1', 'M-2')).filter(Boolean)).toEqual([macOf('raced')])
    })

    it('passes from one to another, and two change theirs, within one file', async () => {
      await load(['N-1', 'one'], ['N-2', 'two'], ['N-3', 'three'])
      expect(counts((await load(['N-1', 'two'], ['N-2', 'one'])).body)).toEqual([0, 2, 0])
      expect(await macs('N-1', 'N-2')).toEqual([macOf('two'), macOf('one')])
      expect(counts((await load(['N-3', ''], ['N-4', 'three'])).body)).toEqual([1, 1, 0])
      expect(await macs('N-3', 'N-4')).toEqual([null, macOf('three')])
    })
  })

  it('refuses a file beyond ten megabytes', async () => {
    const { status, body } = await upload(new Uint8Array(10_000_001).fill(0x61))
    expect([status, body.code]).toEqual([413, 'too_large'])
  })

  it('writes down who looked and who imported, and no name', async () => {
    const entries = await api.db.prisma.auditEntry.findMany()
    const actions = new Set(entries.map(({ action }) => action))
    for (const action of ['register.search', 'register.read', 'register.preview', 'register.import'])
      expect(actions).toContain(action)
    expect(
      JSON.stringify(entries, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toMatch(/홍길동|P-1/)
  })
})
