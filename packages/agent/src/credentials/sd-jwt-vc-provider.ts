import { randomBytes } from 'node:crypto'
import {
  CredentialError,
  createCertificateVerifier,
  type DisclosureFrame,
  decodeSdJwt,
  issueSdJwtVc,
  parseSdJwt,
  verifyIssuerSignature,
  verifySdJwtVc,
  verifyValidity,
  webCryptoPort,
} from '@pass/credentials'
import type {
  ICreateVerifiableCredentialArgs,
  IKey,
  IResolver,
  IVerifyCredentialArgs,
  IVerifyPresentationArgs,
  IVerifyResult,
  VerifiableCredential,
} from '@veramo/core-types'
import type { ICredentialProvider } from '@veramo/credential-w3c'
import { AgentError } from '../errors.ts'
import type { PublicJwk, Sign } from '../types.ts'

export const SD_JWT_VC = 'dc+sd-jwt'

/**
 * What an SD-JWT VC needs beyond the W3C payload, in the argument `sdJwtVc` of `createVerifiableCredential`. The
 * claims are `credentialSubject`, the validity is `issuanceDate` to `expirationDate`.
 */
export type SdJwtVcArguments = {
  vct: string
  disclosureFrame: DisclosureFrame
  /** The holder's key. */
  cnfJwk: PublicJwk
  /** Entry of a Token Status List. */
  status?: { idx: number; uri: string }
}

/** The key that signs for a DID, as a credential's header names it. */
export type IssuerKey = { didUrl: string; x5c: string[]; issuerUrl: string; sign: Sign }

export type SdJwtVcProviderOptions = {
  issuerKey(did: string, keyRef?: string): Promise<IssuerKey>
  rootCertificate: string
  clock: () => Date
}

type ResolverContext = { agent: Pick<IResolver, 'resolveDid'> }

/**
 * SD-JWT VC (draft-ietf-oauth-sd-jwt-vc) as a proof format of Veramo's credential plugin. The result carries the
 * compact form in `proof.sdJwt`, and in `proof.hash` what is anchored.
 */
export function createSdJwtVcProvider(options: SdJwtVcProviderOptions): ICredentialProvider {
  const { issuerKey, rootCertificate, clock } = options
  const certificates = createCertificateVerifier({ trustedRoots: [rootCertificate] })
  const now = () => Math.floor(clock().getTime() / 1000)

  return {
    getProofFormatsSupportedForKey: (key: IKey) => (key.type === 'Secp256r1' ? [SD_JWT_VC] : []),
    canIssueProofFormat: ({ proofFormat }) => proofFormat === SD_JWT_VC,
    canVerifyDocumentType: ({ document }) => compactOf(document) !== undefined,

    async createVerifiableCredential(args: ICreateVerifiableCredentialArgs): Promise<VerifiableCredential> {
      const { credential, keyRef } = args
      const { vct, disclosureFrame, cnfJwk, status } = argumentsOf(args)
      const did = typeof credential.issuer === 'string' ? credential.issuer : credential.issuer.id
      const key = await issuerKey(did, keyRef)
      const iat = secondsOf(credential.issuanceDate) ?? now()
      const exp = secondsOf(credential.expirationDate)
      if (exp === undefined)
        throw new AgentError('invalid_credential', 'An SD-JWT VC needs an expirationDate.')
      const claims = { ...credential.credentialSubject }
      const issued = await issueSdJwtVc({
        claims,
        disclosureFrame,
        vct,
        issuer: key.issuerUrl,
        kid: key.didUrl,
        x5c: key.x5c,
        cnfJwk,
        ...(status ? { status } : {}),
        iat,
        exp,
        sign: key.sign,
        randomBytes: (length) => randomBytes(length),
      })
      return {
        '@context': [],
        type: ['VerifiableCredential', vct],
        issuer: { id: did },
        issuanceDate: dateOf(iat),
        expirationDate: dateOf(exp),
        credentialSubject: claims,
        proof: { type: 'SdJwtVcProof', sdJwt: issued.credential, hash: issued.hash },
      }
    },

    async verifyCredential(args: IVerifyCredentialArgs, context: ResolverContext): Promise<IVerifyResult> {
      return reported(async () => {
        const compact = compactOf(args.credential) ?? ''
        const sdJwt = decodeSdJwt(compact)
        const { header, payload } = sdJwt
        const { publicJwk, names } = header['x5c']
          ? await certificates(header['x5c'], now()).then(({ publicJwk, sanUris }) => ({
              publicJwk,
              names: sanUris,
            }))
          : await keyOfDid(String(header['kid']), context)
        if (!names.includes(String(payload['iss']))) {
          throw new CredentialError(
            'untrusted_certificate',
            'The key belongs to another than the issuer named.',
          )
        }
        await verifyIssuerSignature(sdJwt, publicJwk, webCryptoPort)
        verifyValidity(payload, now())
        return { verified: true, claims: parseSdJwt(compact).claims }
      })
    },

    createVerifiablePresentation: async () => {
      throw new AgentError(
        'invalid_credential',
        'A holder presents an SD-JWT VC, with the key it is bound to.',
      )
    },

    async verifyPresentation(args: IVerifyPresentationArgs): Promise<IVerifyResult> {
      const { presentation, challenge = '', domain = '' } = args
      const compact = compactOf(presentation) ?? ''
      const verdict = await verifySdJwtVc(compact, {
        nonce: challenge,
        aud: domain,
        now: now(),
        certificates,
      })
      return {
        verified: verdict.ok,
        checks: verdict.checks,
        claims: verdict.presented?.claims,
        ...(verdict.refusal ? { error: { message: verdict.refusal, errorCode: verdict.refusal } } : {}),
      }
    },
  }
}

function argumentsOf(args: ICreateVerifiableCredentialArgs): SdJwtVcArguments {
  const given: Partial<SdJwtVcArguments> | undefined = args['sdJwtVc']
  if (!given?.vct || !given.disclosureFrame || !given.cnfJwk) {
    throw new AgentError(
      'invalid_credential',
      'An SD-JWT VC needs sdJwtVc: { vct, disclosureFrame, cnfJwk }.',
    )
  }
  return given as SdJwtVcArguments
}

/** The compact form, of a string or of what `createVerifiableCredential` answered. */
function compactOf(document: unknown): string | undefined {
  if (typeof document === 'string') return document.includes('~') ? document : undefined
  const { proof } = document as { proof?: { sdJwt?: unknown } }
  return typeof proof?.sdJwt === 'string' ? proof.sdJwt : undefined
}

/** Without a certificate a DID speaks for itself alone. */
async function keyOfDid(
  kid: string,
  { agent }: ResolverContext,
): Promise<{ publicJwk: PublicJwk; names: string[] }> {
  const { didDocument } = await agent.resolveDid({ didUrl: kid })
  const jwk = didDocument?.verificationMethod?.find(({ id }) => id === kid)?.publicKeyJwk
  if (jwk?.kty === 'EC' && jwk.crv === 'P-256' && jwk.x && jwk.y) {
    return { publicJwk: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }, names: [didDocument?.id ?? ''] }
  }
  throw new CredentialError('invalid_signature', 'The DID of the header names no P-256 key.')
}

async function reported(verify: () => Promise<IVerifyResult>): Promise<IVerifyResult> {
  try {
    return await verify()
  } catch (error) {
    const { message } = error as Error
    const errorCode = error instanceof CredentialError ? error.code : 'invalid_credential'
    return { verified: false, error: { message, errorCode } }
  }
}

function secondsOf(date: string | Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(new Date(date).getTime() / 1000)
}

const dateOf = (seconds: number) => new Date(seconds * 1000).toISOString()
