// Loaded on demand: X.509 is the heaviest part of this package, and a wallet opens without it.
import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '@peculiar/x509'
import type { PublicJwk } from '../crypto-port.ts'
import { CredentialError } from '../error.ts'
import type { VerifiedCertificate } from './certificate.ts'

/** Extensions whose meaning is applied here; any other that is critical has to be refused (RFC 5280 section 4.2). */
const UNDERSTOOD = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.37'])

/**
 * Verifies a chain of DER certificates, leaf first, up to one of the roots. The time is left to the caller, who gets
 * the window in which all of the chain is valid. Throws `untrusted_certificate`.
 */
export async function buildVerifiedCertificate(
  chainDer: readonly Uint8Array<ArrayBuffer>[],
  rootsDer: readonly Uint8Array<ArrayBuffer>[],
): Promise<Omit<VerifiedCertificate, 'sha256' | 'authorityKeyIds'>> {
  const roots = rootsDer.map(read)
  const given = chainDer.map(read)
  const [leaf] = given
  if (!leaf) throw untrusted('There is no certificate.')
  // HAIP leaves the trust anchor out of x5c; other makers include it.
  const chain =
    given.length > 1 && roots.some((root) => same(root, given.at(-1))) ? given.slice(0, -1) : given
  const top = chain.at(-1) ?? leaf
  const root = await findIssuer(top, roots)
  const path = [...chain, root]

  assertLeaf(leaf)
  for (const [i, certificate] of path.entries()) {
    for (const { critical, type } of certificate.extensions) {
      if (critical && !UNDERSTOOD.has(type))
        throw untrusted('A certificate has a critical extension not understood.')
    }
    if (i === 0) continue
    assertAuthority(certificate, i - 1)
    if (certificate !== root) await assertIssued(certificate, path[i - 1])
  }
  return {
    publicJwk: await publicJwkOf(leaf),
    ...namesOf(leaf),
    notBefore: Math.max(...path.map(({ notBefore }) => notBefore.getTime() / 1000)),
    notAfter: Math.min(...path.map(({ notAfter }) => notAfter.getTime() / 1000)),
  }
}

function read(der: Uint8Array<ArrayBuffer>): X509Certificate {
  try {
    return new X509Certificate(der)
  } catch (cause) {
    throw new CredentialError('untrusted_certificate', 'A certificate cannot be read.', { cause })
  }
}

async function findIssuer(
  certificate: X509Certificate,
  roots: readonly X509Certificate[],
): Promise<X509Certificate> {
  for (const root of roots) if (await issued(root, certificate)) return root
  throw untrusted('The chain does not lead to a trusted root.')
}

async function assertIssued(
  issuer: X509Certificate,
  certificate: X509Certificate | undefined,
): Promise<void> {
  if (!certificate || !(await issued(issuer, certificate))) throw untrusted('The chain is broken.')
}

async function issued(issuer: X509Certificate, certificate: X509Certificate): Promise<boolean> {
  if (issuer.subject !== certificate.issuer) return false
  try {
    return await certificate.verify({ publicKey: issuer.publicKey, signatureOnly: true }, crypto)
  } catch {
    return false
  }
}

/** `below`: how many intermediate authorities stand between this one and the leaf. */
function assertAuthority(certificate: X509Certificate, below: number): void {
  const constraints = certificate.getExtension(BasicConstraintsExtension)
  if (!constraints?.ca) throw untrusted('A certificate was issued by one that is no authority.')
  if (constraints.pathLength !== undefined && constraints.pathLength < below) {
    throw untrusted('The chain is longer than an authority in it allows.')
  }
  const usage = certificate.getExtension(KeyUsagesExtension)
  if (usage && !(usage.usages & KeyUsageFlags.keyCertSign)) {
    throw untrusted('The key of an authority may not sign certificates.')
  }
}

function assertLeaf(certificate: X509Certificate): void {
  if (certificate.getExtension(BasicConstraintsExtension)?.ca)
    throw untrusted('An authority may not sign credentials.')
  const usage = certificate.getExtension(KeyUsagesExtension)
  if (usage && !(usage.usages & KeyUsageFlags.digitalSignature))
    throw untrusted('The key may not make signatures.')
}

async function publicJwkOf(certificate: X509Certificate): Promise<PublicJwk> {
  try {
    const key = await certificate.publicKey.export({ name: 'ECDSA', namedCurve: 'P-256' }, ['verify'], crypto)
    const { x, y } = await crypto.subtle.exportKey('jwk', key)
    if (x && y) return { kty: 'EC', crv: 'P-256', x, y }
  } catch {
    // Another curve or algorithm: refused below.
  }
  throw untrusted('The certificate is not for a P-256 key.')
}

function namesOf(certificate: X509Certificate): Pick<VerifiedCertificate, 'subject' | 'sanUris' | 'sanDns'> {
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const organization = certificate.subjectName.getField('O')[0]
  return {
    subject: {
      commonName: certificate.subjectName.getField('CN')[0] ?? '',
      ...(organization === undefined ? {} : { organization }),
    },
    sanUris: names.filter(({ type }) => type === 'url').map(({ value }) => value),
    sanDns: names.filter(({ type }) => type === 'dns').map(({ value }) => value),
  }
}

const same = (a: X509Certificate, b: X509Certificate | undefined): boolean => b !== undefined && a.equal(b)

const untrusted = (message: string): CredentialError => new CredentialError('untrusted_certificate', message)
