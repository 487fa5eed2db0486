import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { encryptTo } from '../conformance/encryption.ts'
import { type Key, newKeys, now } from '../conformance/jose.ts'
import { issuerOf, tokenByOffer } from '../conformance/receive.ts'
import { createWalletClient, type WalletClient } from '../conformance/wallet-client.ts'
import { faultyCompact, faultyJson, faultyJsonText, faultyJwe, type JsonObject } from './mutations.ts'
import { CODES, isHeaderValue, refuses, type Suite, spoilt } from './refusals.ts'

/** Registers the properties; the suite is filled when they run. */
export function issuer(suite: Suite): void {
  describe('the issuer', () => {
    let client: WalletClient
    let keys: Key[]
    let accessToken: string
    beforeAll(async () => {
      client = await createWalletClient(issuerOf(suite.city), suite.provider)
      keys = await newKeys(2)
      accessToken = (await tokenByOffer(suite.city, client)).access_token
    })
    const request = async (): Promise<JsonObject> => ({
      credential_configuration_id: suite.type,
      proofs: { jwt: client.proofs(keys, await client.nonce()) },
    })

    test('refuses a credential request with any member spoilt', async () => {
      const good = await request()
      await refuses({
        arbitrary: faultyJson(good),
        codes: CODES.resource,
        send: (body) => client.credential(body, { accessToken }),
      })
    })

    test('refuses a body that is not the JSON it should be', async () => {
      const good = await request()
      await refuses({
        arbitrary: faultyJsonText(good),
        codes: CODES.resource,
        send: (text) =>
          client.credential(text, { accessToken, sent: { headers: { 'content-type': 'application/json' } } }),
      })
    })

    test('refuses a key proof with any claim or header spoilt', () =>
      refuses({
        arbitrary: fc.oneof(
          spoilt('claims', { iss: client.clientId, aud: issuerOf(suite.city), iat: now(), nonce: 'a' }),
          spoilt('header', { typ: 'openid4vci-proof+jwt', alg: 'ES256', jwk: keys[0]?.jwk ?? {} }),
          spoilt('header', {
            typ: 'openid4vci-proof+jwt',
            alg: 'ES256',
            kid: 'did:jwk:e30',
            key_attestation: 'x',
          }),
        ),
        codes: CODES.resource,
        send: async (bend) =>
          client.credential(
            {
              credential_configuration_id: suite.type,
              proofs: { jwt: client.proofs(keys, await client.nonce(), bend) },
            },
            { accessToken },
          ),
      }))

    test('refuses a key attestation with any claim or header spoilt', () =>
      refuses({
        arbitrary: fc.oneof(
          spoilt('claims', {
            iat: now(),
            exp: now() + 300,
            nonce: 'a',
            attested_keys: keys.map(({ jwk }) => jwk),
          } as unknown as JsonObject),
          spoilt('header', { typ: 'key-attestation+jwt', alg: 'ES256', x5c: ['a'] }),
        ),
        codes: CODES.resource,
        send: async (bend) =>
          client.credential(
            {
              credential_configuration_id: suite.type,
              proofs: { attestation: [suite.provider.attestKeys(keys, await client.nonce(), bend)] },
            },
            { accessToken },
          ),
      }))

    test('refuses an encrypted request that was spoilt on its way, or encrypted otherwise', async () => {
      const [jwk] = client.issuer.credential_request_encryption.jwks.keys
      const body = await request()
      const jwe = await encryptTo(jwk, body, { enc: 'A256GCM' })
      await refuses({
        arbitrary: faultyJwe(jwe),
        codes: CODES.resource,
        send: (text) => client.credential(text, { accessToken }),
      })
    })

    test('refuses encryption parameters with any member spoilt', async () => {
      const [jwk] = client.issuer.credential_request_encryption.jwks.keys
      const [own] = await newKeys(1)
      await refuses({
        arbitrary: faultyJson({
          jwk: { ...own?.jwk, use: 'enc', alg: 'ECDH-ES', kid: 'mine' },
          enc: 'A256GCM',
        } as JsonObject),
        codes: CODES.resource,
        send: async (parameters) =>
          client.credential(
            await encryptTo(
              jwk,
              { ...(await request()), credential_response_encryption: parameters },
              { enc: 'A256GCM' },
            ),
            { accessToken },
          ),
      })
    })

    test('refuses what is no access token, and no proof for it', () =>
      refuses({
        arbitrary: fc.oneof(
          faultyCompact(`DPoP ${accessToken}`).filter(({ message }) => isHeaderValue(message)),
          fc.constantFrom('Bearer', 'Basic', 'DPoP', 'dpop', '').map((scheme) => ({
            what: `scheme ${scheme}`,
            message: `${scheme} ${accessToken}x`,
          })),
        ),
        codes: CODES.resource,
        send: (authorization) => client.credential({}, { accessToken, sent: { headers: { authorization } } }),
      }))

    test.each(['deferred', 'notify'] as const)('refuses a message to %s with any member spoilt', (endpoint) =>
      refuses({
        arbitrary: fc.oneof(
          faultyJson<JsonObject>(
            endpoint === 'deferred'
              ? { transaction_id: 'unknown' }
              : {
                  notification_id: crypto.randomUUID(),
                  event: 'credential_accepted',
                  event_description: 'a',
                },
          ),
        ),
        codes: CODES.resource,
        send: (body) => client[endpoint](body, { accessToken }),
      }),
    )

    test('gives the credential after all of that to a request that is right', async () => {
      const token = (await tokenByOffer(suite.city, client)).access_token
      expect(await client.credential(await request(), { accessToken: token })).toMatchObject({ status: 200 })
    })
  })
}
