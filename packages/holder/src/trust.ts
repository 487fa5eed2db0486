import {
  CredentialError,
  createCertificateVerifier,
  type VerifiedCertificate,
  type VerifierRegistration,
  verifyVerifierRegistration,
  webCryptoPort,
} from '@pass/credentials'
import { base64url } from 'jose'
import { asHolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Trust } from './types.ts'

type TrustPorts = Pick<HolderPorts, 'trust' | 'clock'>

/**
 * Checks that a compact JWT was signed with ES256 by the key of a certificate that chains to one of the city's roots.
 *
 * @throws CredentialError `untrusted_certificate` or `invalid_signature`
 * @throws HolderError `network` when the host cannot say whom the city trusts
 */
export async function verifyWithCertificate(
  jwt: string,
  x5c: string[],
  ports: TrustPorts,
): Promise<VerifiedCertificate> {
  const { rootCertificates: trustedRoots } = await trustOf(ports)
  // HAIP 1.0 sections 4.1, 5 and 6.1.1: the trust anchor comes from the city and never with what it is to vouch for.
  if (x5c.some((entry) => trustedRoots.includes(entry.replace(/\s+/g, '')))) {
    throw new CredentialError('untrusted_certificate', 'the chain brings its own trust anchor')
  }
  const certificate = await createCertificateVerifier({ trustedRoots })(x5c, secondsNow(ports))
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  if (!(await webCryptoPort.verifyEs256(certificate.publicJwk, signed, base64url.decode(signature)))) {
    throw new CredentialError('invalid_signature', 'the signature is not that of the certificate')
  }
  return certificate
}

/**
 * Finds what the city registered for a verifier among the statements that came with its request. A statement that
 * does not verify counts as none: the wallet then warns that the purpose is not registered.
 */
export async function findRegistration(
  statements: string[],
  verifierX509Hash: string,
  ports: TrustPorts,
): Promise<VerifierRegistration | undefined> {
  const { rootCertificates: trustedRoots, authority } = await trustOf(ports)
  if (authority === undefined) return undefined
  const certificates = createCertificateVerifier({ trustedRoots })
  for (const statement of statements) {
    try {
      return await verifyVerifierRegistration(statement, {
        verifierX509Hash,
        authority,
        now: secondsNow(ports),
        certificates,
      })
    } catch {
      // Another maker's statement, or a worthless one: the next may do.
    }
  }
  return undefined
}

/**
 * Whether a certificate was given to the one that goes by this address. A host name counts only where no address is
 * given: the city's agencies share one host.
 */
export function vouchesFor({ sanUris, sanDns }: VerifiedCertificate, name: unknown): boolean {
  if (typeof name !== 'string') return false
  if (sanUris.length > 0) return sanUris.includes(name)
  return URL.canParse(name) && sanDns.includes(new URL(name).hostname)
}

/** @throws HolderError `network` when the host cannot say whom the city trusts */
export async function trustOf({ trust }: TrustPorts): Promise<Trust> {
  try {
    return await trust()
  } catch (error) {
    throw asHolderError(error, 'network')
  }
}

function secondsNow({ clock }: TrustPorts): number {
  return Math.floor(clock().getTime() / 1000)
}
