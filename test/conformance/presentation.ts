import { encryptTo } from './encryption.ts'
import { type Answer, send } from './http.ts'
import { decode, type Json, jws, type Key, now, read, sha256 } from './jose.ts'
import type { Overrides } from './wallet-provider.ts'

/** A copy of a credential with the key it is bound to. */
export type Copy = { credential: string; key: Key }

/** The disclosures of an SD-JWT by claim name (or value, for array elements). */
export function disclosuresOf(credential: string): { name: string; encoded: string }[] {
  return credential
    .split('~')
    .slice(1, -1)
    .map((encoded) => ({ encoded, name: String((decode(encoded) as unknown[])[1]) }))
}

export type PresentOptions = {
  /** Names of the disclosures to show. */
  disclose: string[]
  nonce: string
  aud: string
  bend?: Overrides
  kbJwt?: (made: string) => string
  issuerJwt?: (made: string) => string
}

/** An SD-JWT+KB (RFC 9901 section 4.3). */
export function present({ credential, key }: Copy, options: PresentOptions): string {
  const { disclose, nonce, aud, bend, kbJwt = same, issuerJwt = same } = options
  const shown = disclosuresOf(credential).filter(({ name }) => disclose.includes(name))
  const jwt = issuerJwt(credential.split('~')[0] ?? '')
  const sdPart = [jwt, ...shown.map(({ encoded }) => encoded), ''].join('~')
  const proof = jws(
    { typ: 'kb+jwt', ...bend?.header },
    { iat: now(), aud, nonce, sd_hash: sha256(sdPart), ...bend?.claims },
    key,
  )
  return sdPart + kbJwt(proof)
}

/** The link that a verifier shows, as a wallet reads it. */
export function linkOf(requestUri: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(requestUri.slice(requestUri.indexOf('?') + 1)))
}

/** The request object: fetched by GET, or by POST with a wallet nonce (OpenID4VP 1.0 section 5.10). */
export async function fetchRequest(
  requestUri: string,
  walletNonce?: string,
): Promise<Answer & { jwt: string; request: Json; header: Json }> {
  const { request_uri: url = '' } = linkOf(requestUri)
  const answer = await send(url, {
    headers: { accept: 'application/oauth-authz-req+jwt' },
    ...(walletNonce === undefined ? {} : { form: { wallet_nonce: walletNonce } }),
  })
  if (answer.status !== 200) return { ...answer, jwt: '', request: {}, header: {} }
  const { header, payload } = read(answer.text)
  return { ...answer, jwt: answer.text, request: payload, header }
}

/** Posts the presentations, by credential query id, encrypted (section 8.3). */
export async function respond(
  request: Json,
  presentations: Record<string, string[]>,
  { enc, header, content = {} }: { enc?: string; header?: Json; content?: Json } = {},
): Promise<Answer> {
  const body = {
    vp_token: presentations,
    ...(request.state === undefined ? {} : { state: request.state }),
    ...content,
  }
  const [jwk] = request.client_metadata.jwks.keys
  const response = await encryptTo(jwk, body, {
    enc: enc ?? request.client_metadata.encrypted_response_enc_values_supported[0],
    header,
  })
  return send(request.response_uri, { form: { response } })
}

const same = (made: string): string => made
