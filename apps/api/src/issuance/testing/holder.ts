import { createHash, randomUUID } from 'node:crypto'
import {
  CompactEncrypt,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose'
import { type ClientKey, newClientKey } from '../../authorization/testing/attested-client.ts'
import type { Desk } from './desk.ts'

export type TestKey = ClientKey

export const newKey: () => Promise<TestKey> = newClientKey

export const newKeys = (count: number) => Promise.all(Array.from({ length: count }, newKey))

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape.
type Json = any
export type Answer = { status: number; headers: Headers; text: string; body: Json }
type Claims = Record<string, unknown>
type Jwt = { header?: Claims; payload?: Claims }

/** A wallet by hand, on jose: it shares no code with what it tests, and can make any part of a request wrong. */
export async function createTestHolder(desk: Desk, agency = 'veterans') {
  const issuer = `${desk.url}/issuers/${agency}`
  const dpopKey = await newKey()
  const seconds = () => Math.floor(desk.clock().getTime() / 1000)

  const sign = (key: TestKey, header: Claims, payload: Claims) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(key.privateKey)

  const dpop = (url: string, token: string, { header, payload }: Jwt = {}, key = dpopKey) =>
    sign(
      key,
      { typ: 'dpop+jwt', jwk: key.jwk, ...header },
      {
        htm: 'POST',
        htu: url,
        iat: seconds(),
        jti: randomUUID(),
        nonce: desk.nonces.create('dpop'),
        ath: createHash('sha256').update(token).digest('base64url'),
        ...payload,
      },
    )

  type Sent = { dpop?: string | null; headers?: Record<string, string>; key?: TestKey; query?: string }

  /** Sends bytes as they are. */
  const post = async (path: string, token: string, body: string, sent: Sent = {}): Promise<Answer> => {
    const url = `${issuer}/${path}`
    const proof = sent.dpop === undefined ? await dpop(url, token, {}, sent.key) : sent.dpop
    const response = await fetch(`${url}${sent.query ?? ''}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `DPoP ${token}`,
        ...(proof === null ? {} : { DPoP: proof }),
        ...sent.headers,
      },
      body,
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
    }
  }

  const nonce = async (): Promise<string> => {
    const response = await fetch(`${issuer}/nonce`, { method: 'POST' })
    return ((await response.json()) as { c_nonce: string }).c_nonce
  }

  const proof = async (key: TestKey, { header, payload }: Jwt = {}) =>
    sign(
      key,
      { typ: 'openid4vci-proof+jwt', jwk: key.jwk, ...header },
      { aud: issuer, iat: seconds(), nonce: await nonce(), ...payload },
    )

  const metadata = async (): Promise<Json> =>
    (await fetch(`${desk.url}/.well-known/openid-credential-issuer/issuers/${agency}`)).json()

  const holder = {
    issuer,
    dpopKey,
    sign,
    dpop,
    post,
    nonce,
    proof,
    metadata,
    seconds,
    /** A token for the offer, bound to this wallet. */
    tokenFor: (...offers: string[]) => desk.grant({ jkt: dpopKey.thumbprint, offers }),
    attestation: async (keys: TestKey[], { header, payload }: Jwt = {}) =>
      sign(
        dpopKey,
        { typ: 'key-attestation+jwt', ...header },
        {
          iss: 'provider',
          iat: seconds(),
          exp: seconds() + 600,
          nonce: await nonce(),
          attested_keys: keys.map(({ jwk }) => jwk),
          ...payload,
        },
      ),
    request: async (keys: TestKey[], more: Claims = { credential_configuration_id: 'veteran' }) => ({
      ...more,
      proofs: { jwt: await Promise.all(keys.map((key) => proof(key))) },
    }),
    credential: async (token: string, body: unknown, sent: Sent = {}) =>
      post('credential', token, JSON.stringify(body), sent),
    deferred: (token: string, transactionId: unknown, sent: Sent = {}) =>
      post('deferred-credential', token, JSON.stringify({ transaction_id: transactionId }), sent),
    notify: (token: string, body: unknown, sent: Sent = {}) =>
      post('notification', token, JSON.stringify(body), sent),
    /** Encrypts to the key of the metadata, by jose. */
    encrypt: async (content: unknown, header: Claims = {}) => {
      const [key] = (await metadata()).credential_request_encryption.jwks.keys as JWK[]
      const { kid = '' } = key ?? {}
      return new CompactEncrypt(Buffer.from(JSON.stringify(content)))
        .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid, ...header })
        .encrypt(await importJWK(key ?? {}, 'ECDH-ES'))
    },
  }
  return holder
}

export type TestHolder = Awaited<ReturnType<typeof createTestHolder>>

/** A pair for encrypted answers, and how to open them. */
export async function answerKey(changes: Claims = {}) {
  const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ECDH-ES', use: 'enc', kid: 'answers-1', ...changes }
  return {
    jwk,
    open: async (jwe: string) => {
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
      const body: Json = JSON.parse(Buffer.from(plaintext).toString())
      return { header: protectedHeader, body }
    },
  }
}

export const encrypted = { headers: { 'content-type': 'application/jwt' } }

export const copiesIn = (body: { credentials: { credential: string }[] }) =>
  body.credentials.map(({ credential }) => credential)
