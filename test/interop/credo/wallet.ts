import { Kms } from '@credo-ts/core'
import type { CredoHolder } from './agent.ts'

/** Receives an offer with Credo's wallet, as many copies as the issuer allows, and keeps it. */
export async function credoReceive(
  { openid4vc, kms, sdJwtVc }: CredoHolder,
  credentialOffer: string,
  txCode: string,
) {
  const resolvedCredentialOffer = await openid4vc.holder.resolveCredentialOffer(credentialOffer)
  const token = await openid4vc.holder.requestToken({ resolvedCredentialOffer, txCode })
  const { credentials } = await openid4vc.holder.requestCredentials({
    resolvedCredentialOffer,
    ...token,
    // It would look the status up over the network: that is the verifier's to do.
    verifyCredentialStatus: false,
    credentialBindingResolver: async ({ issuerMaxBatchSize }) => ({
      method: 'jwk',
      keys: await Promise.all(
        Array.from({ length: issuerMaxBatchSize }, async () => {
          const { publicJwk } = await kms.createKeyForSignatureAlgorithm({ algorithm: 'ES256' })
          return Kms.PublicJwk.fromPublicJwk(publicJwk)
        }),
      ),
    }),
  })
  const [credential] = credentials
  if (credential?.record.type !== 'SdJwtVcRecord') throw new TypeError('Credo received something else')
  await sdJwtVc.store({ record: credential.record })
  return { copies: credential.record.credentialInstances.length, dpop: token.dpop !== undefined }
}

/** Answers a presentation request with whatever Credo selects; what the verifier's server said. */
export async function credoPresent({ openid4vc }: CredoHolder, request: string) {
  const resolved = await openid4vc.holder.resolveOpenId4VpAuthorizationRequest(request)
  if (!resolved.dcql) throw new TypeError('Credo sees no DCQL query')
  const { ok, serverResponse } = await openid4vc.holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    dcql: { credentials: openid4vc.holder.selectCredentialsForDcqlRequest(resolved.dcql.queryResult) },
  })
  return { ok, status: serverResponse?.status, body: serverResponse?.body }
}
