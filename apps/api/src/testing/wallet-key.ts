import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import {
  holderAddress,
  lowS,
  type MileageDomain,
  type Objection,
  objectionMessage,
  type Payment,
  paymentMessage,
} from '@pass/chain/authorisations'
import type { PublicJwk } from '@pass/credentials'

type JwtChanges = { header?: Record<string, unknown>; payload?: Record<string, unknown> }

export type TestWalletKey = ReturnType<typeof makeWalletKey>

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * A wallet's P-256 key, and all that it signs. `clock` is the device's; the changes make a part of a proof wrong.
 */
export function makeWalletKey(clock: () => Date = () => new Date()) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x, y }
  const address = holderAddress(publicJwk)

  const es256 = (data: Uint8Array): Uint8Array =>
    sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })

  /** A compact JWS that carries its key. */
  const jws = (header: Record<string, unknown>, payload: Record<string, unknown>): string => {
    const input = `${encode({ alg: 'ES256', jwk: publicJwk, ...header })}.${encode(payload)}`
    return `${input}.${Buffer.from(es256(Buffer.from(input))).toString('base64url')}`
  }
  const fresh = () => ({ iat: Math.floor(clock().getTime() / 1000), jti: randomUUID() })

  const dpop = (method: string, url: string, { header, payload }: JwtChanges = {}): string => {
    const { origin, pathname } = new URL(url)
    return jws(
      { typ: 'dpop+jwt', ...header },
      { htm: method, htu: `${origin}${pathname}`, ...fresh(), ...payload },
    )
  }

  return {
    publicJwk,
    address,
    /** RFC 7638. */
    jkt: createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url'),
    dpop,
    /** A compact JWS by this key, which stands in its header. */
    jws,
    /** For the holder's `present`: this wallet has asked. */
    proof: async (method: string, url: string): Promise<string> => dpop(method, url),
    /** `fetch` with a proof of its own, and the answer read. `path` is an address below `base`. */
    call: async (
      base: string,
      path: string,
      { json, method = json === undefined ? 'GET' : 'POST', headers }: WalletCall = {},
    ) => {
      const url = `${base}${path}`
      const response = await fetch(url, {
        method,
        headers: {
          DPoP: dpop(method, url),
          ...(json === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape.
      const body: any = isJson && text !== '' ? JSON.parse(text) : text
      return { status: response.status, headers: response.headers, body }
    },
    /** What the wallet shows as a QR for a merchant or an organiser: a link with the pass behind the #. */
    passCode: (publicUrl: string, { header, payload }: JwtChanges = {}): string =>
      `${publicUrl}/wallet/pass#${jws({ typ: 'pass+jwt', ...header }, { ...fresh(), ...payload })}`,
    /** Signature of a payment as the contract takes it: base64url of 64 bytes with low s. `holder` is this key. */
    signPayment: (domain: MileageDomain, payment: Omit<Payment, 'holder'>): string =>
      Buffer.from(lowS(es256(paymentMessage(domain, { holder: address, ...payment })))).toString('base64url'),
    /** Signature of an objection to a move of the points. */
    signObjection: (domain: MileageDomain, objection: Omit<Objection, 'holder'>): string =>
      Buffer.from(lowS(es256(objectionMessage(domain, { holder: address, ...objection })))).toString(
        'base64url',
      ),
  }
}

type WalletCall = { json?: unknown; method?: string; headers?: Record<string, string> }
