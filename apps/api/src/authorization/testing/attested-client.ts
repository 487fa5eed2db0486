import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { ForeignProvider } from '../../wallet-trust/testing/foreign-provider.ts'

export type ClientKey = { privateKey: CryptoKey; jwk: JWK; thumbprint: string }

export async function newClientKey(): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk) }
}

export type Answer = { status: number; headers: Headers; body: Record<string, unknown>; text: string }

/** What is made wrong in a JWT; a member that is `undefined` is left out. */
export type JwtChanges = { header?: Record<string, unknown>; payload?: Record<string, unknown> }

/** One request of a client: what is `null` is left out, what is a string is sent as it is. */
export type RequestOptions = {
  /** Header OAuth-Client-Attestation. */
  attestation?: string | null
  /** Header OAuth-Client-Attestation-PoP, or what to change in it. */
  pop?: string | null | (JwtChanges & { key?: ClientKey })
  /** Header DPoP, or what to change in it. */
  dpop?: string | null | JwtChanges
  /** The key of the DPoP proof. */
  key?: ClientKey
  headers?: Record<string, string>
  /** Does not answer the server's wish for a nonce. */
  once?: boolean
  /** Where the request goes, when not to the address that its proofs are for. */
  to?: string
}

/** `null` leaves a field out. */
export type Form = Record<string, string | null>

export type AttestedClient = Awaited<ReturnType<typeof createAttestedClient>>

/**
 * A wallet at the authorization server, by hand and on `jose` alone, so that each part of a request can be made wrong. It
 * shares no code with what it tests.
 * @param issuer of the authorization server
 */
export async function createAttestedClient({
  issuer,
  provider,
  clock = () => new Date(),
  at = issuer,
}: {
  issuer: string
  /** Where it listens, when that is not where it says it is. */
  at?: string
  /** Attests it. Absent: an anonymous wallet. */
  provider?: Pick<ForeignProvider, 'clientId' | 'attestClient'>
  clock?: () => Date
}) {
  const clientId = provider?.clientId ?? 'anonymous'
  const instanceKey = await newClientKey()
  const dpopKey = await newClientKey()
  const seconds = () => Math.floor(clock().getTime() / 1000)
  const jwkOf = ({ jwk: { kty, crv, x = '', y = '' } }: ClientKey) =>
    ({ kty, crv, x, y }) as { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  /** Nonces are given with each answer. */
  let nonce: string | undefined
  let challenge: string | undefined

  const sign = (key: ClientKey, header: Record<string, unknown>, payload: Record<string, unknown>) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', ...header }).sign(key.privateKey)

  const client = {
    clientId,
    issuer,
    instanceKey,
    dpopKey,
    sign,
    attest: (changes: { header?: Record<string, unknown>; claims?: Record<string, unknown> } = {}) =>
      provider?.attestClient(jwkOf(instanceKey), changes) ?? Promise.resolve(null),

    challenge: async (): Promise<string> => {
      const response = await fetch(`${at}/challenge`, { method: 'POST' })
      return ((await response.json()) as { attestation_challenge: string }).attestation_challenge
    },

    pop: async ({ key = instanceKey, header, payload }: JwtChanges & { key?: ClientKey } = {}) => {
      challenge ??= await client.challenge()
      return sign(
        key,
        { typ: 'oauth-client-attestation-pop+jwt', ...header },
        { iss: clientId, aud: issuer, iat: seconds(), jti: randomUUID(), challenge, ...payload },
      )
    },

    /** A DPoP proof, with the newest nonce that there is. */
    dpop: (url: string, { key = dpopKey, header, payload }: JwtChanges & { key?: ClientKey } = {}) =>
      sign(
        key,
        { typ: 'dpop+jwt', jwk: key.jwk, ...header },
        { htm: 'POST', htu: url, iat: seconds(), jti: randomUUID(), nonce, ...payload },
      ),

    /** Whatever else: a POST, and the answer read. */
    post: async (url: string, headers: Record<string, string>, body: string): Promise<Answer> => {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual' })
      const text = await response.text()
      const isJson = /json/.test(response.headers.get('content-type') ?? '')
      nonce = response.headers.get('dpop-nonce') ?? nonce
      challenge = response.headers.get('oauth-client-attestation-challenge') ?? challenge
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : {},
        text,
      }
    },

    /** A form with the client's authentication; sent again with the nonce when the server asks for one. */
    send: async (path: string, form: Form | string, options: RequestOptions = {}): Promise<Answer> => {
      const url = `${issuer}${path}`
      const attempt = async () => {
        const { attestation, pop, dpop, key } = options
        const attested = attestation === undefined ? await client.attest() : attestation
        const shown = pop === undefined || pop === null || typeof pop === 'object' ? (pop ?? {}) : pop
        const proofOfKey =
          attested === null || pop === null
            ? null
            : typeof shown === 'string'
              ? shown
              : await client.pop(shown)
        const proof =
          dpop === null
            ? null
            : typeof dpop === 'string'
              ? dpop
              : await client.dpop(url, { ...(key ? { key } : {}), ...dpop })
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          ...(attested === null ? {} : { 'OAuth-Client-Attestation': attested }),
          ...(proofOfKey === null ? {} : { 'OAuth-Client-Attestation-PoP': proofOfKey }),
          ...(proof === null ? {} : { DPoP: proof }),
          ...options.headers,
        }
        return client.post(
          `${options.to ?? at}${path}`,
          headers,
          typeof form === 'string' ? form : formOf(form),
        )
      }
      const first = await attempt()
      return first.body['error'] === 'use_dpop_nonce' && !options.once ? attempt() : first
    },

    token: (form: Form, options: RequestOptions = {}) => client.send('/token', form, options),
  }
  return client
}

function formOf(form: Form): string {
  const sent = Object.entries(form).filter((field): field is [string, string] => field[1] !== null)
  return new URLSearchParams(sent).toString()
}

/** PKCE (RFC 7636). */
export function newVerifier(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}
