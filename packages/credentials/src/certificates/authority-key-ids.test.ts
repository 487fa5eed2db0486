import 'reflect-metadata'
import { AuthorityKeyIdentifierExtension, X509Certificate } from '@peculiar/x509'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  authorityKeyId,
  createCertificate,
  createKey,
  type TestCertificate,
} from '../testing/certificates.ts'
import { authorityKeyIdsOf } from './authority-key-ids.ts'

let root: TestCertificate
let middle: TestCertificate
let leaf: TestCertificate
beforeAll(async () => {
  root = await createCertificate({ key: await createKey(), commonName: 'Root', ca: true })
  middle = await createCertificate({ key: await createKey(), commonName: 'Middle', issuer: root, ca: true })
  leaf = await createCertificate({
    key: await createKey(),
    commonName: 'Leaf',
    issuer: middle,
    sanUri: 'https://pass.example/issuers/residents',
  })
})

describe('the authorities that a chain names', () => {
  it('are those of all its certificates, as the X.509 library reads them', async () => {
    const chain = [leaf.base64, middle.base64]
    const theirs = chain.map((certificate) => {
      const extension = new X509Certificate(certificate).getExtension(AuthorityKeyIdentifierExtension)
      return Buffer.from(extension?.keyId ?? '', 'hex').toString('base64url')
    })
    expect(authorityKeyIdsOf(chain)).toEqual(theirs)
    expect(theirs).toEqual([await authorityKeyId(middle.key), await authorityKeyId(root.key)])
  })

  it('are none for a certificate without the extension, each once for several', () => {
    expect(authorityKeyIdsOf([root.base64])).toEqual([])
    expect(authorityKeyIdsOf([leaf.base64, leaf.base64])).toHaveLength(1)
  })

  it('are not found in bytes that only look like the extension', () => {
    const loose = Buffer.from('0603551d23040b30098007aabbccddeeff00', 'hex')
    expect(authorityKeyIdsOf([loose.toString('base64')])).toEqual([])
  })

  it.each([
    [undefined],
    ['text'],
    [[7]],
    [['']],
    [['!!']],
    [new Array(11).fill('AAAA')],
    [['A'.repeat(20_000)]],
  ])('are none in what is no chain: %j', (x5c) => {
    expect(authorityKeyIdsOf(x5c)).toEqual([])
  })

  it('are read without an error from a certificate cut or changed anywhere', () => {
    const bytes = Buffer.from(leaf.base64, 'base64')
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const spoilt = Buffer.from(cut ? bytes.subarray(0, at) : bytes)
        if (!cut) spoilt[at] = byte
        expect(Array.isArray(authorityKeyIdsOf([spoilt.toString('base64')]))).toBe(true)
      }),
    )
  })
})
