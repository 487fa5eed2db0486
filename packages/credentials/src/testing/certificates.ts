import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { PublicJwk, Sign } from '../crypto-port.ts'

export { Extension, KeyUsageFlags }

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export type TestKey = { pair: CryptoKeyPair; publicJwk: PublicJwk; sign: Sign }

export async function createKey(): Promise<TestKey> {
  const pair = await crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return {
    pair,
    publicJwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: async (data) =>
      new Uint8Array(await crypto.subtle.sign(ECDSA, pair.privateKey, Uint8Array.from(data))),
  }
}

/** What a certificate issued by the holder of this key names as its authority, base64url. */
export async function authorityKeyId({ pair }: TestKey): Promise<string> {
  const { keyId = '' } = await AuthorityKeyIdentifierExtension.create(pair.publicKey)
  return Buffer.from(keyId, 'hex').toString('base64url')
}

export type TestCertificate = { certificate: X509Certificate; base64: string; key: TestKey }

export type CertificateOptions = {
  key: TestKey
  commonName: string
  issuer?: TestCertificate
  ca?: boolean
  pathLength?: number
  usage?: number
  sanUri?: string
  sanDns?: string
  notBefore?: string
  notAfter?: string
  extensions?: Extension[]
}

export async function createCertificate(options: CertificateOptions): Promise<TestCertificate> {
  const { key, commonName, issuer, ca = false, pathLength, sanUri, sanDns, extensions = [] } = options
  const usage = options.usage ?? (ca ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature)
  const names = [
    ...(sanUri === undefined ? [] : [{ type: 'url' as const, value: sanUri }]),
    ...(sanDns === undefined ? [] : [{ type: 'dns' as const, value: sanDns }]),
  ]
  const subject = `CN=${commonName}, O=Test City`
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: '01',
      subject,
      issuer: issuer?.certificate.subject ?? subject,
      notBefore: new Date(options.notBefore ?? '2026-01-01T00:00:00Z'),
      notAfter: new Date(options.notAfter ?? '2036-01-01T00:00:00Z'),
      publicKey: key.pair.publicKey,
      signingKey: (issuer?.key ?? key).pair.privateKey,
      signingAlgorithm: ECDSA,
      extensions: [
        new BasicConstraintsExtension(ca, pathLength, true),
        new KeyUsagesExtension(usage, true),
        ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
        ...(issuer ? [await AuthorityKeyIdentifierExtension.create(issuer.key.pair.publicKey)] : []),
        ...extensions,
      ],
    },
    crypto,
  )
  return {
    certificate: new X509Certificate(certificate.rawData),
    base64: certificate.toString('base64'),
    key,
  }
}
