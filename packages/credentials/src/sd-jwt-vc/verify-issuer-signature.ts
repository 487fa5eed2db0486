import type { CryptoPort, PublicJwk } from '../crypto-port.ts'
import { CredentialError } from '../error.ts'
import type { DecodedSdJwt } from './parse.ts'

/**
 * Verifies the issuer's signature with the key of its certificate. ES256 is the only algorithm, whatever the header
 * says: `none` and HMAC with a public key are refused here. Throws `invalid_signature`.
 */
export async function verifyIssuerSignature(
  { header, issuerJws }: DecodedSdJwt,
  publicJwk: PublicJwk,
  { verifyEs256 }: Pick<CryptoPort, 'verifyEs256'>,
): Promise<void> {
  // vc+sd-jwt was the name until November 2024; we issue and accept dc+sd-jwt alone.
  if (header['typ'] !== 'dc+sd-jwt') throw invalid('The credential is not of type dc+sd-jwt.')
  if (header['alg'] !== 'ES256') throw invalid('The credential is not signed with ES256.')
  if (header['crit'] !== undefined) throw invalid('The credential has a critical header not understood.')
  if (!(await verifyEs256(publicJwk, issuerJws.signingInput, issuerJws.signature))) {
    throw invalid("The issuer's signature does not match.")
  }
}

const invalid = (message: string): CredentialError => new CredentialError('invalid_signature', message)
