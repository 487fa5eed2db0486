import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCity, type TestCity } from '../testing/test-city.ts'
import type { AgencyDefinition } from '../types.ts'

let city: TestCity

beforeAll(async () => {
  city = await startTestCity()
})
afterAll(() => city.stop())

function definition(id: string, changes: Partial<AgencyDefinition> = {}): AgencyDefinition {
  const name = { ko: `${id} 발급센터`, en: `Office ${id}` }
  return { id, name, types: ['resident'], issuerUrl: `${city.url}/issuers/${id}`, ...changes }
}

const didOf = async (id: string) => (await city.db.prisma.agency.findUniqueOrThrow({ where: { id } })).did
const sanOf = (x5c: string[]) => new X509Certificate(Buffer.from(x5c[0]!, 'base64')).subjectAltName

async function publishedKeys(did: string) {
  const { didDocument } = await city.agent.veramo.resolveDid({ didUrl: did })
  return (
    didDocument?.verificationMethod?.flatMap(({ id, publicKeyJwk }) =>
      publicKeyJwk ? [{ id, ...publicKeyJwk }] : [],
    ) ?? []
  )
}

async function accredited(
  id: string,
  keyHash: string,
  type = 'resident',
  secondsFromNow = 0,
): Promise<boolean> {
  const at = (await city.blockTime()) + secondsFromNow
  return city.chain.issuers.wasAccredited(await didOf(id), keyHash as `0x${string}`, type, at)
}

describe('ensuring an agency', () => {
  it('gives it a DID, a published key, a certificate for the same key, and its accreditation', async () => {
    const key = await city.agent.agencies.ensure(definition('residents'))
    const did = await didOf('residents')
    expect(did).toMatch(/^did:ethr:0x205a:0x0[23][0-9a-f]{64}$/)
    expect(await publishedKeys(did)).toEqual([{ id: key.didUrl, ...key.publicJwk }])
    expect(sanOf(key.x5c)).toBe(`URI:${city.url}/issuers/residents`)
    const leaf = new X509Certificate(Buffer.from(key.x5c[0]!, 'base64'))
    expect(leaf.publicKey.export({ format: 'jwk' })).toMatchObject(key.publicJwk)
    expect(leaf.subject).toContain('CN=residents 발급센터')
    expect(await accredited('residents', key.keyHash)).toBe(true)
    expect(await accredited('residents', key.keyHash, 'veteran')).toBe(false)
    expect(await city.agent.agencies.activeKey('residents')).toEqual(key)
    expect(await city.agent.agencies.keyById(key.id)).toEqual(key)
  })

  it('changes nothing the second time, on the chain or in the database', async () => {
    const first = await city.agent.agencies.ensure(definition('again'))
    const block = await city.blockNumber()
    expect(await city.agent.agencies.ensure(definition('again'))).toEqual(first)
    expect(await (await city.open()).agencies.ensure(definition('again'))).toEqual(first)
    expect(await city.blockNumber()).toBe(block)
  })

  it('puts back what a chain restored from before has lost, with the same DID, key and certificate', async () => {
    const snapshot = await city.snapshot()
    const key = await city.agent.agencies.ensure(definition('lost'))
    await city.revert(snapshot)
    expect(await accredited('lost', key.keyHash)).toBe(false)
    expect(await city.agent.agencies.ensure(definition('lost'))).toEqual(key)
    expect(await accredited('lost', key.keyHash)).toBe(true)
    expect(await publishedKeys(await didOf('lost'))).toHaveLength(1)
  })

  it('finishes what a crash after any of its transactions left undone', async () => {
    for (let sent = 0; sent < 4; sent += 1) {
      const wanted = definition(`cut-${sent}`, { types: ['resident'] })
      await city.cutAfter(sent, () => expect(city.agent.agencies.ensure(wanted)).rejects.toThrow())
      const key = await (await city.open()).agencies.ensure(wanted)
      expect(await accredited(wanted.id, key.keyHash)).toBe(true)
      expect(await publishedKeys(await didOf(wanted.id))).toHaveLength(1)
      expect(await city.db.prisma.signingKey.count({ where: { agencyId: wanted.id } })).toBe(1)
    }
  })

  it('certifies the same key anew when the public address changed', async () => {
    const first = await city.agent.agencies.ensure(definition('moved'))
    const moved = await city.agent.agencies.ensure(
      definition('moved', { issuerUrl: 'https://pass.example/issuers/moved' }),
    )
    expect(sanOf(moved.x5c)).toBe('URI:https://pass.example/issuers/moved')
    expect({ ...moved, x5c: first.x5c }).toEqual(first)
    expect((await city.agent.agencies.activeKey('moved')).x5c).toEqual(moved.x5c)
  })

  it('accredits for new types and ends what the configuration no longer names', async () => {
    const key = await city.agent.agencies.ensure(definition('types', { types: ['resident', 'veteran'] }))
    await city.agent.agencies.ensure(definition('types', { types: ['veteran', 'pupil'] }))
    expect(await accredited('types', key.keyHash, 'pupil')).toBe(true)
    expect(await accredited('types', key.keyHash, 'veteran')).toBe(true)
    expect(await accredited('types', key.keyHash, 'resident')).toBe(false)
    await city.mine()
    await city.agent.agencies.ensure(definition('types', { types: ['resident'] }))
    expect(await accredited('types', key.keyHash, 'resident')).toBe(true)
  })

  it('takes turns: two at once make one DID and one key', async () => {
    const both = await Promise.all([1, 2].map(() => city.agent.agencies.ensure(definition('twice'))))
    expect(both[0]).toEqual(both[1])
    expect(await city.db.prisma.signingKey.count({ where: { agencyId: 'twice' } })).toBe(1)
  })
})

describe('rotating a key', () => {
  it('signs with the new key at once, and lets the old one count until its signatures are anchored', async () => {
    const old = await city.agent.agencies.ensure(definition('rotated'))
    const made = await city.agent.agencies.rotateKey('rotated', { overlapSeconds: 300 })
    expect(made.keyHash).not.toBe(old.keyHash)
    expect(sanOf(made.x5c)).toBe(sanOf(old.x5c))
    expect(await city.agent.agencies.activeKey('rotated')).toEqual(made)
    expect(await accredited('rotated', made.keyHash)).toBe(true)
    expect(await accredited('rotated', old.keyHash, 'resident', 200)).toBe(true)
    expect(await accredited('rotated', old.keyHash, 'resident', 400)).toBe(false)
    expect((await city.agent.agencies.keyById(old.id))?.validUntil).toBeInstanceOf(Date)
    expect(await publishedKeys(await didOf('rotated'))).toHaveLength(2)
    expect(await city.agent.agencies.ensure(definition('rotated'))).toEqual(made)
  })

  it('ends a leaked key at once and takes it out of the DID document; what it signed before goes on counting', async () => {
    const old = await city.agent.agencies.ensure(definition('leaked'))
    await city.mine()
    const before = await city.blockTime()
    await city.mine(3)
    const made = await city.agent.agencies.rotateKey('leaked', { leaked: true })
    expect(await accredited('leaked', old.keyHash)).toBe(false)
    const did = await didOf('leaked')
    expect(await city.chain.issuers.wasAccredited(did, old.keyHash, 'resident', before)).toBe(true)
    expect(await publishedKeys(did)).toEqual([{ id: made.didUrl, ...made.publicJwk }])
    await city.agent.agencies.ensure(definition('leaked'))
    expect(await publishedKeys(did)).toHaveLength(1)
  })

  it('is put back whole on a chain restored from before, ended keys too, so that all is anchored again', async () => {
    const snapshot = await city.snapshot()
    const old = await city.agent.agencies.ensure(definition('restored'))
    const made = await city.agent.agencies.rotateKey('restored', { overlapSeconds: 0 })
    const before = await publishedKeys(await didOf('restored'))
    await city.mine()
    expect(await accredited('restored', old.keyHash)).toBe(false)
    await city.revert(snapshot)
    expect(await city.agent.agencies.ensure(definition('restored'))).toEqual(made)
    expect(await publishedKeys(await didOf('restored'))).toEqual(before)
    expect(await accredited('restored', old.keyHash)).toBe(true)
    expect(await accredited('restored', old.keyHash, 'resident', 86_400)).toBe(false)
    expect(await accredited('restored', made.keyHash, 'resident', 86_400)).toBe(true)
  })

  it('after a leak also ends what a planned rotation still let count, whatever crash comes between', async () => {
    const old = await city.agent.agencies.ensure(definition('worse'))
    const next = await city.agent.agencies.rotateKey('worse', { overlapSeconds: 3600 })
    await city.mine()
    await city.cutAfter(1, () =>
      expect(city.agent.agencies.rotateKey('worse', { leaked: true })).rejects.toThrow(),
    )
    await expect(city.agent.agencies.activeKey('worse')).rejects.toMatchObject({ code: 'unknown_agency' })
    const made = await (await city.open()).agencies.ensure(definition('worse'))
    for (const { keyHash } of [old, next])
      expect(await accredited('worse', keyHash, 'resident', 1)).toBe(false)
    expect(await publishedKeys(await didOf('worse'))).toEqual([{ id: made.didUrl, ...made.publicJwk }])
  })

  it('is finished by the next start when a crash cut it short', async () => {
    const old = await city.agent.agencies.ensure(definition('half'))
    await city.cutAfter(2, () => expect(city.agent.agencies.rotateKey('half')).rejects.toThrow())
    const agent = await city.open()
    const now = await agent.agencies.ensure(definition('half'))
    expect(now.id).not.toBe(old.id)
    expect((await agent.agencies.keyById(old.id))?.validUntil).toBeInstanceOf(Date)
    expect(await accredited('half', old.keyHash, 'resident', 86_400)).toBe(false)
    expect(await agent.agencies.activeKey('half')).toEqual(now)
  })
})

describe('suspending an agency', () => {
  it('stops it on the chain until it is reinstated, also over a restart', async () => {
    const key = await city.agent.agencies.ensure(definition('suspended'))
    await city.mine()
    const before = await city.blockTime()
    await city.mine(3)
    await city.agent.agencies.suspend('suspended')
    expect(await accredited('suspended', key.keyHash)).toBe(false)
    await city.agent.agencies.ensure(definition('suspended'))
    expect(await accredited('suspended', key.keyHash)).toBe(false)
    const did = await didOf('suspended')
    expect(await city.chain.issuers.wasAccredited(did, key.keyHash, 'resident', before)).toBe(true)
    await city.agent.agencies.reinstate('suspended')
    expect(await accredited('suspended', key.keyHash)).toBe(true)
    expect(await city.agent.agencies.ensure(definition('suspended'))).toEqual(key)
  })

  it('and a chain that is down, keep no other agency from signing', async () => {
    const key = await city.agent.agencies.ensure(definition('steady'))
    const agent = await city.open({ rpcUrl: 'http://127.0.0.1:9' })
    expect(await agent.agencies.activeKey('steady')).toEqual(key)
    expect(await agent.signer(key.keyRef)(new Uint8Array(1))).toHaveLength(64)
    await expect(agent.agencies.ensure(definition('steady'))).rejects.toThrow()
  })

  it('knows no agency that was never ensured', async () => {
    const { agencies } = city.agent
    for (const act of [agencies.suspend, agencies.reinstate, agencies.rotateKey, agencies.activeKey]) {
      await expect(act('nobody')).rejects.toMatchObject({ code: 'unknown_agency' })
    }
    expect(await agencies.keyById('00000000-0000-4000-8000-000000000000')).toBeUndefined()
  })
})
