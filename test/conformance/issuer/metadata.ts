import { X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { send } from '../http.ts'
import { type Json, now, read } from '../jose.ts'
import { issuerOf } from '../receive.ts'
import { discover } from '../wallet-client.ts'
import type { Setup } from './setup.ts'

const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$/
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

export function metadataTests(setup: () => Setup): void {
  const wellKnown = () => `${setup().city.url}/.well-known/openid-credential-issuer${path()}`
  const path = () => new URL(issuerOf(setup().city)).pathname

  function checkIssuerMetadata(issuer: Json) {
    const { city } = setup()
    expect(issuer.credential_issuer).toBe(issuerOf(city))
    for (const name of ['credential', 'nonce', 'deferred_credential', 'notification'])
      expect(issuer[`${name}_endpoint`]).toMatch(city.url)
    expect(issuer.authorization_servers).toEqual([`${city.url}/oauth`])
    expect(issuer.batch_credential_issuance.batch_size).toBeGreaterThanOrEqual(2)
    const locales = issuer.display.map(({ locale }: Json) => locale)
    expect(new Set(locales).size).toBe(locales.length)
    const configurations = Object.values<Json>(issuer.credential_configurations_supported)
    expect(configurations.length).toBeGreaterThan(0)
    for (const configuration of configurations) {
      expect(configuration).toMatchObject({
        format: 'dc+sd-jwt',
        vct: expect.any(String),
        cryptographic_binding_methods_supported: ['jwk'],
        credential_signing_alg_values_supported: ['ES256'],
      })
      for (const type of ['jwt', 'attestation'])
        expect(configuration.proof_types_supported[type].proof_signing_alg_values_supported).toEqual([
          'ES256',
        ])
      for (const { locale } of configuration.credential_metadata.display) expect(locale).toMatch(LOCALE)
    }
    expect(issuer.credential_response_encryption).toMatchObject({
      alg_values_supported: ['ECDH-ES'],
      enc_values_supported: expect.arrayContaining(['A128GCM', 'A256GCM']),
      encryption_required: false,
    })
    const {
      jwks,
      enc_values_supported: enc,
      encryption_required: required,
    } = issuer.credential_request_encryption
    expect(enc).toEqual(expect.arrayContaining(['A128GCM', 'A256GCM']))
    expect(required).toBe(false)
    for (const key of jwks.keys) {
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', kid: expect.any(String) })
      expect(key).not.toHaveProperty('d')
    }
  }

  describe('metadata', () => {
    test("the issuer's metadata is complete and consistent", async () => {
      const answer = await send(wellKnown())
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/json')
      checkIssuerMetadata(answer.body)
    })

    test('every credential to be had by sign-in has a scope of its own', async () => {
      const { issuer } = await discover(issuerOf(setup().city))
      const scopes = Object.values<Json>(issuer.credential_configurations_supported).flatMap(
        ({ scope }) => scope ?? [],
      )
      expect(scopes.length).toBeGreaterThan(0)
      expect(new Set(scopes).size).toBe(scopes.length)
      for (const scope of scopes) expect(scope).toMatch(SCOPE_TOKEN)
    })

    test("the issuer's metadata is to be had signed, under a certificate of the city", async () => {
      const { city } = setup()
      const answer = await send(wellKnown(), { headers: { accept: 'application/jwt' } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/jwt')
      const { header, payload } = read(answer.text)
      expect(header.typ).toBe('openidvci-issuer-metadata+jwt')
      const { body: trust } = await send(`${city.url}/api/trust`)
      const root = new X509Certificate(Buffer.from(trust.rootCertificates[0], 'base64'))
      const [leaf, ...more] = header.x5c.map((der: string) => new X509Certificate(Buffer.from(der, 'base64')))
      expect(leaf.issuer).not.toBe(leaf.subject)
      expect([leaf, ...more].map(({ fingerprint256 }) => fingerprint256)).not.toContain(root.fingerprint256)
      expect((more.at(-1) ?? leaf).verify(root.publicKey)).toBe(true)
      await compactVerify(answer.text, leaf.publicKey)
      const { iss, sub, iat, exp, ...metadata } = payload
      expect(sub).toBe(issuerOf(city))
      expect(typeof iss).toBe('string')
      expect(iat).toBeLessThanOrEqual(now() + 60)
      expect(exp).toBeGreaterThan(now())
      checkIssuerMetadata(metadata)
    })

    test("the authorization server's metadata has what FAPI 2.0 and HAIP ask for, at both addresses", async () => {
      const { city } = setup()
      const { server } = await discover(issuerOf(city))
      expect(server).toMatchObject({
        issuer: `${city.url}/oauth`,
        response_types_supported: ['code'],
        grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
        authorization_response_iss_parameter_supported: true,
        require_pushed_authorization_requests: true,
        code_challenge_methods_supported: ['S256'],
        token_endpoint_auth_methods_supported: expect.arrayContaining(['attest_jwt_client_auth']),
        client_attestation_signing_alg_values_supported: ['ES256'],
        client_attestation_pop_signing_alg_values_supported: ['ES256'],
        dpop_signing_alg_values_supported: ['ES256'],
        authorization_details_types_supported: ['openid_credential'],
      })
      for (const name of Object.keys(server).filter((name) => name.endsWith('_endpoint')))
        expect(server[name]).toMatch(city.url)
      for (const name of ['pushed_authorization_request', 'authorization', 'token', 'challenge'])
        expect(server).toHaveProperty(`${name}_endpoint`)
      expect((await send(`${city.url}/oauth/.well-known/oauth-authorization-server`)).body).toEqual(server)
      if (server.jwks_uri) {
        const { keys } = (await send(server.jwks_uri)).body
        for (const key of keys) expect(key).not.toHaveProperty('d')
      }
    })

    test('challenges and nonces are fresh and are not to be stored', async () => {
      const { issuer, server } = await discover(issuerOf(setup().city))
      const challenge = await send(server.challenge_endpoint, { method: 'POST' })
      expect(challenge.status).toBe(200)
      expect(Object.keys(challenge.body)).toEqual(['attestation_challenge'])
      expect(challenge.headers.get('cache-control')).toContain('no-store')
      const nonces = [
        await send(issuer.nonce_endpoint, { method: 'POST' }),
        await send(issuer.nonce_endpoint, { method: 'POST' }),
      ]
      for (const nonce of nonces) {
        expect(nonce.status).toBe(200)
        expect(nonce.headers.get('cache-control')).toContain('no-store')
        expect(nonce.headers.get('dpop-nonce')).toBeTruthy()
      }
      expect(nonces[0]?.body.c_nonce).not.toBe(nonces[1]?.body.c_nonce)
    })
  })
}
