import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { decodeBase64, encodeBase64url } from '../encoding/base64url.ts'
import { CredentialError } from '../error.ts'
import { authorityKeyIdsOf } from './authority-key-ids.ts'
import type { VerifiedCertificate } from './certificate.ts'

/** Answers with the leaf of `x5c` when its chain leads to a trusted root at `now` (seconds). */
export type CertificateVerifier = (x5c: unknown, now: number) => Promise<VerifiedCertificate>

const MAX_CHAIN = 4
const MAX_CERTIFICATE_LENGTH = 8_192
const CLOCK_SKEW_SECONDS = 60

/**
 * A verifier of certificate chains that remembers those it has verified: one agency signs many credentials with one
 * certificate. The time of validity is checked on every call. Failures are not remembered, so that strangers cannot
 * fill the memory; `maxEntries` bounds the rest.
 */
export function createCertificateVerifier({
  trustedRoots,
  maxEntries = 500,
  sha256 = webCryptoPort.sha256,
}: {
  /** Base64 DER. */
  trustedRoots: readonly string[]
  maxEntries?: number
  sha256?: CryptoPort['sha256']
}): CertificateVerifier {
  const verified = new Map<string, VerifiedCertificate>()
  return async (x5c, now) => {
    const chain = readChain(x5c)
    const key = chain.join()
    let certificate = verified.get(key)
    if (!certificate) {
      const { buildVerifiedCertificate } = await import('./x509-engine.ts')
      const read = await buildVerifiedCertificate(
        chain.map(decodeCertificate),
        trustedRoots.map(decodeCertificate),
      )
      certificate = {
        ...read,
        sha256: encodeBase64url(sha256(decodeCertificate(chain[0] ?? ''))),
        authorityKeyIds: authorityKeyIdsOf(chain),
      }
      if (verified.size >= maxEntries) verified.delete(verified.keys().next().value ?? '')
      verified.set(key, certificate)
    }
    if (now + CLOCK_SKEW_SECONDS < certificate.notBefore || now - CLOCK_SKEW_SECONDS > certificate.notAfter) {
      throw new CredentialError(
        'untrusted_certificate',
        'A certificate of the chain is not valid at this time.',
      )
    }
    return certificate
  }
}

/**
 * Verifies one `x5c` (base64 DER, leaf first, RFC 7515 section 4.1.6) against trusted roots at `now` (seconds): dates,
 * signatures, basic constraints, path length, key usage, critical extensions (RFC 5280 section 6.1).
 * Throws `untrusted_certificate`.
 */
export function verifyCertificateChain(
  x5c: unknown,
  { trustedRoots, now }: { trustedRoots: readonly string[]; now: number },
): Promise<VerifiedCertificate> {
  return createCertificateVerifier({ trustedRoots })(x5c, now)
}

function readChain(x5c: unknown): string[] {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > MAX_CHAIN) {
    throw new CredentialError('untrusted_certificate', 'There is no certificate chain, or one too long.')
  }
  return x5c.map((entry) => {
    if (typeof entry === 'string' && entry.length <= MAX_CERTIFICATE_LENGTH) return entry
    throw new CredentialError('untrusted_certificate', 'A certificate cannot be read.')
  })
}

function decodeCertificate(entry: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(decodeBase64(entry))
  } catch (cause) {
    throw new CredentialError('untrusted_certificate', 'A certificate cannot be read.', { cause })
  }
}
