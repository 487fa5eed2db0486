import { randomBytes, X509Certificate } from 'node:crypto'
import { Openid4vpVerifier } from '@openid4vc/openid4vp'
import { createCertificateVerifier, type SdJwtVcVerdict, verifySdJwtVc } from '@pass/credentials'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  type JWK,
} from 'jose'
import type { Certified } from './authority.ts'
import { payloadOf } from './nonces.ts'
import { peerCallbacks } from './peer-callbacks.ts'
import type { Answer, Served } from './serve.ts'

/** How a request is made. */
export type AskOptions = {
  post?: boolean
  info?: string
  /** Overwrites members of the request object; undefined leaves one out. */
  spoil?: object
  /** The same with its header. */
  spoilHeader?: object
  /** Changes the signed request object. */
  spoilJwt?: (jwt: string) => string
  /** Changes the link's parameters. */
  spoilLink?: (parameters: URLSearchParams) => void
  /** Its client id, where it is not the hash of the certificate. */
  clientId?: string
  enc?: string[]
  /** Stand before the key that can be used. */
  otherKeys?: object[]
}

export type TestVerifier = {
  clientId: string
  /** Makes a request; its link is a QR code's content. */
  ask(dcqlQuery: Record<string, unknown>, options?: AskOptions): Promise<string>
  /** What came: each presentation's verdict by query, or the error. */
  answers: VerifierAnswer[]
  /** The header `DPoP` of each presentation. */
  proofs: (string | null)[]
  /** What to answer. */
  reply: Answer
}

export type VerifierAnswer = {
  error?: string
  verdicts: Record<string, SdJwtVcVerdict>
  keyBindings: Record<string, Record<string, unknown>>
  /** As they came, compact. */
  presentations: Record<string, string>
  /** Header of the JWE. */
  jwe: Record<string, unknown>
}

/** The client id that a certificate stands for (OpenID4VP 1.0 section 5.9.3). */
export function hashIdOf({ x5c: [leaf = ''] }: Certified): string {
  const fingerprint = new X509Certificate(Buffer.from(leaf, 'base64')).fingerprint256
  return `x509_hash:${Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')}`
}

/** A key to encrypt answers to. */
export async function createResponseKey(): Promise<{ jwk: JWK; privateKey: CryptoKey }> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256' })
  const jwk: JWK = { ...(await exportJWK(publicKey)), use: 'enc', alg: 'ECDH-ES' }
  return { jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk) }, privateKey }
}

/** Checks presentations as a verifier has to. */
export async function examine(
  tokens: Record<string, unknown[]>,
  expected: { nonce: string; aud: string; roots: string[] },
): Promise<Pick<VerifierAnswer, 'verdicts' | 'keyBindings' | 'presentations'>> {
  const certificates = createCertificateVerifier({ trustedRoots: expected.roots })
  const answer: Pick<VerifierAnswer, 'verdicts' | 'keyBindings' | 'presentations'> = {
    verdicts: {},
    keyBindings: {},
    presentations: {},
  }
  for (const [query, [presentation]] of Object.entries(tokens)) {
    const compact = String(presentation)
    answer.presentations[query] = compact
    answer.keyBindings[query] = payloadOf(compact.split('~').at(-1))
    answer.verdicts[query] = await verifySdJwtVc(compact, {
      nonce: expected.nonce,
      aud: expected.aud,
      now: Math.floor(Date.now() / 1000),
      certificates,
    })
  }
  return answer
}

/** A verifier by the peer's library: signed request object by GET and POST, direct_post.jwt. */
export async function createTestVerifier(
  served: Served,
  certified: Certified,
  roots: string[],
): Promise<TestVerifier> {
  const { jwk, privateKey } = await createResponseKey()
  const callbacks = peerCallbacks(certified, privateKey)
  const verifier = new Openid4vpVerifier({ callbacks })
  const hashId = hashIdOf(certified)
  let asked = 0

  const made: TestVerifier = {
    clientId: hashId,
    answers: [],
    proofs: [],
    reply: { body: { redirect_uri: 'https://library.example/done' } },
    async ask(dcqlQuery, options = {}) {
      const {
        post = false,
        info,
        spoil = {},
        spoilHeader = {},
        clientId = hashId,
        enc = ['A128GCM'],
      } = options
      const path = `/verifier/${randomBytes(4).toString('hex')}-${++asked}`
      const nonce = randomBytes(16).toString('base64url')
      const payload = {
        response_type: 'vp_token' as const,
        response_mode: 'direct_post.jwt' as const,
        client_id: hashId,
        response_uri: `${served.url}${path}/response`,
        nonce,
        state: `state-${asked}`,
        dcql_query: dcqlQuery,
        client_metadata: {
          jwks: { keys: [jwk as { kty: string; kid: string }] },
          vp_formats_supported: { 'dc+sd-jwt': {} },
          encrypted_response_enc_values_supported: enc,
        },
        ...(info === undefined ? {} : { verifier_info: [{ format: 'jwt', data: info }] }),
      }
      const others = options.otherKeys
        ? { client_metadata: { ...payload.client_metadata, jwks: { keys: [...options.otherKeys, jwk] } } }
        : {}
      served.routes.set(path, async ({ method, text }) => {
        const walletNonce = method === 'POST' ? new URLSearchParams(text).get('wallet_nonce') : null
        const authorizationRequestPayload = {
          ...payload,
          ...(walletNonce ? { wallet_nonce: walletNonce } : {}),
        }
        // The library makes no bad requests: they are spoilt as they are signed.
        const spoiling = new Openid4vpVerifier({
          callbacks: {
            ...callbacks,
            signJwt: (signer, { header, payload }) =>
              callbacks.signJwt(signer, {
                header: { ...header, ...spoilHeader },
                payload: { ...payload, client_id: clientId, ...others, ...spoil },
              }),
          },
        })
        const { jar } = await spoiling.createOpenId4vpAuthorizationRequest({
          authorizationRequestPayload,
          jar: {
            requestUri: `${served.url}${path}`,
            expiresInSeconds: 300,
            jwtSigner: { method: 'x5c', alg: 'ES256', x5c: certified.x5c },
            additionalJwtPayload: { aud: 'https://self-issued.me/v2' },
          },
          ...(walletNonce ? { wallet: { expectedNonce: walletNonce } } : {}),
        })
        const jwt = jar?.authorizationRequestJwt ?? ''
        return { type: 'application/oauth-authz-req+jwt', body: options.spoilJwt?.(jwt) ?? jwt }
      })
      served.routes.set(`${path}/response`, async ({ headers, text }) => {
        const form = Object.fromEntries(new URLSearchParams(text))
        if (form['error']) {
          made.answers.push({
            error: form['error'],
            verdicts: {},
            keyBindings: {},
            presentations: {},
            jwe: {},
          })
          return made.reply
        }
        const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
          authorizationResponse: form,
          authorizationRequestPayload: payload,
          callbacks,
        })
        const { protectedHeader: jwe } = await compactDecrypt(form['response'] ?? '', privateKey)
        const tokens = verifier.parseDcqlVpToken(parsed.authorizationResponsePayload.vp_token)
        made.answers.push({ ...(await examine(tokens, { nonce, aud: clientId, roots })), jwe: { ...jwe } })
        made.proofs.push(headers.get('dpop'))
        return made.reply
      })
      const parameters = new URLSearchParams({ client_id: clientId, request_uri: `${served.url}${path}` })
      if (post) parameters.set('request_uri_method', 'post')
      options.spoilLink?.(parameters)
      return `openid4vp://?${parameters}`
    },
  }
  return made
}
