import { createHash, randomUUID } from 'node:crypto'
import {
  type Answer,
  type ClientKey,
  createAttestedClient,
  type Form,
  type JwtChanges,
  newClientKey,
  type RequestOptions,
} from '../authorization/testing/attested-client.ts'
import type { Office } from './testing.ts'

export type WalletKey = ClientKey
export type { Answer }

export const newKey: () => Promise<WalletKey> = newClientKey

export const newKeys = (count: number) => Promise.all(Array.from({ length: count }, newKey))

const PRE_AUTHORIZED = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'

/**
 * A wallet that speaks the protocol by hand, on `jose`, so that each part of a request can be made wrong. It shares
 * no code with what it tests.
 */
export async function createWallet(office: Office, agency = 'residents') {
  const issuer = `${office.url}/issuers/${agency}`
  const server = `${office.url}/oauth`
  const client = await createAttestedClient({ issuer: server, provider: office.maker, clock: office.clock })
  const { dpopKey, sign } = client
  const seconds = () => Math.floor(office.clock().getTime() / 1000)
  /** Of the credential issuer, which gives nonces of its own. */
  let nonce: string | undefined

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
        nonce,
        ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
        ...changes.payload,
      },
    )

  const post = async (url: string, headers: Record<string, string>, body: string): Promise<Answer> => {
    const response = await fetch(url, { method: 'POST', headers, body })
    const text = await response.text()
    nonce = response.headers.get('dpop-nonce') ?? nonce
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : {}, text }
  }

  const wallet = {
    issuer,
    /** At the authorization server. */
    client,
    dpopKey,
    dpop,
    post,
    /** Reads the offer that the QR code points to. */
    readOffer: async (offerUri: string) => {
      const reference = new URL(offerUri).searchParams.get('credential_offer_uri') ?? ''
      const response = await fetch(reference)
      const body = (await response.json()) as Record<string, never>
      const code: string | undefined = body['grants']?.[PRE_AUTHORIZED]?.['pre-authorized_code']
      return { status: response.status, body, code: code ?? '' }
    },
    /** `null` leaves a form field out. */
    token: (form: Form, options: RequestOptions = {}) =>
      client.token({ grant_type: PRE_AUTHORIZED, ...form }, options),
    nonce: async () => String((await post(`${issuer}/nonce`, {}, '')).body['c_nonce']),
    proof: (key: WalletKey, cNonce: string | undefined, changes: JwtChanges = {}) =>
      sign(
        key,
        { typ: 'openid4vci-proof+jwt', jwk: key.jwk, ...changes.header },
        { aud: issuer, iat: seconds(), nonce: cNonce, ...changes.payload },
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
      const body = JSON.stringify(options.body ?? (await wallet.request(options.keys ?? [])))
      const attempt = async () => {
        const proof =
          options.proof ?? (await dpop(url, { token, ...(options.dpopKey ? { key: options.dpopKey } : {}) }))
        const headers = {
          'content-type': 'application/json',
          DPoP: proof,
          authorization: `${options.scheme ?? 'DPoP'} ${token}`,
        }
        return post(url, headers, body)
      }
      const first = await attempt()
      return first.body['error'] === 'use_dpop_nonce' && options.proof === undefined ? attempt() : first
    },
    request: async (keys: WalletKey[]): Promise<Record<string, unknown>> => {
      const cNonce = await wallet.nonce()
      const jwt = await Promise.all(keys.map((key) => wallet.proof(key, cNonce)))
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
