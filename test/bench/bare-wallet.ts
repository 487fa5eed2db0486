import {
  createCipheriv,
  createECDH,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomUUID,
  sign,
} from 'node:crypto'
import { type PublicJwk, presentSdJwt } from '@pass/credentials'
import type { TestCity } from '../city.ts'

/** The wallet's side of both protocols with as little work as possible, so that a benchmark waits for the server. */

export type BareKey = { publicJwk: PublicJwk; privateKey: KeyObject }
export type BareCopy = { credential: string; hash: string; key: BareKey; receipt?: unknown }

export function bareKey(): BareKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  return { publicJwk: { kty, crv, x, y } as PublicJwk, privateKey }
}

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const es256 = (data: string | Uint8Array, { privateKey }: BareKey) =>
  sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' })

function jws(header: Record<string, unknown>, payload: Record<string, unknown>, key: BareKey): string {
  const input = `${b64({ alg: 'ES256', ...header })}.${b64(payload)}`
  return `${input}.${es256(input, key).toString('base64url')}`
}

const now = () => Math.floor(Date.now() / 1000)

function dpop(key: BareKey, htu: string, accessToken?: string): string {
  return jws(
    { typ: 'dpop+jwt', jwk: key.publicJwk },
    {
      jti: randomUUID(),
      htm: 'POST',
      htu,
      iat: now(),
      ...(accessToken ? { ath: sha256(accessToken).toString('base64url') } : {}),
    },
    key,
  )
}

async function answered(response: Response) {
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${body}`)
  return body === '' ? {} : JSON.parse(body)
}

/** From the officer's request to the signed copies: everything that one issuance asks of the server. */
export async function issueTo(city: TestCity, keys: BareKey[]): Promise<BareCopy[]> {
  const { agency, type, subject } = city.credentials.sample
  const issuer = `${city.url}/issuers/${agency}`
  const { body: offer } = await city.call('officer', '/api/offers', { agency, type, subject })
  const by = new URLSearchParams(offer.offerUri.split('?')[1]).get('credential_offer_uri') ?? ''
  const { grants } = await answered(await fetch(by))
  const [grant] = Object.values<Record<string, string>>(grants)
  const dpopKey = keys[0] ?? bareKey()
  const token = await answered(
    await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { dpop: dpop(dpopKey, `${issuer}/token`) },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code',
        'pre-authorized_code': grant?.['pre-authorized_code'] ?? '',
        tx_code: offer.txCode,
      }),
    }),
  )
  const { c_nonce: nonce } = await answered(await fetch(`${issuer}/nonce`, { method: 'POST' }))
  const { credentials } = await answered(
    await fetch(`${issuer}/credential`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `DPoP ${token.access_token}`,
        dpop: dpop(dpopKey, `${issuer}/credential`, token.access_token),
      },
      body: JSON.stringify({
        credential_configuration_id: type,
        proofs: {
          jwt: keys.map((key) =>
            jws({ typ: 'openid4vci-proof+jwt', jwk: key.publicJwk }, { aud: issuer, iat: now(), nonce }, key),
          ),
        },
      }),
    }),
  )
  return keys.map((key, index) => {
    const { credential } = credentials[index]
    return { credential, key, hash: sha256(credential.split('~')[0]).toString('hex') }
  })
}

/** The request a verifier made: what the wallet reads of it. */
type RequestObject = {
  client_id: string
  nonce: string
  state?: string
  response_uri: string
  dcql_query: { credentials: { id: string }[] }
  client_metadata: { jwks: { keys: [PublicJwk & { kid: string }] } }
}

/** Fetches the request, presents the copy, and waits for the verdict. */
export async function presentCopy(requestUri: string, copy: BareCopy, paths: string[][]): Promise<void> {
  const by = new URLSearchParams(requestUri.split('?')[1]).get('request_uri') ?? ''
  const fetched = await fetch(by, { method: 'POST', body: new URLSearchParams() })
  const request: RequestObject = JSON.parse(
    Buffer.from((await fetched.text()).split('.')[1] ?? '', 'base64url').toString(),
  )
  const presentation = await presentSdJwt(copy.credential, paths, {
    nonce: request.nonce,
    aud: request.client_id,
    iat: now(),
    sign: async (data) => es256(data, copy.key),
    ...(copy.receipt ? { extra: { anchor: copy.receipt } } : {}),
  })
  const id = request.dcql_query.credentials[0]?.id ?? ''
  const answer = { vp_token: { [id]: [presentation] }, ...(request.state ? { state: request.state } : {}) }
  await answered(
    await fetch(request.response_uri, {
      method: 'POST',
      body: new URLSearchParams({ response: encrypt(answer, request.client_metadata.jwks.keys[0]) }),
    }),
  )
}

/** Compact JWE with ECDH-ES and A128GCM (RFC 7518 section 4.6). */
function encrypt(payload: unknown, to: PublicJwk & { kid: string }): string {
  const ecdh = createECDH('prime256v1')
  const point = ecdh.generateKeys()
  const peer = Buffer.concat([Buffer.of(4), Buffer.from(to.x, 'base64url'), Buffer.from(to.y, 'base64url')])
  const epk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  const header = b64({ alg: 'ECDH-ES', enc: 'A128GCM', kid: to.kid, epk })
  const length = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return bytes
  }
  const info = [
    length(1),
    ecdh.computeSecret(peer),
    length(7),
    Buffer.from('A128GCM'),
    length(0),
    length(0),
    length(128),
  ]
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-128-gcm', sha256(Buffer.concat(info)).subarray(0, 16), iv)
  cipher.setAAD(Buffer.from(header))
  const body = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()])
  const parts = [iv, body, cipher.getAuthTag()].map((part) => part.toString('base64url'))
  return `${header}..${parts.join('.')}`
}
