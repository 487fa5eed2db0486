import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, createPublicKey, X509Certificate as NodeCertificate } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createCertificateVerifier,
  verifyCertificateChain,
  verifyVerifierRegistration,
} from '@pass/credentials'
import { type Database, openDatabase } from '@pass/database'
import { exportJWK, generateKeyPair, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openVaultAndKms } from '../keys/vault.ts'
import type { PublicJwk } from '../types.ts'
import { createVerifiers } from '../verifiers/verifiers.ts'
import { createWalletProviderKeys } from '../wallet-provider/wallet-provider.ts'
import { openAuthority, x509HashOf } from './authority.ts'

const masterKey = new Uint8Array(32).fill(7)
const city = { name: { ko: '인천광역시', en: 'Incheon Metropolitan City' }, url: 'https://pass.incheon.test' }
const start = new Date('2026-11-21T03:00:00Z')
const days = (count: number) => new Date(start.getTime() + count * 86_400_000)
/** A witness of its own, where there is one. */
const OPENSSL = 'openssl'
const hasOpenssl = spawnSync(OPENSSL, ['version']).status === 0
let db: Database

beforeAll(async () => {
  db = await openDatabase({ memory: true })
})
afterAll(() => db.close())

async function open(now = start) {
  const { vault, kms } = await openVaultAndKms({ db, masterKey })
  const random = (length: number) => new Uint8Array(length).fill(0xff)
  const authority = await openAuthority({ db, vault, kms, city, clock: () => now, random })
  return {
    authority,
    verifiers: createVerifiers({ db, kms, authority }),
    walletProvider: createWalletProviderKeys({ db, kms, authority, city }),
  }
}

async function newJwk(): Promise<PublicJwk> {
  const { publicKey } = await generateKeyPair('ES256', { extractable: true })
  return (await exportJWK(publicKey)) as PublicJwk
}

const pemOf = (base64: string) =>
  `-----BEGIN CERTIFICATE-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END CERTIFICATE-----\n`

describe('the certificate authority', () => {
  it('keeps its root over a restart', async () => {
    const first = (await open()).authority.rootCertificate
    expect((await open(days(30))).authority.rootCertificate).toBe(first)
    const root = new NodeCertificate(Buffer.from(first, 'base64'))
    expect(root.ca).toBe(true)
    expect(root.verify(root.publicKey)).toBe(true)
    expect(root.subject).toBe('CN=Incheon Metropolitan City Root CA\nO=인천광역시')
  })

  it('certifies an agency: name, address, key, signatures alone; the chain leaves out the root', async () => {
    const { authority } = await open()
    const publicJwk = await newJwk()
    const sanUri = 'https://pass.incheon.test/issuers/residents'
    const subject = { commonName: '인천광역시 시민증 발급센터', organization: 'Incheon Resident Office' }
    const x5c = await authority.issueCertificate({ publicJwk, ...subject, sanUri, days: 1095 })
    expect(x5c).toHaveLength(1)
    const leaf = new NodeCertificate(Buffer.from(x5c[0]!, 'base64'))
    const root = new NodeCertificate(Buffer.from(authority.rootCertificate, 'base64'))
    expect(leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.checkIssued(root)).toBe(true)
    expect(leaf.ca).toBe(false)
    expect(leaf.subjectAltName).toBe(`URI:${sanUri}`)
    expect(leaf.publicKey.equals(createPublicKey({ key: publicJwk, format: 'jwk' }))).toBe(true)
    const now = start.getTime() / 1000
    const verified = await verifyCertificateChain(x5c, { trustedRoots: [authority.rootCertificate], now })
    expect(verified).toMatchObject({ publicJwk, subject, sanUris: [sanUri], sha256: x509HashOf(x5c[0]!) })
  })

  it.runIf(hasOpenssl)('makes certificates that OpenSSL accepts under its strict rules', async () => {
    const { authority } = await open()
    const sanUri = 'https://pass.incheon.test/issuers/veterans'
    const x5c = await authority.issueCertificate({
      publicJwk: await newJwk(),
      commonName: '보훈',
      organization: 'V',
      sanUri,
      days: 30,
    })
    const folder = mkdtempSync(join(tmpdir(), 'pass-ca-'))
    writeFileSync(join(folder, 'root.pem'), pemOf(authority.rootCertificate))
    writeFileSync(join(folder, 'leaf.pem'), pemOf(x5c[0]!))
    const time = String(start.getTime() / 1000)
    const args = ['verify', '-x509_strict', '-attime', time, '-CAfile', 'root.pem', 'leaf.pem']
    expect(execFileSync(OPENSSL, args, { cwd: folder }).toString().trim()).toBe('leaf.pem: OK')
  })

  it('gives nobody else a certificate in its own name', async () => {
    const { authority, verifiers } = await open()
    const request = {
      publicJwk: await newJwk(),
      commonName: 'x',
      organization: 'x',
      sanUri: city.url,
      days: 30,
    }
    await expect(authority.issueCertificate(request)).rejects.toMatchObject({ code: 'reserved_name' })
    const definition = { id: 'thief', name: { ko: '도둑', en: 'Thief' }, url: city.url }
    await expect(verifiers.ensure(definition)).rejects.toMatchObject({ code: 'reserved_name' })
  })
})

describe('verifiers', () => {
  const library = {
    id: 'library',
    name: { ko: '연수도서관', en: 'Yeonsu Library' },
    url: `${city.url}/verifiers/library`,
  }

  it('keep key and certificate, until it nears its end or the address changes; the key stays', async () => {
    const first = await (await open()).verifiers.ensure(library)
    expect(await (await open(days(300))).verifiers.ensure(library)).toEqual(first)
    const later = await (await open(days(900))).verifiers.ensure(library)
    expect(later.publicJwk).toEqual(first.publicJwk)
    expect(later.x5c).not.toEqual(first.x5c)
    const moved = await (await open(days(901))).verifiers.ensure({ ...library, url: 'https://other.test/v' })
    expect(moved.publicJwk).toEqual(first.publicJwk)
    expect(new NodeCertificate(Buffer.from(moved.x5c[0]!, 'base64')).subjectAltName).toBe(
      'URI:https://other.test/v, DNS:other.test',
    )
    expect(moved.x509Hash).toBe(
      createHash('sha256').update(Buffer.from(moved.x5c[0]!, 'base64')).digest('base64url'),
    )
    expect(await (await open()).verifiers.get('library')).toEqual(moved)
    await expect((await open()).verifiers.get('nobody')).rejects.toMatchObject({ code: 'unknown_verifier' })
  })

  it('have their purpose registered under the authority’s name, which wallets verify', async () => {
    const { authority, verifiers } = await open()
    const { x509Hash } = await verifiers.ensure(library)
    const purpose = { ko: '19세 이상 확인', en: 'Check for 19 or over' }
    const credentials = [
      { vct: `${city.url}/credential-types/resident`, claims: [['age_equal_or_over', '19']] },
    ]
    const jwt = await authority.signRegistration({
      verifier: x509Hash,
      purpose,
      credentials,
      validSeconds: 3600,
    })
    const certificates = createCertificateVerifier({ trustedRoots: [authority.rootCertificate] })
    const now = start.getTime() / 1000
    const expected = { verifierX509Hash: x509Hash, authority: authority.identifier, now, certificates }
    expect(await verifyVerifierRegistration(jwt, expected)).toMatchObject({
      purpose,
      credentials,
      exp: now + 3600,
    })
    const { x5c } = await authority.signingKey()
    const { protectedHeader } = await jwtVerify(jwt, await importX509(pemOf(x5c[0]!), 'ES256'), {
      currentDate: start,
    })
    expect(protectedHeader.x5c).toEqual(x5c)
    expect((await (await open(days(10))).authority.signingKey()).x5c).toEqual(x5c)
  })
})

describe('the wallet provider', () => {
  it('keeps its key and certificate over a restart, under its own name and not the authority’s', async () => {
    const first = await (await open()).walletProvider.signingKey()
    const { walletProvider, authority } = await open(days(30))
    expect(await walletProvider.signingKey()).toEqual(first)
    const trustedRoots = [authority.rootCertificate]
    const { sanUris, publicJwk } = await verifyCertificateChain(first.x5c, {
      trustedRoots,
      now: days(30).getTime() / 1000,
    })
    expect([sanUris, publicJwk]).toEqual([[`${city.url}/wallet-provider`], first.publicJwk])
    expect(walletProvider.identifier).toBe(`${city.url}/wallet-provider`)
    expect(first.publicJwk).not.toEqual((await authority.signingKey()).publicJwk)
  })

  it('gets another certificate before the old one runs out, for the same key', async () => {
    const before = await (await open()).walletProvider.signingKey()
    const after = await (await open(days(2 * 365))).walletProvider.signingKey()
    expect(after.publicJwk).toEqual(before.publicJwk)
    expect(after.x5c).not.toEqual(before.x5c)
  })
})
