import { computeAddress, verifyMessage } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCity, type TestCity } from '../testing/test-city.ts'

let city: TestCity

beforeAll(async () => {
  city = await startTestCity()
})
afterAll(() => city.stop())

async function newDid(alias: string) {
  const { veramo } = city.agent
  const { did } = await veramo.didManagerCreate({ alias })
  return did
}

describe('did:ethr on the city chain', () => {
  it('resolves a DID that never sent a transaction', async () => {
    const did = await newDid('fresh')
    const { didDocument } = await city.agent.veramo.resolveDid({ didUrl: did })
    expect(didDocument?.verificationMethod?.map(({ id }) => id)).toEqual([
      `${did}#controller`,
      `${did}#controllerKey`,
    ])
  })

  it('leaves alone what claims to be a P-256 key and is no point of the curve', async () => {
    const { veramo } = city.agent
    const did = await newDid('odd')
    const key = { kid: 'odd', kms: 'city', type: 'Secp256r1' as const, publicKeyHex: `02${'ff'.repeat(32)}` }
    await veramo.didManagerAddKey({ did, key, options: { type: 0, gasPrice: 0n } })
    const { didDocument } = await veramo.resolveDid({ didUrl: did })
    expect(didDocument?.verificationMethod).toContainEqual({
      id: `${did}#delegate-1`,
      type: 'Secp256r1',
      controller: did,
      publicKeyHex: key.publicKeyHex,
    })
  })

  it('does not resolve DIDs of other networks', async () => {
    const { didResolutionMetadata } = await city.agent.veramo.resolveDid({
      didUrl: 'did:ethr:0x1:0xf3beac30c498d9e26865f34fcaa57dbb935b0d74',
    })
    expect(didResolutionMetadata.error).toBe('unknownNetwork')
  })
})

describe('Veramo’s stores in the database', () => {
  it('keep identifiers and keys over a restart', async () => {
    const did = await newDid('kept')
    const { veramo } = await city.open()
    const identifier = await veramo.didManagerGetByAlias({ alias: 'kept' })
    expect(identifier).toMatchObject({ did, alias: 'kept', provider: 'did:ethr:0x205a', services: [] })
    expect(identifier.keys).toMatchObject([
      { kid: identifier.controllerKeyId, type: 'Secp256k1', kms: 'city' },
    ])
    expect(await veramo.didManagerFind({ alias: 'kept' })).toEqual([identifier])
    expect(await veramo.didManagerFind({ provider: 'did:ethr:0x1' })).toEqual([])
    const keyRef = identifier.controllerKeyId ?? ''
    const signature = await veramo.keyManagerSign({ keyRef, algorithm: 'eth_signMessage', data: '안녕' })
    const { publicKeyHex } = await veramo.keyManagerGet({ kid: keyRef })
    expect(verifyMessage('안녕', signature)).toBe(computeAddress(`0x${publicKeyHex}`))
  })

  it('forget an identifier and its keys when told to', async () => {
    const { veramo } = city.agent
    const did = await newDid('gone')
    const { controllerKeyId = '' } = await veramo.didManagerGet({ did })
    await veramo.didManagerDelete({ did })
    await expect(veramo.didManagerGet({ did })).rejects.toThrow('not_found')
    await expect(veramo.keyManagerGet({ kid: controllerKeyId })).rejects.toMatchObject({
      code: 'unknown_key',
    })
    expect(await city.db.prisma.encryptedKey.findUnique({ where: { alias: controllerKeyId } })).toBeNull()
  })
})
