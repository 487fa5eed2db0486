import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { Office } from './testing.ts'

export type WalletKey = { privateKey: CryptoKey; jwk: JWK; thumbprint: string }

export async function newKey(): Promise<WalletKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

export const newKeys = (count: number) => Promise.all(Array.from({ length: count }, newKey))

export type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

type JwtChanges = { header?: Record<string, unknown>; payload?: Record<string, unknown> }

/**
 * A wallet that speaks the protocol by hand, on `jose`, so that each part of a request can be made wrong. It shares
 * no code with what it tests.
 */
export async function createWallet(office: Office, agency = 'residents') {
  const issuer = `${office.url}/issuers/${agency}`
  const dpopKey = await newKey()
  const seconds = () => Math.floor(office.clock().getTime() / 1000)

  const sign = (key: WalletKey, header: Record<string, unknown>, payload: Record<string, unknown>) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(key.privateKey)

  const dpop = (
    url: string,
    { token, key = dpopKey, ...changes }: { token?: string; key?: WalletKey } & JwtChanges = {},
  ) =>
    sign(
      key,
      { typ: 'dpop+jwt', jwk: key.jwk, ...changes.header },
      {
        htm: 'POST',
        htu: url,
        iat: seconds(),
        jti: randomUUID(),
        ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
        ...changes.payload,
      },
    )

  const post = async (url: string, headers: Record<string, string>, body: string): Promise<Answer> => {
    const response = await fetch(url, { method: 'POST', headers, body })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {} }
  }

  const wallet = {
    issuer,
    dpopKey,
    dpop,
    post,
    /** Reads the offer that the QR code points to. */
    readOffer: async (offerUri: string) => {
      const reference = new URL(offerUri).searchParams.get('credential_offer_uri') ?? ''
      const response = await fetch(reference)
      const body = (await response.json()) as Record<string, never>
      const code: string | undefined =
        body['grants']?.['urn:ietf:params:oauth:grant-type:pre-authorized_code']?.['pre-authorized_code']
      return { status: response.status, body, code: code ?? '' }
    },
    /** `null` leaves a form field out. */
    token: async (
      form: Record<string, string | null>,
      options: { key?: WalletKey; proof?: string | null; headers?: Record<string, string> } & JwtChanges = {},
    ) => {
      const url = `${issuer}/token`
      const proof = options.proof === undefined ? await dpop(url, options) : options.proof
      const fields = { grant_type: 'urn:ietf:params:oauth:grant-type:pre-authorized_code', ...form }
      const sent = Object.entries(fields).filter((field): field is [string, string] => field[1] !== null)
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        ...(proof === null ? {} : { DPoP: proof }),
        ...options.headers,
      }
      return post(url, headers, new URLSearchParams(sent).toString())
    },
    nonce: async () => String((await post(`${issuer}/nonce`, {}, '')).body['c_nonce']),
    proof: (key: WalletKey, nonce: string | undefined, changes: JwtChanges = {}) =>
      sign(
        key,
        { typ: 'openid4vci-proof+jwt', jwk: key.jwk, ...changes.header },
        { aud: issuer, iat: seconds(), nonce, ...changes.payload },
      ),
    /** Asks for one copy per key; `body` and `proof` replace what would be sent. */
    credential: async (
      token: string,
      options: {
        keys?: WalletKey[]
        body?: Record<string, unknown>
        proof?: string
        dpopKey?: WalletKey
        scheme?: string
      } = {},
    ) => {
      const url = `${issuer}/credential`
      const proof =
        options.proof ?? (await dpop(url, { token, ...(options.dpopKey ? { key: options.dpopKey } : {}) }))
      const headers = {
        'content-type': 'application/json',
        DPoP: proof,
        authorization: `${options.scheme ?? 'DPoP'} ${token}`,
      }
      const body = options.body ?? (await wallet.request(options.keys ?? []))
      return post(url, headers, JSON.stringify(body))
    },
    request: async (keys: WalletKey[]): Promise<Record<string, unknown>> => {
      const nonce = await wallet.nonce()
      const jwt = await Promise.all(keys.map((key) => wallet.proof(key, nonce)))
      return {
        credential_configuration_id: agency === 'residents' ? 'resident' : 'multi-child-family',
        proofs: { jwt },
      }
    },
  }
  return wallet
}

export type TestWallet = Awaited<ReturnType<typeof createWallet>>

/** An offer for the one resident, and what a wallet needs to redeem it. */
export async function offerTo(office: Office, wallet: TestWallet) {
  const { body } = await office.call('POST', '/api/offers', {
    agency: 'residents',
    type: 'resident',
    subject: office.subject,
  })
  const { code } = await wallet.readOffer(String(body['offerUri']))
  return { id: String(body['id']), offerUri: String(body['offerUri']), txCode: String(body['txCode']), code }
}

/** An access token for a new offer. */
export async function tokenFor(office: Office, wallet: TestWallet) {
  const offer = await offerTo(office, wallet)
  const { body } = await wallet.token({ 'pre-authorized_code': offer.code, tx_code: offer.txCode })
  return { ...offer, token: String(body['access_token']) }
}

export const wrongCode = (txCode: string) => String((Number(txCode) + 1) % 1_000_000).padStart(6, '0')
