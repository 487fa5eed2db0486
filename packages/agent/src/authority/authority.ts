import { createHash } from 'node:crypto'
import type { Database } from '@pass/database'
import { AgentError } from '../errors.ts'
import { type CityKeyManagementSystem, publicJwkOf } from '../keys/kms.ts'
import { compressedHex, jwkOfPoint } from '../keys/public-key.ts'
import type { Authority, CertificateRequest, Localized, Vault } from '../types.ts'
import { createLeaf, createRoot, type LeafSubject } from './certificates.ts'
import { createStatements } from './statements.ts'
import { SubjectAlternativeNameExtension, X509Certificate } from './x509.ts'

const ROOT_SETTING = 'certificateAuthority'
const ROOT_KEY = 'authority/root'
/** The root outlives every card in a drawer; its key signs certificates and nothing else. */
const ROOT_DAYS = 20 * 365
const LEAF_DAYS = 3 * 365
/** A certificate must outlive what was signed under it, and a resident card counts for a year. */
const RENEW_BEFORE_DAYS = 400
const DAY = 24 * 60 * 60 * 1000

export type AuthorityOptions = {
  db: Database
  vault: Vault
  kms: CityKeyManagementSystem
  city: { name: Localized; url: string }
  clock: () => Date
  random: (length: number) => Uint8Array
}

/** The authority, with what only this package asks of it. */
export type CityAuthority = Authority & {
  /** The chain that is there when it still fits and lasts long enough, and a new one otherwise. */
  renewed(x5c: readonly string[], subject: LeafSubject): Promise<string[]>
}

/** Opens the city's certificate authority; the first time it makes the root and keeps it in Setting. */
export async function openAuthority(options: AuthorityOptions): Promise<CityAuthority> {
  const { vault, city, clock, random } = options
  const root = await openRoot(options)
  const sign = vault.signer(ROOT_KEY)

  const issue = async ({ commonName, organization, ...request }: CertificateRequest) => {
    const subject = { commonName, organization }
    const leaf = await createLeaf({ ...request, subject, now: clock(), random, root, sign })
    return [leaf.toString('base64')]
  }
  const renewed = async (x5c: readonly string[], subject: LeafSubject) =>
    (await fits(x5c, subject, root, clock())) ? [...x5c] : issue({ ...subject, days: LEAF_DAYS })
  // Who holds a certificate for the city's own address can register verifiers: that is the authority alone.
  const own = (uri: string) => {
    if (uri === city.url) throw new AgentError('reserved_name', `${uri} is the authority's own name.`)
  }

  return {
    identifier: city.url,
    rootCertificate: root.toString('base64'),
    issueCertificate: async (request) => {
      own(request.sanUri)
      return issue(request)
    },
    renewed: async (x5c, subject) => {
      own(subject.sanUri)
      return renewed(x5c, subject)
    },
    ...createStatements({ ...options, renewed }),
  }
}

async function openRoot(options: AuthorityOptions): Promise<X509Certificate> {
  const { db, vault, kms, city, clock, random } = options
  const stored = await db.prisma.setting.findUnique({ where: { key: ROOT_SETTING } })
  if (stored) return new X509Certificate((stored.value as { rootCertificate: string }).rootCertificate)
  const made = await createRoot({
    publicJwk: await publicJwkOf(kms, ROOT_KEY),
    subject: { commonName: `${city.name.en} Root CA`, organization: city.name.ko },
    now: clock(),
    days: ROOT_DAYS,
    random,
    sign: vault.signer(ROOT_KEY),
  })
  const value = { rootCertificate: made.toString('base64') }
  // Two processes may start at once: the first root counts for both.
  await db.prisma.setting.createMany({ data: [{ key: ROOT_SETTING, value }], skipDuplicates: true })
  return openRoot(options)
}

async function fits(
  x5c: readonly string[],
  wanted: LeafSubject,
  root: X509Certificate,
  now: Date,
): Promise<boolean> {
  if (x5c.length !== 1 || !x5c[0]) return false
  const leaf = new X509Certificate(x5c[0])
  const names = leaf.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  return (
    leaf.subjectName.getField('CN').join() === wanted.commonName &&
    leaf.subjectName.getField('O').join() === wanted.organization &&
    names.some((name) => name.type === 'url' && name.value === wanted.sanUri) &&
    names.find((name) => name.type === 'dns')?.value === wanted.sanDns &&
    leaf.notAfter.getTime() - now.getTime() > RENEW_BEFORE_DAYS * DAY &&
    pointOf(leaf) === compressedHex(wanted.publicJwk) &&
    (await leaf.verify({ publicKey: root.publicKey, signatureOnly: true }))
  )
}

/** The key of a P-256 certificate: its SubjectPublicKeyInfo ends in the uncompressed point of 65 bytes. */
function pointOf(certificate: X509Certificate): string {
  const point = Buffer.from(certificate.publicKey.rawData).subarray(-65).toString('hex')
  return compressedHex(jwkOfPoint(point))
}

/** base64url SHA-256 of a certificate: the `x509_hash` of a client id (OpenID4VP 1.0, section 5.9.3). */
export function x509HashOf(certificate: string): string {
  return createHash('sha256').update(Buffer.from(certificate, 'base64')).digest('base64url')
}

/** The address in a certificate's subject alternative name. */
export function sanUriOf(certificate: string): string {
  const names =
    new X509Certificate(certificate).getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  return names.find(({ type }) => type === 'url')?.value ?? ''
}
