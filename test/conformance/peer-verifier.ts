import type { Certificate } from './certificates.ts'
import { decryptWith, encryptionJwk } from './encryption.ts'
import { encode, type Json, jti, jws, type Key, newKey, now, sha256, signature } from './jose.ts'
import { type Peer, type Reply, type Seen, VCT } from './peer.ts'

/** What a request is bent by; each function is given the right thing. */
export type Bend = {
  claims?: Json
  header?: Json
  dcql?: Json
  /** Beside the key that answers can be encrypted to. */
  extraKeys?: Json[]
  jwt?: (made: string) => string
  /** Parameters of the link. */
  link?: Record<string, string>
  certificate?: Certificate
  /** Answer to the wallet's post. */
  reply?: Json
}

/** What came back: nothing when the wallet posted nothing. */
export type Response = { posts: Seen[]; form: URLSearchParams; jwe: Json; content: Json }

export type Asked = {
  link: string
  requestUri: string
  request: Json
  /** What the wallet fetched. */
  fetched: Seen[]
  response(): Promise<Response>
}

export const ORIGIN = 'https://shop.example'

/** A verifier for OpenID4VP 1.0 in the profile of HAIP 1.0, written by hand; it decides nothing and keeps everything. */
export async function createPeerVerifier(peer: Peer) {
  const certificate = await peer.certify('verifier')

  async function compose(bend: Bend, own: Json) {
    const encryption = await newKey()
    const { key, base64, der } = bend.certificate ?? certificate
    const clientId = `x509_hash:${sha256(der)}`
    const request = {
      client_id: clientId,
      response_type: 'vp_token',
      nonce: jti(),
      dcql_query: bend.dcql ?? cardQuery(),
      client_metadata: {
        vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256', 'PS256'] } },
        jwks: { keys: [...(bend.extraKeys ?? []), encryptionJwk(encryption)] },
        encrypted_response_enc_values_supported: ['A256GCM'],
      },
      aud: 'https://self-issued.me/v2',
      iat: now(),
      ...own,
      ...bend.claims,
    }
    const header = { typ: 'oauth-authz-req+jwt', x5c: [base64], ...bend.header }
    return { encryption, key, header, request, clientId }
  }

  return {
    certificate,

    /** By direct_post.jwt: the link, and what comes back over HTTP. */
    async ask(bend: Bend = {}): Promise<Asked> {
      const id = jti()
      const [requestPath, responsePath] = [`/requests/${id}`, `/responses/${id}`]
      const { encryption, key, header, request, clientId } = await compose(bend, {
        response_mode: 'direct_post.jwt',
        response_uri: `${peer.url}${responsePath}`,
      })
      const fetched: Seen[] = []
      const posts: Seen[] = []
      peer.serve(requestPath, (seen): Reply => {
        fetched.push(seen)
        const walletNonce = new URLSearchParams(seen.body).get('wallet_nonce')
        const claims = walletNonce === null ? request : { wallet_nonce: walletNonce, ...request }
        const made = jws(header, claims, key)
        return { type: 'application/oauth-authz-req+jwt', body: bend.jwt?.(made) ?? made }
      })
      peer.serve(responsePath, (seen) => {
        posts.push(seen)
        return { body: JSON.stringify(bend.reply ?? {}) }
      })
      const requestUri = `${peer.url}${requestPath}`
      const parameters = { client_id: clientId, request_uri: requestUri, ...bend.link }
      return {
        link: `openid4vp://?${new URLSearchParams(parameters)}`,
        requestUri,
        request,
        fetched,
        response: () => opened(posts, encryption),
      }
    },

    /** For the Digital Credentials API (appendix A): `data`, and how to open what the page is given. */
    async askPage(
      kind: 'unsigned' | 'signed' | 'multisigned',
      bend: Bend & { signers?: Certificate[] } = {},
    ) {
      const { encryption, key, header, request } = await compose(bend, { response_mode: 'dc_api.jwt' })
      const signed = { expected_origins: [ORIGIN], ...request }
      const open = (data: Json) => decryptWith(encryption, data.response)
      if (kind === 'unsigned') {
        const { client_id: _, aud: __, iat: ___, ...bare } = request
        return { protocol: 'openid4vp-v1-unsigned', data: { ...bare, ...bend.claims }, request, open }
      }
      if (kind === 'signed') {
        const made = jws(header, signed, key)
        return {
          protocol: 'openid4vp-v1-signed',
          data: { request: bend.jwt?.(made) ?? made },
          request,
          open,
        }
      }
      const { client_id: _, ...shared } = signed
      const signers = bend.signers ?? [certificate]
      return {
        protocol: 'openid4vp-v1-multisigned',
        data: { request: multisigned(shared, signers) },
        request,
        open,
      }
    },
  }
}

export const cardQuery = (claims: string[] | undefined = ['birth_date']): Json => ({
  credentials: [
    {
      id: 'card',
      format: 'dc+sd-jwt',
      meta: { vct_values: [VCT] },
      ...(claims.length === 0 ? {} : { claims: claims.map((claim) => ({ path: [claim] })) }),
    },
  ],
})

/** Two keys of kinds that no wallet knows. */
export const UNUSABLE_KEYS = [
  { kty: 'AKP', alg: 'ML-KEM-9999', kid: 'of-tomorrow', use: 'enc', pub: encode('a public key of tomorrow') },
  { kty: 'MADE-UP', alg: 'MADE-UP', kid: 'of-nowhere', use: 'enc' },
]
const ABSENT = {
  id: 'absent',
  format: 'dc+sd-jwt',
  meta: { vct_values: ['urn:example:nobody-has-this'] },
  claims: [{ path: ['nothing'] }],
}
/** The card, and one that nobody has. */
export const withAbsent = (required: boolean): Json => ({
  credentials: [...cardQuery().credentials, ABSENT],
  credential_sets: [
    { options: [['card']], required: true },
    { options: [['absent']], required },
  ],
})
export const UNKNOWN_TRANSACTION = [encode({ type: 'urn:example:unheard-of', credential_ids: ['card'] })]

/** A JWS in general JSON serialization, with the client id in each protected header (appendix A.3.2). */
function multisigned(payload: Json, signers: Certificate[]): Json {
  const body = encode(payload)
  return {
    payload: body,
    signatures: signers.map(({ base64, der, key }) => {
      const header = encode({
        alg: 'ES256',
        typ: 'oauth-authz-req+jwt',
        x5c: [base64],
        client_id: `x509_hash:${sha256(der)}`,
      })
      return { protected: header, signature: signature(`${header}.${body}`, key) }
    }),
  }
}

async function opened(posts: Seen[], key: Key): Promise<Response> {
  const form = new URLSearchParams(posts[0]?.body)
  const response = form.get('response')
  if (response === null) return { posts, form, jwe: undefined, content: undefined }
  const { header, content } = await decryptWith(key, response)
  return { posts, form, jwe: header, content }
}
