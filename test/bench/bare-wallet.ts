import { createCipheriv, createECDH, createHash, randomBytes, sign } from 'node:crypto'
import { type PublicJwk, presentSdJwt } from '@pass/credentials'
import type { TestCity } from '../city.ts'
import { decryptWith, encryptionJwk, encryptTo } from '../conformance/encryption.ts'
import { type Key, newKey } from '../conformance/jose.ts'
import { issuerOf, tokenByOffer } from '../conformance/receive.ts'
import { createWalletClient, type WalletClient } from '../conformance/wallet-client.ts'
import type { TestProvider } from '../conformance/wallet-provider.ts'

/** The wallet's side of both protocols with as little work as possible, so that a benchmark waits for the server. */

export type BareCopy = { credential: string; hash: string; key: Key; receipt?: unknown }

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const digest = (data: string | Buffer) => createHash('sha256').update(data).digest()
const es256 = (data: string | Uint8Array, { privateKey }: Key) =>
  sign('sha256', Buffer.from(data), { key: privateKey, dsaEncoding: 'ieee-p1363' })

const now = () => Math.floor(Date.now() / 1000)

async function answered(response: Response) {
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${body}`)
  return body === '' ? {} : JSON.parse(body)
}

/** What an issuance has beyond what it must have; each costs the server something. */
export type Parts = {
  /** One attestation over all keys by the wallet's provider, in the header of each key proof. */
  keyAttestation?: boolean
  /** Request and response encrypted on top of TLS. */
  encryption?: boolean
  /** The wallet says that it has the card. */
  notification?: boolean
}

/** A wallet with a provider that the city trusts. Each works one issuance at a time. */
export type BareWallet = { client: WalletClient; provider: TestProvider; responseKey: Key }

export async function bareWallet(city: TestCity, provider: TestProvider): Promise<BareWallet> {
  return {
    client: await createWalletClient(issuerOf(city), provider),
    provider,
    responseKey: await newKey(),
  }
}

/** From the officer's request to the signed copies: everything that one issuance asks of the server. */
export async function issueTo(
  city: TestCity,
  { client, provider, responseKey }: BareWallet,
  keys: Key[],
  parts: Parts = {},
): Promise<BareCopy[]> {
  const { access_token: accessToken } = await tokenByOffer(city, client)
  const nonce = await client.nonce()
  const attested = parts.keyAttestation
    ? { header: { key_attestation: provider.attestKeys(keys, nonce) } }
    : undefined
  const request = {
    credential_configuration_id: city.credentials.sample.type,
    proofs: { jwt: client.proofs(keys, nonce, attested) },
  }
  const [encryptionKey] = client.issuer.credential_request_encryption.jwks.keys
  const body = parts.encryption
    ? await encryptTo(encryptionKey, {
        ...request,
        credential_response_encryption: { jwk: encryptionJwk(responseKey), enc: 'A256GCM' },
      })
    : request
  const answer = await client.credential(body, { accessToken })
  if (answer.status !== 200) throw new Error(`no credential: ${answer.status} ${answer.text}`)
  const { credentials, notification_id } = parts.encryption
    ? (await decryptWith(responseKey, answer.text)).content
    : answer.body
  if (parts.notification) {
    const told = await client.notify({ notification_id, event: 'credential_accepted' }, { accessToken })
    if (told.status !== 204) throw new Error(`not noted: ${told.status} ${told.text}`)
  }
  return keys.map((key, index) => {
    const { credential } = credentials[index]
    return { credential, key, hash: digest(credential.split('~')[0]).toString('hex') }
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
  const cipher = createCipheriv('aes-128-gcm', digest(Buffer.concat(info)).subarray(0, 16), iv)
  cipher.setAAD(Buffer.from(header))
  const body = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()])
  const parts = [iv, body, cipher.getAuthTag()].map((part) => part.toString('base64url'))
  return `${header}..${parts.join('.')}`
}
