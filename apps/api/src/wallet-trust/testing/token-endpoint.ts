import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { errors, Provider } from 'oidc-provider'
import type { TestWalletKey } from '../../testing/wallet-key.ts'
import type { WalletTrust } from '../types.ts'

/**
 * A token endpoint of oidc-provider that gives a token to whatever client authenticates by attestation: what it refuses
 * was refused by the library's rules and by the trust, with nothing of the city's own server in between.
 */
export async function startTokenEndpoint(trust: WalletTrust, clientIds: string[]) {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clientAuthMethods: ['attest_jwt_client_auth'],
    clients: clientIds.map((client_id) => ({
      client_id,
      token_endpoint_auth_method: 'attest_jwt_client_auth' as const,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: false },
      attestClientAuth: {
        enabled: true,
        ack: 'draft-12',
        challengeSecret: Buffer.alloc(32, 1),
        getAttestationSignaturePublicKey: (_ctx: unknown, header: object, payload: object) =>
          trust.attestationKey(header, payload),
        assertAttestationJwtAndPop: async (
          _ctx: unknown,
          { payload }: { payload: { sub: string; cnf: { jwk: JWK } } },
        ) => {
          const thumbprint = await calculateJwkThumbprint(payload.cnf.jwk)
          if (!(await trust.stands(payload.sub, thumbprint))) throw new errors.InvalidClientAuth('revoked')
        },
      },
    },
  } as never)
  // The refusals under test are no news.
  provider.silent = true
  server.on('request', provider.callback())

  return {
    issuer,
    /** Asks for a token as this client, with the attestation and a fresh proof of possession by `key`. */
    ask: async (clientId: string, attestation: string, key: TestWalletKey) => {
      const challenge = (await (await fetch(`${issuer}/challenge`, { method: 'POST' })).json()) as {
        attestation_challenge: string
      }
      const pop = key.jws(
        { typ: 'oauth-client-attestation-pop+jwt', jwk: undefined },
        {
          aud: issuer,
          jti: randomUUID(),
          iat: Math.floor(Date.now() / 1000),
          challenge: challenge.attestation_challenge,
        },
      )
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { 'oauth-client-attestation': attestation, 'oauth-client-attestation-pop': pop },
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId }),
      })
      const text = await response.text()
      const body = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: string; access_token?: string }
      return { status: response.status, error: body.error }
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
