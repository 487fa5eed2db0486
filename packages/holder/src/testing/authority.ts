import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { PublicJwk } from '../types.ts'

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A key with the city's certificate for it. */
export type Certified = {
  x5c: string[]
  publicJwk: PublicJwk
  sign: (data: Uint8Array) => Promise<Uint8Array>
}

export type TestAuthority = {
  root: string
  certify(name: string, sanUri: string, validity?: { notBefore: Date; notAfter: Date }): Promise<Certified>
}

/** A certificate that its own key vouches for. */
export async function selfSigned(name: string): Promise<Certified> {
  const keys = await crypto.subtle.generateKey(EC, false, ['sign', 'verify'])
  const validity = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') }
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: EC,
    ...validity,
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)],
  })
  return certified([certificate.toString('base64')], keys)
}

async function certified(x5c: string[], keys: CryptoKeyPair): Promise<Certified> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', keys.publicKey)
  return {
    x5c,
    publicJwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(EC, keys.privateKey, new Uint8Array(data))),
  }
}

/** A certificate authority made for one test. */
export async function createTestAuthority(name = 'Test City Root'): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(EC, false, ['sign', 'verify'])
  const validity = { notBefore: new Date('2026-01-01'), notAfter: new Date('2036-01-01') }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: EC,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return {
    root: root.toString('base64'),
    async certify(commonName, sanUri, within = validity) {
      const pair = await crypto.subtle.generateKey(EC, false, ['sign', 'verify'])
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: root.subject,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: EC,
        ...within,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
          new x509.SubjectAlternativeNameExtension([
            { type: 'url', value: sanUri },
            { type: 'dns', value: new URL(sanUri).hostname },
          ]),
        ],
      })
      return certified([leaf.toString('base64')], pair)
    },
  }
}
