import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Certificate, certificate } from './certificates.ts'
import { encode, type Json, jti, jws, type Key, newKey, now, type PublicJwk, read, sha256 } from './jose.ts'

/** One HTTP request that the wallet made. */
export type Seen = {
  method: string
  path: string
  query: string
  headers: IncomingMessage['headers']
  body: string
}
export type Reply = { status?: number; type?: string; headers?: Record<string, string>; body: string }
export type Handler = (seen: Seen) => Reply | undefined

/** A stranger's server: an authority, an issuer that gives its card to anybody, and room for a verifier's answers. */
export type Peer = {
  url: string
  root: Certificate
  issuerId: string
  /** An offer of the card, as a link. */
  offer(): string
  /** Answers a path from now on. */
  serve(path: string, handler: Handler): void
  /** Everything that was asked of it. */
  seen: Seen[]
  certify(name: string, more?: { notAfter?: Date; issuer?: Certificate }): Promise<Certificate>
  stop(): Promise<void>
}

export const VCT = 'urn:example:library-card'
export const CARD = { name: '홍길동', birth_date: '2008-04-01', member_number: 'L-1024' }

export async function startPeer(): Promise<Peer> {
  const handlers = new Map<string, Handler>()
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://peer')
    let body = ''
    for await (const chunk of request) body += chunk
    const asked = {
      method: request.method ?? '',
      path: pathname,
      query: search,
      headers: request.headers,
      body,
    }
    seen.push(asked)
    const reply = handlers.get(pathname)?.(asked) ?? { status: 404, body: '{}' }
    response.writeHead(reply.status ?? 200, {
      'content-type': reply.type ?? 'application/json',
      ...reply.headers,
    })
    response.end(reply.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  const issuerId = `${url}/issuer`
  const root = await certificate({ name: 'Peer Root', key: await newKey(), ca: true })
  const certify: Peer['certify'] = async (name, more) =>
    certificate({ name, key: await newKey(), issuer: root, uri: `${url}/${name}`, dns: 'localhost', ...more })
  const issuer = await certify('issuer')
  const json = (body: unknown): Reply => ({ body: JSON.stringify(body) })

  handlers.set('/.well-known/openid-credential-issuer/issuer', () =>
    json({
      credential_issuer: issuerId,
      credential_endpoint: `${issuerId}/credential`,
      nonce_endpoint: `${issuerId}/nonce`,
      batch_credential_issuance: { batch_size: 10 },
      display: [{ name: 'Peer Library', locale: 'en' }],
      credential_configurations_supported: {
        card: {
          format: 'dc+sd-jwt',
          vct: VCT,
          cryptographic_binding_methods_supported: ['jwk'],
          credential_signing_alg_values_supported: ['ES256'],
          proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
          credential_metadata: { display: [{ name: 'Library Card', locale: 'en' }] },
        },
      },
    }),
  )
  handlers.set('/.well-known/oauth-authorization-server/issuer', () =>
    json({
      issuer: issuerId,
      token_endpoint: `${issuerId}/token`,
      response_types_supported: ['code'],
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:pre-authorized_code'],
      'pre-authorized_grant_anonymous_access_supported': true,
    }),
  )
  handlers.set('/issuer/token', () => json({ access_token: jti(), token_type: 'Bearer', expires_in: 300 }))
  handlers.set('/issuer/nonce', () => json({ c_nonce: jti() }))
  handlers.set('/issuer/credential', ({ body }) => {
    const proofs: string[] = JSON.parse(body).proofs.jwt
    const credentials = proofs.map((proof) => ({
      credential: card(issuerId, issuer, read(proof).header.jwk),
    }))
    return json({ credentials })
  })

  return {
    url,
    root,
    issuerId,
    seen,
    certify,
    offer() {
      const offer = {
        credential_issuer: issuerId,
        credential_configuration_ids: ['card'],
        grants: {
          'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': jti() },
        },
      }
      return `openid-credential-offer://?${new URLSearchParams({ credential_offer: JSON.stringify(offer) })}`
    },
    serve: (path, handler) => void handlers.set(path, handler),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An SD-JWT VC (RFC 9901) of the library's, bound to the holder's key. */
function card(issuerId: string, { base64, key }: { base64: string; key: Key }, jwk: PublicJwk): string {
  const disclosures = Object.entries(CARD).map((claim) => encode([jti(), ...claim]))
  const payload: Json = {
    iss: issuerId,
    vct: VCT,
    iat: now(),
    exp: now() + 86_400,
    cnf: { jwk },
    _sd_alg: 'sha-256',
    _sd: disclosures.map(sha256).sort(),
  }
  return [jws({ typ: 'dc+sd-jwt', x5c: [base64] }, payload, key), ...disclosures, ''].join('~')
}
