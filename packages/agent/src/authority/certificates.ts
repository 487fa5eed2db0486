import { webcrypto } from 'node:crypto'
import type { CertificateRequest, PublicJwk, Sign } from '../types.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from './x509.ts'

const DAY = 24 * 60 * 60 * 1000
/** Clocks of wallets and verifiers may be a little behind ours. */
const BACKDATE = 5 * 60 * 1000

type Subject = { commonName: string; organization: string }

/** What a leaf says; how long it says so is decided apart from it. */
export type LeafSubject = Omit<CertificateRequest, 'days'>

type Issuance = {
  publicJwk: PublicJwk
  subject: Subject
  now: Date
  days: number
  random: (length: number) => Uint8Array
}

/** A self-signed root that may certify end entities and no further authorities (RFC 5280, section 4.2.1.9). */
export async function createRoot(issuance: Issuance & { sign: Sign }): Promise<X509Certificate> {
  const publicKey = await importPublic(issuance.publicJwk)
  return generate(issuance, publicKey, nameOf(issuance.subject), issuance.sign, [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ])
}

/** A certificate for signatures alone, bound to the address that the subject is known by. */
export async function createLeaf(
  issuance: Issuance & Pick<CertificateRequest, 'sanUri' | 'sanDns'> & { root: X509Certificate; sign: Sign },
): Promise<X509Certificate> {
  const publicKey = await importPublic(issuance.publicJwk)
  const { sanUri, sanDns } = issuance
  return generate(issuance, publicKey, issuance.root.subjectName, issuance.sign, [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new SubjectAlternativeNameExtension([
      { type: 'url', value: sanUri },
      ...(sanDns === undefined ? [] : [{ type: 'dns', value: sanDns } as const]),
    ]),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(issuance.root.publicKey),
  ])
}

async function generate(
  { subject, now, days, random }: Issuance,
  publicKey: CryptoKey,
  issuer: Name,
  sign: Sign,
  extensions: Extension[],
): Promise<X509Certificate> {
  return X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(random),
      subject: nameOf(subject),
      issuer,
      notBefore: new Date(now.getTime() - BACKDATE),
      notAfter: new Date(now.getTime() + days * DAY),
      publicKey,
      // Only its algorithm is read: the signature is made by `sign`, where the key is kept.
      signingKey: { algorithm: { name: 'ECDSA', namedCurve: 'P-256' } } as unknown as CryptoKey,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions,
    },
    signingCrypto(sign),
  )
}

/** WebCrypto for the generator, whose `sign` asks the key management system. */
function signingCrypto(sign: Sign): Crypto {
  const subtle = {
    sign: async (_algorithm: unknown, _key: unknown, data: ArrayBuffer) =>
      Uint8Array.from(await sign(new Uint8Array(data))).buffer,
    exportKey: webcrypto.subtle.exportKey.bind(webcrypto.subtle),
    digest: webcrypto.subtle.digest.bind(webcrypto.subtle),
  }
  return { subtle, getRandomValues: webcrypto.getRandomValues.bind(webcrypto) } as unknown as Crypto
}

function importPublic(jwk: PublicJwk): Promise<CryptoKey> {
  const { kty, crv, x, y } = jwk
  return webcrypto.subtle.importKey('jwk', { kty, crv, x, y }, { name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'verify',
  ]) as Promise<CryptoKey>
}

const nameOf = ({ commonName, organization }: Subject) =>
  new Name([{ CN: [{ utf8String: commonName }] }, { O: [{ utf8String: organization }] }])

/** Positive, at most 20 octets, at least 64 random bits (RFC 5280, section 4.1.2.2). */
function serialNumber(random: (length: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}
