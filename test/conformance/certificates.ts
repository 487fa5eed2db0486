import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { importJWK } from 'jose'
import type { Key } from './jose.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 86_400_000

export type Certificate = { der: Buffer; base64: string; subject: string; key: Key }

export type CertificateOptions = {
  name: string
  key: Key
  /** Absent: it signs itself. */
  issuer?: Certificate
  ca?: boolean
  uri?: string
  dns?: string
  notBefore?: Date
  notAfter?: Date
}

/** A certificate as a stranger's authority would make it. */
export async function certificate(options: CertificateOptions): Promise<Certificate> {
  const { name, key, issuer, ca = false, uri, dns } = options
  const subject = `CN=${name}`
  const publicKey = await asCryptoKey(key, 'public')
  const names = [
    ...(uri === undefined ? [] : [{ type: 'url' as const, value: uri }]),
    ...(dns === undefined ? [] : [{ type: 'dns' as const, value: dns }]),
  ]
  const extensions: Extension[] = [
    new BasicConstraintsExtension(ca, undefined, true),
    new KeyUsagesExtension(ca ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(await asCryptoKey(issuer?.key ?? key, 'public')),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ]
  const made = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subject ?? subject,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY),
    notAfter: options.notAfter ?? new Date(Date.now() + DAY),
    signingAlgorithm: ECDSA,
    publicKey,
    signingKey: await asCryptoKey(issuer?.key ?? key, 'private'),
    extensions,
  })
  const der = Buffer.from(made.rawData)
  return { der, base64: der.toString('base64'), subject, key }
}

async function asCryptoKey(key: Key, half: 'public' | 'private'): Promise<CryptoKey> {
  const jwk = half === 'public' ? key.jwk : key.privateKey.export({ format: 'jwk' })
  return (await importJWK({ ...jwk, ext: true }, 'ES256', { extractable: true })) as CryptoKey
}
