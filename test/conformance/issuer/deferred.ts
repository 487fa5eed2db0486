import { beforeAll, describe, expect, test } from 'vitest'
import { scopeOf, tokenBySignIn } from '../authorize.ts'
import { decryptWith, encryptionJwk, encryptTo } from '../encryption.ts'
import type { Answer } from '../http.ts'
import { type Json, jti, newKey, newKeys } from '../jose.ts'
import { issuerOf } from '../receive.ts'
import { createWalletClient } from '../wallet-client.ts'
import { type Officer, officerOf, veterans } from './officer.ts'
import type { Setup } from './setup.ts'

const TYPE = 'veteran'

export function deferredTests(setup: () => Setup): void {
  let officer: Officer
  let people: string[]

  /** A wallet that has asked for a card which an officer must approve first. */
  async function apply(person = '') {
    const { city, provider } = setup()
    const client = await createWalletClient(issuerOf(city, 'veterans'), provider, { person })
    const { access_token: accessToken } = await tokenBySignIn(client, { scope: scopeOf(client, TYPE) })
    const keys = await newKeys(2)
    const ask = async (more: object = {}) => ({
      credential_configuration_id: TYPE,
      proofs: { jwt: client.proofs(keys, await client.nonce()) },
      ...more,
    })
    return { client, accessToken: accessToken as string, ask }
  }
  const waiting = async (): Promise<Json> => (await officer('/api/applications')).items[0]
  function expectWaiting({ status, headers, body }: Answer, transactionId?: string) {
    expect(status).toBe(202)
    expect(headers.get('content-type')).toContain('application/json')
    expect(Object.keys(body).sort()).toEqual(['interval', 'transaction_id'])
    expect(body.interval).toBeGreaterThan(0)
    if (transactionId !== undefined) expect(body.transaction_id).toBe(transactionId)
  }

  describe('delivery that is put off', () => {
    beforeAll(async () => {
      officer = await officerOf(setup().city, 'veterans')
      people = await veterans(officer, 3)
    })

    test('waits for the officer, then brings the copies, and the notification is taken', async () => {
      const { client, accessToken, ask } = await apply(people[0])
      const first = await client.credential(await ask(), { accessToken })
      expectWaiting(first)
      const { transaction_id } = first.body
      expectWaiting(await client.deferred({ transaction_id }, { accessToken }), transaction_id)
      await officer(`/api/applications/${(await waiting()).id}/approve`, {})
      const answer = await client.deferred({ transaction_id, surprise: 1 }, { accessToken })
      expect(answer.status).toBe(200)
      expect(answer.body.credentials).toHaveLength(2)
      const { notification_id } = answer.body
      const notified = await client.notify({ notification_id, event: 'credential_accepted' }, { accessToken })
      expect(notified.status).toBe(204)
    })

    test('encrypted both ways', async () => {
      const { client, accessToken, ask } = await apply(people[1])
      const key = await newKey()
      const [jwk] = client.issuer.credential_request_encryption.jwks.keys
      const wish = { credential_response_encryption: { jwk: encryptionJwk(key), enc: 'A128GCM' } }
      const open = async (answer: Answer): Promise<Json> =>
        answer.headers.get('content-type')?.includes('application/jwt')
          ? (await decryptWith(key, answer.text)).content
          : answer.body
      const first = await client.credential(await encryptTo(jwk, await ask(wish)), { accessToken })
      expect(first.status).toBe(202)
      expect(first.headers.get('content-type')).toContain('application/jwt')
      const { transaction_id } = await open(first)
      const pending = await client.deferred(await encryptTo(jwk, { transaction_id, ...wish }), {
        accessToken,
      })
      expect(pending.status).toBe(202)
      expect(await open(pending)).toMatchObject({ transaction_id, interval: expect.any(Number) })
      await officer(`/api/applications/${(await waiting()).id}/approve`, {})
      const request = await encryptTo(jwk, { transaction_id, ...wish })
      const answer = await client.deferred(request, { accessToken })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('content-type')).toContain('application/jwt')
      expect((await open(answer)).credentials).toHaveLength(2)
    })

    test('tells the wallet of a refusal, and knows no transaction of somebody else', async () => {
      const { client, accessToken, ask } = await apply(people[2])
      const { body } = await client.credential(await ask(), { accessToken })
      const unknown = await client.deferred({ transaction_id: jti() }, { accessToken })
      expect([unknown.status, unknown.body.error]).toEqual([400, 'invalid_transaction_id'])
      await officer(`/api/applications/${(await waiting()).id}/refuse`, { reason: '서류가 부족해요' })
      const refused = await client.deferred({ transaction_id: body.transaction_id }, { accessToken })
      expect([refused.status, refused.body.error]).toEqual([400, 'credential_request_denied'])
    })
  })
}
