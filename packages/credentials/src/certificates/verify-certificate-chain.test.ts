import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  authorityKeyId,
  createCertificate,
  createKey,
  Extension,
  KeyUsageFlags,
  type TestCertificate,
  type TestKey,
} from '../testing/certificates.ts'
import { NOW } from '../testing/city.ts'
import { createCertificateVerifier, verifyCertificateChain } from './verify-certificate-chain.ts'

const URI = 'https://pass.example/issuers/residents'
let key: TestKey
let root: TestCertificate
let leaf: TestCertificate
beforeAll(async () => {
  key = await createKey()
  root = await createCertificate({ key: await createKey(), commonName: 'Root', ca: true })
  leaf = await createCertificate({ key, commonName: 'Residents', issuer: root, sanUri: URI })
})

const verify = (x5c: unknown, now = NOW) => verifyCertificateChain(x5c, { trustedRoots: [root.base64], now })
const untrusted = { code: 'untrusted_certificate' }
const intermediate = async (options: Partial<Parameters<typeof createCertificate>[0]> = {}) =>
  createCertificate({
    key: await createKey(),
    commonName: 'Intermediate',
    issuer: root,
    ca: true,
    ...options,
  })
const under = (issuer: TestCertificate) =>
  createCertificate({ key, commonName: 'Residents', issuer, sanUri: URI })

describe('a chain', () => {
  it('of one certificate tells its key, its names and its hash', async () => {
    expect(await verify([leaf.base64])).toEqual({
      publicJwk: key.publicJwk,
      subject: { commonName: 'Residents', organization: 'Test City' },
      sanUris: [URI],
      sanDns: [],
      sha256: createHash('sha256').update(Buffer.from(leaf.base64, 'base64')).digest('base64url'),
      authorityKeyIds: [await authorityKeyId(root.key)],
      notBefore: Date.parse('2026-01-01T00:00:00Z') / 1000,
      notAfter: Date.parse('2036-01-01T00:00:00Z') / 1000,
    })
  })

  it('through an intermediate is accepted, with or without the root', async () => {
    const ca = await intermediate()
    const end = await under(ca)
    expect((await verify([end.base64, ca.base64])).sanUris).toEqual([URI])
    expect((await verify([end.base64, ca.base64, root.base64])).sanUris).toEqual([URI])
  })

  it('counts only while all of it is valid', async () => {
    const ca = await intermediate({ notAfter: '2026-11-01T00:00:00Z' })
    const end = await under(ca)
    await expect(verify([end.base64, ca.base64])).rejects.toMatchObject(untrusted)
    expect(await verify([end.base64, ca.base64], Date.parse('2026-10-01') / 1000)).toBeDefined()
    await expect(verify([leaf.base64], Date.parse('2025-12-31') / 1000)).rejects.toMatchObject(untrusted)
    await expect(verify([leaf.base64], Date.parse('2036-01-02') / 1000)).rejects.toMatchObject(untrusted)
  })

  it('is checked for its dates each time, also when it is remembered', async () => {
    const certificates = createCertificateVerifier({ trustedRoots: [root.base64] })
    await certificates([leaf.base64], NOW)
    await expect(certificates([leaf.base64], Date.parse('2036-01-02') / 1000)).rejects.toMatchObject(
      untrusted,
    )
  })

  it('with an authority that is none is refused', async () => {
    const ca = await intermediate({ ca: false, usage: KeyUsageFlags.keyCertSign })
    await expect(verify([(await under(ca)).base64, ca.base64])).rejects.toMatchObject(untrusted)
    await expect(verify([(await under(leaf)).base64, leaf.base64])).rejects.toMatchObject(untrusted)
  })

  it('with an authority whose key may not sign certificates is refused', async () => {
    const ca = await intermediate({ usage: KeyUsageFlags.digitalSignature })
    await expect(verify([(await under(ca)).base64, ca.base64])).rejects.toMatchObject(untrusted)
  })

  it('longer than an authority allows is refused', async () => {
    const narrow = await intermediate({ pathLength: 0 })
    const below = await intermediate({ issuer: narrow, commonName: 'Below' })
    const end = await under(below)
    await expect(verify([end.base64, below.base64, narrow.base64])).rejects.toMatchObject(untrusted)
    expect(await verify([(await under(narrow)).base64, narrow.base64])).toBeDefined()
  })

  it('to another root of the same name is refused', async () => {
    const twin = await createCertificate({ key: await createKey(), commonName: 'Root', ca: true })
    const end = await under(twin)
    await expect(verify([end.base64])).rejects.toMatchObject(untrusted)
    await expect(verify([end.base64, twin.base64])).rejects.toMatchObject(untrusted)
  })

  it('with a link left out or out of order is refused', async () => {
    const ca = await intermediate()
    const end = await under(ca)
    await expect(verify([end.base64])).rejects.toMatchObject(untrusted)
    await expect(verify([ca.base64, end.base64])).rejects.toMatchObject(untrusted)
  })

  it('with a critical extension that is not understood is refused', async () => {
    const odd = new Extension('1.2.3.4', true, Uint8Array.of(5, 0))
    const end = await createCertificate({
      key,
      commonName: 'Odd',
      issuer: root,
      sanUri: URI,
      extensions: [odd],
    })
    await expect(verify([end.base64])).rejects.toMatchObject(untrusted)
  })
})

describe('a leaf', () => {
  it('that is an authority itself may not sign', async () => {
    const ca = await intermediate()
    await expect(verify([ca.base64])).rejects.toMatchObject(untrusted)
    await expect(verify([root.base64])).rejects.toMatchObject(untrusted)
  })

  it('whose key may not make signatures is refused', async () => {
    const end = await createCertificate({
      key,
      commonName: 'Agree',
      issuer: root,
      usage: KeyUsageFlags.keyAgreement,
    })
    await expect(verify([end.base64])).rejects.toMatchObject(untrusted)
  })
})

describe('what is no chain', () => {
  it.each([
    [undefined],
    ['text'],
    [[]],
    [['']],
    [['AAAA']],
    [['!!']],
    [[7]],
    [['A'.repeat(10_000)]],
    [new Array(5).fill('AAAA')],
  ])('is refused: %j', async (x5c) => {
    await expect(verify(x5c)).rejects.toMatchObject(untrusted)
  })
})
