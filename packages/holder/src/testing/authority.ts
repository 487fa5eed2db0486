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
  certify(name: string, sanUri: string): Promise<Certified>
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
    async certify(commonName, sanUri) {
      const pair = await crypto.subtle.generateKey(EC, false, ['sign', 'verify'])
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: root.subject,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: EC,
        ...validity,
        extensions: [
          new x509.BasicConstraintsExtension(false),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.SubjectAlternativeNameExtension([
            { type: 'url', value: sanUri },
            { type: 'dns', value: new URL(sanUri).hostname },
          ]),
        ],
      })
      const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
      return {
        x5c: [leaf.toString('base64')],
        publicJwk: { kty: 'EC', crv: 'P-256', x, y },
        sign: async (data) =>
          new Uint8Array(await crypto.subtle.sign(EC, pair.privateKey, new Uint8Array(data))),
      }
    },
  }
}
