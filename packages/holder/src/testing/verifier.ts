import { randomBytes, X509Certificate } from 'node:crypto'
import { Openid4vpVerifier } from '@openid4vc/openid4vp'
import { createCertificateVerifier, type SdJwtVcVerdict, verifySdJwtVc } from '@pass/credentials'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { Certified } from './authority.ts'
import { peerCallbacks } from './peer-callbacks.ts'
import type { Answer, Served } from './serve.ts'

export type TestVerifier = {
  clientId: string
  /** Makes a request; its link is a QR code's content. `spoil` overwrites members of the request object. */
  ask(
    dcqlQuery: Record<string, unknown>,
    options?: { post?: boolean; info?: string; spoil?: object },
  ): Promise<string>
  /** What came: each presentation's verdict by query, or the error. */
  answers: { error?: string; verdicts: Record<string, SdJwtVcVerdict>; keyBindings: Record<string, object> }[]
  /** The header `DPoP` of each presentation. */
  proofs: (string | null)[]
  /** What to answer. */
  reply: Answer
}

/** A verifier by the peer's library: signed request object by GET and POST, direct_post.jwt. */
export async function createTestVerifier(
  served: Served,
  certified: Certified,
  roots: string[],
): Promise<TestVerifier> {
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256' })
  const { x = '', y = '' } = await exportJWK(publicKey)
  const encryptionJwk = { kty: 'EC', crv: 'P-256', x, y, use: 'enc', alg: 'ECDH-ES' }
  const kid = await calculateJwkThumbprint(encryptionJwk)
  const callbacks = peerCallbacks(certified, privateKey)
  const verifier = new Openid4vpVerifier({ callbacks })
  const fingerprint = new X509Certificate(Buffer.from(certified.x5c[0] ?? '', 'base64')).fingerprint256
  const clientId = `x509_hash:${Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')}`
  const certificates = createCertificateVerifier({ trustedRoots: roots })
  let asked = 0

  const made: TestVerifier = {
    clientId,
    answers: [],
    proofs: [],
    reply: { body: { redirect_uri: 'https://library.example/done' } },
    async ask(dcqlQuery, { post = false, info, spoil = {} } = {}) {
      const path = `/verifier/${++asked}`
      const nonce = randomBytes(16).toString('base64url')
      const payload = {
        response_type: 'vp_token' as const,
        response_mode: 'direct_post.jwt' as const,
        client_id: clientId,
        response_uri: `${served.url}${path}/response`,
        nonce,
        state: `state-${asked}`,
        dcql_query: dcqlQuery,
        client_metadata: {
          jwks: { keys: [{ ...encryptionJwk, kid }] },
          vp_formats_supported: { 'dc+sd-jwt': {} },
          encrypted_response_enc_values_supported: ['A128GCM'],
        },
        ...(info === undefined ? {} : { verifier_info: [{ format: 'jwt', data: info }] }),
      }
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
              callbacks.signJwt(signer, { header, payload: { ...payload, ...spoil } }),
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
        return { type: 'application/oauth-authz-req+jwt', body: jar?.authorizationRequestJwt ?? '' }
      })
      served.routes.set(`${path}/response`, async ({ headers, text }) => {
        const form = Object.fromEntries(new URLSearchParams(text))
        if (form['error']) {
          made.answers.push({ error: form['error'], verdicts: {}, keyBindings: {} })
          return { body: {} }
        }
        const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
          authorizationResponse: form,
          authorizationRequestPayload: payload,
          callbacks,
        })
        const tokens = verifier.parseDcqlVpToken(parsed.authorizationResponsePayload.vp_token)
        const answer: TestVerifier['answers'][number] = { verdicts: {}, keyBindings: {} }
        for (const [query, [presentation]] of Object.entries(tokens)) {
          const compact = String(presentation)
          answer.verdicts[query] = await verifySdJwtVc(compact, {
            nonce,
            aud: clientId,
            now: Math.floor(Date.now() / 1000),
            certificates,
          })
          answer.keyBindings[query] = JSON.parse(
            Buffer.from(compact.split('~').at(-1)?.split('.')[1] ?? '', 'base64url').toString(),
          )
        }
        made.answers.push(answer)
        made.proofs.push(headers.get('dpop'))
        return made.reply
      })
      const parameters = new URLSearchParams({ client_id: clientId, request_uri: `${served.url}${path}` })
      if (post) parameters.set('request_uri_method', 'post')
      return `openid4vp://?${parameters}`
    },
  }
  return made
}
