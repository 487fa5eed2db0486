import type { VerifiedCertificate } from '../certificates/certificate.ts'
import type { CertificateVerifier } from '../certificates/verify-certificate-chain.ts'
import { type CryptoPort, webCryptoPort } from '../crypto-port.ts'
import { isJsonObject, type JsonObject } from '../encoding/strict-json.ts'
import { CredentialError, type RefusalCode } from '../error.ts'
import { hashOfCredential } from './hash.ts'
import { type DecodedSdJwt, decodeSdJwt } from './parse.ts'
import { resolveDisclosures } from './resolve-disclosures.ts'
import {
  type HolderBinding,
  type HolderBindingExpectation,
  verifyHolderBinding,
} from './verify-holder-binding.ts'
import { verifyIssuerSignature } from './verify-issuer-signature.ts'
import { verifyValidity } from './verify-validity.ts'

/** The checks that need nothing but the presentation, the trusted roots and the clock, in the order reported. */
export type SdJwtVcCheckName = 'signature' | 'certificate' | 'holder_binding' | 'validity' | 'disclosures'

export type SdJwtVcCheck = { check: SdJwtVcCheckName; result: 'passed' | 'failed'; code?: RefusalCode }

export type VerifySdJwtVcOptions = HolderBindingExpectation & {
  certificates: CertificateVerifier
  crypto?: CryptoPort
}

/** What a presentation says. Trust it only as far as the verdict's checks passed. */
export type PresentedSdJwtVc = {
  issuer: string
  vct: string
  /** DID URL of the issuer's key, if it names one. */
  kid?: string
  /** What the issuer anchored: sha256 of the issuer-signed JWT, hex without `0x`. */
  hash: string
  certificate: VerifiedCertificate
  /** Absent when holder binding failed. */
  holder?: HolderBinding
  /** All that was disclosed, protocol claims included. Empty when the disclosures were tampered with. */
  claims: JsonObject
  /** Where the credential's status is published, if it says so. */
  status?: { idx: number; uri: string }
  iat?: number
  exp?: number
}

export type SdJwtVcVerdict = {
  ok: boolean
  checks: SdJwtVcCheck[]
  /** Code of the first failed check. */
  refusal?: RefusalCode
  /** Absent when the presentation could not be read, or its certificate is not trusted. */
  presented?: PresentedSdJwtVc
}

/**
 * Verifies a presented SD-JWT VC offline and reports each check by itself; never throws for what a holder sent. Status,
 * accreditation and anchor are the caller's: `presented` carries what they need.
 */
export async function verifySdJwtVc(
  presentation: string,
  options: VerifySdJwtVcOptions,
): Promise<SdJwtVcVerdict> {
  const { certificates, crypto = webCryptoPort, now } = options
  const checks: SdJwtVcCheck[] = []
  const run = async <T>(check: SdJwtVcCheckName, verify: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      const value = await verify()
      checks.push({ check, result: 'passed' })
      return value
    } catch (error) {
      checks.push({ check, result: 'failed', code: refusalOf(error) })
      return undefined
    }
  }

  let sdJwt: DecodedSdJwt
  try {
    sdJwt = decodeSdJwt(presentation)
  } catch (error) {
    return {
      ok: false,
      checks: [{ check: 'signature', result: 'failed', code: refusalOf(error) }],
      refusal: refusalOf(error),
    }
  }
  const { header, payload } = sdJwt

  // The chain comes first because the signature is checked with the leaf's key and never with one of the header's own.
  let untrusted: unknown
  const certificate = await certificates(header['x5c'], now).catch((error: unknown) => {
    untrusted = error
    return undefined
  })
  await run('signature', () => {
    if (!certificate)
      throw new CredentialError('invalid_signature', 'There is no trusted key to check it with.')
    return verifyIssuerSignature(sdJwt, certificate.publicJwk, crypto)
  })
  await run('certificate', () => {
    if (!certificate) throw untrusted
    assertIssuerOf(payload, certificate)
  })
  const holder = await run('holder_binding', () => verifyHolderBinding(sdJwt, options, crypto))
  await run('validity', () => verifyValidity(payload, now))
  const resolved = await run('disclosures', () => resolveDisclosures(sdJwt, crypto.sha256))

  const refusal = mostTelling(checks)
  return {
    ok: refusal === undefined,
    checks,
    ...(refusal === undefined ? {} : { refusal }),
    ...(certificate
      ? { presented: present(sdJwt, { certificate, holder, claims: resolved?.claims ?? {}, crypto }) }
      : {}),
  }
}

/** The certificate must have been given to the issuer that the credential names (SD-JWT VC section 3.5). */
function assertIssuerOf({ iss }: JsonObject, { sanUris }: VerifiedCertificate): void {
  if (typeof iss !== 'string' || !sanUris.includes(iss)) {
    throw new CredentialError(
      'untrusted_certificate',
      'The certificate belongs to another than the issuer named.',
    )
  }
}

/** An untrusted certificate also leaves the signature unchecked: then the certificate is the reason to tell. */
function mostTelling(checks: readonly SdJwtVcCheck[]): RefusalCode | undefined {
  const failed = checks.filter(({ result }) => result === 'failed')
  return (failed.find(({ check }) => check === 'certificate') ?? failed[0])?.code
}

function present(
  { jwt, header, payload }: DecodedSdJwt,
  {
    certificate,
    holder,
    claims,
    crypto,
  }: {
    certificate: VerifiedCertificate
    holder: HolderBinding | undefined
    claims: JsonObject
    crypto: CryptoPort
  },
): PresentedSdJwtVc {
  const { kid } = header
  const { iss, vct, iat, exp } = payload
  const status = statusOf(payload)
  return {
    issuer: String(iss),
    vct: typeof vct === 'string' ? vct : '',
    ...(typeof kid === 'string' ? { kid } : {}),
    hash: hashOfCredential(jwt, crypto),
    certificate,
    ...(holder ? { holder } : {}),
    claims,
    ...(status ? { status } : {}),
    ...(typeof iat === 'number' ? { iat } : {}),
    ...(typeof exp === 'number' ? { exp } : {}),
  }
}

/** Token Status List section 6.2. */
function statusOf({ status }: JsonObject): { idx: number; uri: string } | undefined {
  const list = isJsonObject(status) ? status['status_list'] : undefined
  if (!isJsonObject(list)) return undefined
  const { idx, uri } = list
  return typeof idx === 'number' && Number.isInteger(idx) && idx >= 0 && typeof uri === 'string'
    ? { idx, uri }
    : undefined
}

const REFUSALS: ReadonlySet<string> = new Set<RefusalCode>([
  'invalid_signature',
  'untrusted_certificate',
  'nonce_mismatch',
  'audience_mismatch',
  'holder_binding_invalid',
  'credential_expired',
  'credential_not_yet_valid',
  'tampered_disclosure',
])

const isRefusal = (code: string): code is RefusalCode => REFUSALS.has(code)

function refusalOf(error: unknown): RefusalCode {
  return error instanceof CredentialError && isRefusal(error.code) ? error.code : 'malformed_response'
}
