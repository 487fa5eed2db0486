import { describe, expect, test } from 'vitest'
import { type Authorization, authorize, redeem, scopeOf, tokenBySignIn } from '../authorize.ts'
import type { Answer } from '../http.ts'
import { jti, newKey, newKeys } from '../jose.ts'
import { requestCredential } from '../receive.ts'
import type { Parameters, RequestOptions, WalletClient } from '../wallet-client.ts'
import { OTHER_CLIENT_ID } from '../wallet-provider.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

const PROOF_ERRORS = ['invalid_request', 'invalid_grant', 'invalid_dpop_proof']
const CLIENT_ERRORS = [
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_client_attestation',
  'use_fresh_attestation',
]

/** An error of the token endpoint (RFC 6749 section 5.2). */
function expectError({ status, headers, body }: Answer, statuses: number[], errors: string[]): void {
  expect(errors).toContain(body.error)
  expect(statuses).toContain(status)
  expect(headers.get('content-type')).toContain('application/json')
  expect(body.error_description ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/)
}

export function tokenTests(setup: () => Setup): void {
  async function withCode(): Promise<{ client: WalletClient; authorization: Authorization }> {
    const client = await newWallet(setup())
    return { client, authorization: await authorize(client, { scope: scopeOf(client, typeOf(setup())) }) }
  }

  describe('the token endpoint, with a code', () => {
    test('without the code verifier, and with a wrong one', async () => {
      for (const code_verifier of [undefined, `${jti()}${jti()}`]) {
        const { client, authorization } = await withCode()
        expectError(await redeem(client, authorization, { code_verifier }), [400], ['invalid_grant'])
      }
    })

    test('without a DPoP proof', async () => {
      const { client, authorization } = await withCode()
      expectError(await redeem(client, authorization, {}, { dpop: 'none' }), [400], PROOF_ERRORS)
    })

    test("with another wallet's client_id beside the attestation", async () => {
      const { client, authorization } = await withCode()
      const answer = await redeem(client, authorization, { client_id: OTHER_CLIENT_ID })
      expectError(answer, [400, 401], ['invalid_client', 'invalid_grant'])
    })

    test('by another wallet', async () => {
      const { authorization } = await withCode()
      const other = await newWallet(setup(), { clientId: OTHER_CLIENT_ID })
      expectError(await redeem(other, authorization), [400], ['invalid_grant'])
    })

    test('a second time: the code is spent, and the token that it gave is void', async () => {
      const { client, authorization } = await withCode()
      const { body } = await redeem(client, authorization)
      expectError(await redeem(client, authorization), [400], ['invalid_grant'])
      const proofs = { jwt: client.proofs(await newKeys(1), await client.nonce()) }
      const request = { credential_configuration_id: typeOf(setup()), proofs }
      expect((await client.credential(request, { accessToken: body.access_token })).status).toBe(401)
    })
  })

  describe('the token endpoint, with a refresh token', () => {
    async function withRefreshToken() {
      const client = await newWallet(setup())
      const scope = scopeOf(client, typeOf(setup()))
      const { refresh_token, access_token } = await tokenBySignIn(client, { scope })
      expect(refresh_token).toMatch(/^[\w-]{32,}$/)
      const refresh = (more: Parameters = {}, options?: RequestOptions, by = client) =>
        by.token({ grant_type: 'refresh_token', refresh_token, scope, ...more }, options)
      return { client, refresh, access_token }
    }

    test('a wallet gets a new token, also under a new DPoP key, and with it a credential', async () => {
      const { client, refresh, access_token } = await withRefreshToken()
      client.dpopKey = await newKey()
      const answer = await refresh()
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toContain('no-store')
      expect(answer.body).toMatchObject({ token_type: 'DPoP', expires_in: expect.any(Number) })
      expect(answer.body.access_token).not.toBe(access_token)
      const accessToken = answer.body.access_token
      const keys = await newKeys(1)
      const copies = await requestCredential(client, accessToken, { keys, type: typeOf(setup()) })
      expect(copies).toHaveLength(1)
    })

    test('what it gave before stays good when the answer is lost', async () => {
      const { refresh } = await withRefreshToken()
      for (let i = 0; i < 3; i++) expect((await refresh()).status).toBe(200)
    })

    test('another attested key of the same wallet is refused', async () => {
      const { client, refresh } = await withRefreshToken()
      client.instanceKey = await newKey()
      expectError(await refresh(), [400, 401], CLIENT_ERRORS)
    })

    test('without client authentication', async () => {
      const { refresh } = await withRefreshToken()
      expectError(await refresh({}, { auth: 'none' }), [400, 401], CLIENT_ERRORS)
    })

    test('without a DPoP proof', async () => {
      const { refresh } = await withRefreshToken()
      expectError(await refresh({}, { dpop: 'none' }), [400], PROOF_ERRORS)
    })

    test('by another wallet', async () => {
      const { refresh } = await withRefreshToken()
      const other = await newWallet(setup(), { clientId: OTHER_CLIENT_ID })
      expectError(await refresh({}, undefined, other), [400], ['invalid_grant'])
    })
  })
}
