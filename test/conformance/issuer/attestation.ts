import { describe, expect, test } from 'vitest'
import { authorizationRequest, scopeOf } from '../authorize.ts'
import { breakSignature, newKey, now, sha256 } from '../jose.ts'
import type { Authentication } from '../wallet-client.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

const ERRORS = ['invalid_client', 'invalid_request', 'invalid_client_attestation', 'use_fresh_attestation']

export function attestationTests(setup: () => Setup): void {
  async function push(auth: Authentication) {
    const client = await newWallet(setup())
    const { parameters } = authorizationRequest(client, { scope: scopeOf(client, typeOf(setup())) })
    return client.par(parameters, { auth })
  }
  async function expectRefused(auth: Authentication) {
    const answer = await push(auth)
    expect([400, 401]).toContain(answer.status)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(ERRORS).toContain(answer.body.error)
  }

  describe('client attestation', () => {
    test('the right one is taken', async () => expect((await push({})).status).toBe(201))

    test('a proof of possession without a challenge is taken while it is fresh, for wallets that know none', async () => {
      const challenge = undefined
      expect((await push({ pop: { claims: { challenge } } })).status).toBe(201)
      const old = { challenge, iat: now() - 120, nbf: now() - 120 }
      expect((await push({ pop: { claims: old } })).status).toBeGreaterThanOrEqual(400)
    })

    test('a challenge that is not ours is answered with one that is', async () => {
      const answer = await push({ pop: { claims: { challenge: sha256('not from here') } } })
      expect(answer.body.error).toBe('use_attestation_challenge')
      expect(answer.headers.get('oauth-client-attestation-challenge')).toMatch(/^[\w.~-]{16,512}$/)
    })

    test('a broken signature of the attestation', () => expectRefused({ attestationJwt: breakSignature }))

    test('a broken signature of the proof of possession', () => expectRefused({ popJwt: breakSignature }))

    test('an attestation that has expired', () =>
      expectRefused({ attestation: { claims: { iat: now() - 1200, nbf: now() - 1200, exp: now() - 600 } } }))

    test('an attestation whose chain contains the trust anchor', () => {
      const { signer, rootCertificate } = setup().provider
      return expectRefused({ attestation: { header: { x5c: [...signer.x5c, rootCertificate] } } })
    })

    test('an attestation without sub', () => expectRefused({ attestation: { claims: { sub: undefined } } }))

    test('a proof of possession for another server', () =>
      expectRefused({ pop: { claims: { aud: 'https://other.example' } } }))

    test('a proof of possession by another key than the attested', async () =>
      expectRefused({ popKey: await newKey() }))

    test('an attestation by nobody whom the city trusts', async () => {
      const { createTestProvider } = await import('../wallet-provider.ts')
      const stranger = await createTestProvider()
      const client = await newWallet(setup())
      const { parameters } = authorizationRequest(client, { scope: scopeOf(client, typeOf(setup())) })
      const answer = await client.par(parameters, {
        auth: { attestationJwt: () => stranger.attest(client.instanceKey) },
      })
      stranger.remove()
      expect([400, 401]).toContain(answer.status)
      expect(ERRORS).toContain(answer.body.error)
    })

    test('a client id that the provider may not speak for', () =>
      expectRefused({
        attestation: { claims: { sub: 'https://other.example/wallet' } },
        pop: { claims: { iss: 'https://other.example/wallet' } },
      }))

    test('a proof of possession that was used before', async () => {
      const client = await newWallet(setup())
      const { parameters } = authorizationRequest(client, { scope: scopeOf(client, typeOf(setup())) })
      const headers = await client.authenticate()
      const sent = { sent: { headers }, auth: 'none' as const }
      expect((await client.par(parameters, sent)).status).toBe(201)
      const again = await client.par(parameters, sent)
      expect([400, 401]).toContain(again.status)
      expect(ERRORS).toContain(again.body.error)
    })
  })
}
