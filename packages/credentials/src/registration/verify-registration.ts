import type { CertificateVerifier } from '../certificates/verify-certificate-chain.ts'
import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { type DecodedJws, decodeJws } from '../encoding/jws.ts'
import { CredentialError } from '../error.ts'
import { REGISTRATION_TYP, type VerifierRegistration, verifierRegistrationSchema } from './registration.ts'

export type VerifyRegistrationOptions = {
  /** Hash of the certificate that signed the request: the value behind `x509_hash:`. */
  verifierX509Hash: string
  /** SAN URI of the city's authority. Others hold certificates of the same root and must not register themselves. */
  authority: string
  /** Seconds. */
  now: number
  certificates: CertificateVerifier
  crypto?: Pick<CryptoPort, 'verifyEs256'>
}

const MAX_LENGTH = 32_768
const CLOCK_SKEW_SECONDS = 60

/**
 * Verifies what the city registered for the verifier of a request. Throws `invalid_registration`, or
 * `untrusted_certificate` when its chain leads to no trusted root.
 */
export async function verifyVerifierRegistration(
  jwt: string,
  { verifierX509Hash, authority, now, certificates, crypto = webCryptoPort }: VerifyRegistrationOptions,
): Promise<VerifierRegistration> {
  const { header, payload, signingInput, signature } = decode(jwt)
  const { typ, alg, crit } = header
  if (typ !== REGISTRATION_TYP || alg !== 'ES256' || crit !== undefined)
    throw invalid('It is of another kind.')
  const certificate = await certificates(header['x5c'], now)
  if (!(await crypto.verifyEs256(certificate.publicJwk, signingInput, signature)))
    throw invalid('Its signature does not match.')
  const parsed = verifierRegistrationSchema.safeParse(payload)
  if (!parsed.success) throw invalid('It cannot be read.')
  const { iss, sub, iat, exp } = parsed.data
  if (iss !== authority || !certificate.sanUris.includes(authority))
    throw invalid("It is not from the city's authority.")
  if (sub !== verifierX509Hash) throw invalid('It is for another verifier.')
  if (iat > now + CLOCK_SKEW_SECONDS || exp <= now) throw invalid('It is not valid at this time.')
  return parsed.data
}

function decode(jwt: string): DecodedJws {
  if (jwt.length > MAX_LENGTH) throw invalid('It is too long.')
  try {
    return decodeJws(jwt)
  } catch (cause) {
    throw new CredentialError('invalid_registration', 'The registration cannot be read.', { cause })
  }
}

const invalid = (reason: string): CredentialError =>
  new CredentialError('invalid_registration', `The verifier's registration is refused. ${reason}`)
