import { describe, expect, test } from 'vitest'
import type { TestCity } from '../../city.ts'
import { officerOf, veterans } from '../../conformance/issuer/officer.ts'
import type { Json } from '../../conformance/jose.ts'
import type { TestProvider } from '../../conformance/wallet-provider.ts'
import { createOpenid4vcWallet } from './client.ts'

/** What Credo's wallet cannot do, asked of the clients below it. */
export function openid4vcTests(
  setup: () => { city: TestCity; provider: TestProvider; people: string[] },
): void {
  const wallet = (agency: string) =>
    createOpenid4vcWallet(`${setup().city.url}/issuers/${agency}`, setup().provider)
  const scopeOf = (issuer: Json, type: string): string =>
    issuer.credential_configurations_supported[type].scope

  describe('the clients of @openid4vc 0.4.6 and our city', () => {
    test('encrypted both ways, and the issuer is told that the card arrived', async () => {
      const { agency, type } = setup().city.credentials.sample
      const { client, metadata, dpop, encryption, signIn, proofs } = await wallet(agency)
      const scope = scopeOf(metadata.credentialIssuer, type)
      const accessToken = await signIn(scope, { person: setup().people[2] ?? '' })
      const { credentialResponse, response } = await client.retrieveCredentials({
        issuerMetadata: metadata,
        accessToken,
        credentialConfigurationId: type,
        proofs: await proofs(type, 2),
        additionalRequestPayload: { credential_response_encryption: encryption },
        dpop,
      })
      expect(response.headers.get('x-was-encrypted')).toBe('yes')
      expect(credentialResponse.credentials).toHaveLength(2)
      const notificationId = String(credentialResponse.notification_id)
      const notified = await client.sendNotification({
        issuerMetadata: metadata,
        accessToken,
        notification: { notificationId, event: 'credential_accepted' },
        dpop,
      })
      expect(notified.response.status).toBe(204)
    })

    test.each(['header', 'proof'] as const)('with a key attestation as %s', async (attested) => {
      const { agency, type } = setup().city.credentials.sample
      const { client, metadata, dpop, signIn, proofs } = await wallet(agency)
      const scope = scopeOf(metadata.credentialIssuer, type)
      const accessToken = await signIn(scope, { person: setup().people[3] ?? '' })
      const { credentialResponse } = await client.retrieveCredentials({
        issuerMetadata: metadata,
        accessToken,
        credentialConfigurationId: type,
        proofs: await proofs(type, attested === 'proof' ? 3 : 1, attested),
        dpop,
      })
      expect(credentialResponse.credentials).toHaveLength(attested === 'proof' ? 3 : 1)
    })

    test('what an officer must approve first is put off, asked for again, and then there', async () => {
      const officer = await officerOf(setup().city, 'veterans')
      const [person = ''] = await veterans(officer, 1)
      const { client, metadata, dpop, signIn, proofs } = await wallet('veterans')
      const scope = scopeOf(metadata.credentialIssuer, 'veteran')
      const accessToken = await signIn(scope, { person })
      const { credentialResponse } = await client.retrieveCredentials({
        issuerMetadata: metadata,
        accessToken,
        credentialConfigurationId: 'veteran',
        proofs: await proofs('veteran', 2),
        dpop,
      })
      const { transaction_id: transactionId, interval } = credentialResponse
      expect(credentialResponse.credentials).toBeUndefined()
      expect(interval).toBeGreaterThan(0)
      const ask = () =>
        client.retrieveDeferredCredentials({
          issuerMetadata: metadata,
          accessToken,
          transactionId: String(transactionId),
          dpop,
        })
      expect((await ask()).deferredCredentialResponse).toMatchObject({ transaction_id: transactionId })
      const { items } = await officer('/api/applications')
      expect(items).toHaveLength(1)
      await officer(`/api/applications/${items[0].id}/approve`, {})
      expect((await ask()).deferredCredentialResponse.credentials).toHaveLength(2)
    })
  })
}
