import { type Database, openDatabase } from '@pass/database'
import { startPostgres } from '@pass/database/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCity, type TestCity } from '../testing/test-city.ts'

let server: Awaited<ReturnType<typeof startPostgres>>
let city: TestCity
let second: Database

beforeAll(async () => {
  server = await startPostgres()
  city = await startTestCity({ url: server.url })
  second = await openDatabase({ url: server.url })
})
afterAll(async () => {
  await second.close()
  await city.stop()
  await server.stop()
})

describe('several processes on one server database', () => {
  it('start at once and agree on root, keys, DID and certificate, with nothing on the chain twice', async () => {
    const agents = await Promise.all([city.open(), city.open({ db: second })])
    const [first, other] = agents
    expect(first?.authority.rootCertificate).toBe(other?.authority.rootCertificate)
    const name = { ko: '시민증 발급센터', en: 'Resident Office' }
    const wanted = { id: 'residents', name, types: ['resident'], issuerUrl: `${city.url}/issuers/residents` }
    const keys = await Promise.all(agents.map(({ agencies }) => agencies.ensure(wanted)))
    expect(keys[0]).toEqual(keys[1])
    expect(await city.db.prisma.signingKey.count()).toBe(1)
    const { did } = await city.db.prisma.agency.findUniqueOrThrow({ where: { id: 'residents' } })
    const record = await city.chain.issuers.read(did)
    expect(record?.keys).toMatchObject([{ keyHash: keys[0]?.keyHash, until: null }])
    expect(record?.types).toHaveLength(1)
  })

  it('rotate one after the other, and each soon signs with the newest key', async () => {
    const agents = await Promise.all([city.open(), city.open({ db: second })])
    const made = await Promise.all(agents.map(({ agencies }) => agencies.rotateKey('residents')))
    expect(made[0]?.id).not.toBe(made[1]?.id)
    city.clock.forward(3)
    const active = await Promise.all(agents.map(({ agencies }) => agencies.activeKey('residents')))
    expect(active[0]).toEqual(active[1])
    expect(made).toContainEqual(active[0])
    expect(await city.db.prisma.signingKey.count({ where: { validUntil: null } })).toBe(1)
  })
})
