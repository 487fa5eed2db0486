import { describe, expect, test } from 'vitest'
import { authorize, redeem, scopeOf, tokenBySignIn } from '../authorize.ts'
import { encryptionJwk } from '../encryption.ts'
import { breakSignature, type Json, jti, newKey, newKeys } from '../jose.ts'
import { offer, requestCredential } from '../receive.ts'
import type { WalletClient } from '../wallet-client.ts'
import { OTHER_CLIENT_ID } from '../wallet-provider.ts'
import { expectSound, expectUnlinkable } from './credential-checks.ts'
import { newWallet, type Setup, typeOf } from './setup.ts'

export function issuanceTests(setup: () => Setup): void {
  const byScope = (client: WalletClient) => ({ scope: scopeOf(client, typeOf(setup())) })
  const vctOf = (client: WalletClient): string =>
    client.issuer.credential_configurations_supported[typeOf(setup())].vct
  /** A wallet with a token for one credential. */
  async function authorized(visit = {}) {
    const client = await newWallet(setup())
    const { access_token: accessToken } = await tokenBySignIn(client, byScope(client), visit)
    return { client, accessToken: accessToken as string }
  }
  /** A credential request of one key that is right but for `change`. */
  async function ask(
    client: WalletClient,
    accessToken: string,
    change: (request: Json, nonce: string) => Json,
  ) {
    const nonce = await client.nonce()
    const request = {
      credential_configuration_id: typeOf(setup()),
      proofs: { jwt: client.proofs(await newKeys(1), nonce) },
    }
    return client.credential({ ...request, ...change(request, nonce) }, { accessToken })
  }

  describe('issuance', () => {
    test('by sign-in and scope: a sound credential, and the notification is taken', async () => {
      const client = await newWallet(setup())
      // What nobody knows is ignored, in every message.
      const surprise = { [`x-${jti().slice(0, 8)}`]: 'to be ignored' }
      const authorization = await authorize(client, { ...byScope(client), ...surprise })
      const { query, state } = authorization
      expect(query.get('error')).toBeNull()
      expect(query.get('state')).toBe(state)
      expect(query.get('iss')).toBe(client.server.issuer)
      expect(query.get('code')).toMatch(/^[\w-]{32,}$/)
      const token = await redeem(client, authorization, surprise)
      expect(token.status).toBe(200)
      expect(token.headers.get('cache-control')).toContain('no-store')
      expect(token.body).toMatchObject({ token_type: 'DPoP', expires_in: expect.any(Number) })
      expect(token.body.access_token).toMatch(/^[\w-]{32,}$/)
      expect(token.body).not.toHaveProperty('id_token')
      const accessToken = token.body.access_token
      const [key] = await newKeys(1)
      if (!key) throw new Error('no key')
      const proofs = { jwt: client.proofs([key], await client.nonce()) }
      const answer = await client.credential(
        { credential_configuration_id: typeOf(setup()), proofs, ...surprise },
        { accessToken },
      )
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.headers.get('date')).toBeTruthy()
      expect(Object.keys(answer.body).sort()).toEqual(['credentials', 'notification_id'])
      const { city } = setup()
      await expectSound(answer.body.credentials[0].credential, { key, vct: vctOf(client), origin: city.url })
      const notified = await client.notify(
        { notification_id: answer.body.notification_id, event: 'credential_accepted', ...surprise },
        { accessToken },
      )
      expect(notified.status).toBe(204)
    })

    test('by authorization_details: the token names the credential, which is then asked for by that name', async () => {
      const client = await newWallet(setup())
      const { credential_issuer: issuer } = client.issuer
      const details = [
        { type: 'openid_credential', credential_configuration_id: typeOf(setup()), locations: [issuer] },
      ]
      const token = await tokenBySignIn(client, { authorization_details: JSON.stringify(details) })
      const [detail] = token.authorization_details
      expect(detail).toMatchObject({
        type: 'openid_credential',
        credential_configuration_id: typeOf(setup()),
        credential_identifiers: [expect.any(String)],
      })
      const answer = await ask(client, token.access_token, () => ({
        credential_configuration_id: undefined,
        credential_identifier: detail.credential_identifiers[0],
      }))
      expect(answer.status).toBe(200)
    })

    test("by an officer's offer with issuer_state: whoever it is for signs in, and nobody else", async () => {
      const { city } = setup()
      const [one = '', other = ''] = setup().people
      const { grants } = await offer(city, { subject: one, grant: 'authorization_code' })
      expect(grants.authorization_code.issuer_state).toBeTruthy()
      const client = await newWallet(setup())
      const more = { ...byScope(client), issuer_state: grants.authorization_code.issuer_state }
      const refused = await authorize(client, more, { visit: { person: other } })
      expect(refused.query.get('code')).toBeNull()
      expect(refused.end.page?.status).toBe(403)
      const { access_token: accessToken } = await tokenBySignIn(client, more, { person: one })
      const copies = await requestCredential(client, accessToken, {
        keys: await newKeys(1),
        type: typeOf(setup()),
      })
      expect(copies).toHaveLength(1)
    })

    test('more requests on the same token are answered, whatever the wallet accepts and adds', async () => {
      const { client, accessToken } = await authorized()
      const keys = await newKeys(1)
      for (const headers of [
        {},
        { 'x-fapi-customer-ip-address': '2001:db8::1', accept: 'application/json; charset=utf-8' },
        { accept: '*/*' },
      ]) {
        const proofs = { jwt: client.proofs(keys, await client.nonce()) }
        const body = { credential_configuration_id: typeOf(setup()), proofs }
        expect((await client.credential(body, { accessToken, sent: { headers } })).status).toBe(200)
      }
    })

    test("two wallets, one after another; one's token is worth nothing with the other's key", async () => {
      const redirectUri = 'https://wallet.example/callback?dummy1=lorem&dummy2=ipsum'
      const first = await authorized()
      const client = await newWallet(setup(), { clientId: OTHER_CLIENT_ID, redirectUri })
      const authorization = await authorize(client, { ...byScope(client), state: 's'.repeat(128) })
      expect(Object.fromEntries(authorization.query)).toMatchObject({
        dummy1: 'lorem',
        dummy2: 'ipsum',
        state: 's'.repeat(128),
      })
      const { body } = await redeem(client, authorization)
      const keys = await newKeys(1)
      await requestCredential(client, body.access_token, { keys, type: typeOf(setup()) })
      const stolen = await ask(first.client, body.access_token, () => ({}))
      expect(stolen.status).toBe(401)
    })

    test('a batch: as many copies as proofs, each for its own key, and nothing that links them', async () => {
      const { client, accessToken } = await authorized()
      const keys = await newKeys(client.issuer.batch_credential_issuance.batch_size)
      const copies = await requestCredential(client, accessToken, { keys, type: typeOf(setup()) })
      const { city } = setup()
      for (const { credential, key } of copies.slice(0, 2))
        await expectSound(credential, { key, vct: vctOf(client), origin: city.url })
      expectUnlinkable(copies.map(({ credential }) => credential))
    })

    test('a proof by key attestation gives a copy for each attested key', async () => {
      const { client, accessToken } = await authorized()
      const keys = await newKeys(3)
      const attestation = setup().provider.attestKeys(keys, await client.nonce())
      const answer = await ask(client, accessToken, () => ({ proofs: { attestation: [attestation] } }))
      expect(answer.status).toBe(200)
      expect(answer.body.credentials).toHaveLength(3)
    })

    test('a jwt proof may carry the attestation of its key in the header', async () => {
      const { client, accessToken } = await authorized()
      const [key = await newKey()] = await newKeys(1)
      const nonce = await client.nonce()
      const header = { key_attestation: setup().provider.attestKeys([key], nonce) }
      const answer = await ask(client, accessToken, () => ({
        proofs: { jwt: client.proofs([key], nonce, { header }) },
      }))
      expect(answer.status).toBe(200)
    })
  })

  describe('what the credential endpoint refuses, each with its code', () => {
    const expectRefused = async (
      error: string,
      change: (client: WalletClient, nonce: string) => Promise<Json>,
    ) => {
      const { client, accessToken } = await authorized()
      const answer = await client.credential(
        { credential_configuration_id: typeOf(setup()), ...(await change(client, await client.nonce())) },
        { accessToken },
      )
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.body.error).toBe(error)
      expect(answer.body.error_description ?? '').toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/)
    }
    const jwtProof = async (client: WalletClient, nonce: string) => client.proofs(await newKeys(1), nonce)

    test('a nonce that is not ours', () =>
      expectRefused('invalid_nonce', async (client) => ({ proofs: { jwt: await jwtProof(client, jti()) } })))

    test('a key proof whose signature does not match', () =>
      expectRefused('invalid_proof', async (client, nonce) => ({
        proofs: { jwt: (await jwtProof(client, nonce)).map(breakSignature) },
      })))

    test('a key proof for another issuer', () =>
      expectRefused('invalid_proof', async (client, nonce) => ({
        proofs: {
          jwt: client.proofs(await newKeys(1), nonce, { claims: { aud: 'https://other.example' } }),
        },
      })))

    test('a key attestation whose signature does not match', () =>
      expectRefused('invalid_proof', async (_client, nonce) => ({
        proofs: { attestation: [breakSignature(setup().provider.attestKeys(await newKeys(1), nonce))] },
      })))

    test('an encrypted answer to a request in the open', () =>
      expectRefused('invalid_encryption_parameters', async (client, nonce) => ({
        proofs: { jwt: await jwtProof(client, nonce) },
        credential_response_encryption: { jwk: encryptionJwk(await newKey()), enc: 'A256GCM' },
      })))

    test('no proof', () => expectRefused('invalid_proof', async () => ({})))

    test('an unknown credential configuration', () =>
      expectRefused('unknown_credential_configuration', async (client, nonce) => ({
        credential_configuration_id: `unknown-${jti()}`,
        proofs: { jwt: await jwtProof(client, nonce) },
      })))

    test('an unknown credential identifier', () =>
      expectRefused('unknown_credential_identifier', async (client, nonce) => ({
        credential_configuration_id: undefined,
        credential_identifier: `unknown:${jti()}`,
        proofs: { jwt: await jwtProof(client, nonce) },
      })))

    test('an access token in the query', async () => {
      const { client, accessToken } = await authorized()
      const proofs = { jwt: await jwtProof(client, await client.nonce()) }
      const answer = await client.credential(
        { credential_configuration_id: typeOf(setup()), proofs },
        {
          accessToken,
          scheme: '',
          url: `${client.issuer.credential_endpoint}?${new URLSearchParams({ access_token: accessToken })}`,
        },
      )
      expect([400, 401]).toContain(answer.status)
    })
  })
}
