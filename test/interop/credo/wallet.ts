import { Kms } from '@credo-ts/core'
import type { OpenId4VciRequestTokenResponse, OpenId4VciResolvedCredentialOffer } from '@credo-ts/openid4vc'
import { createBrowser, type Visit } from '../../conformance/browser.ts'
import { CLIENT_ID, type TestProvider } from '../../conformance/wallet-provider.ts'
import type { CredoHolder } from './agent.ts'

const REDIRECT_URI = 'https://wallet.example/callback'

/** Receives an offer by its pre-authorized code with Credo's wallet, as many copies as the issuer allows. */
export async function credoReceive(
  credo: CredoHolder,
  offer: string,
  { txCode, provider }: { txCode: string; provider?: TestProvider },
) {
  const resolvedCredentialOffer = await credo.openid4vc.holder.resolveCredentialOffer(offer)
  const token = await credo.openid4vc.holder.requestToken({
    resolvedCredentialOffer,
    txCode,
    ...(provider ? await attested(credo, provider) : {}),
  })
  return keep(credo, resolvedCredentialOffer, token)
}

/** Receives an offer by signing in: PAR, the browser, the code. */
export async function credoReceiveBySignIn(
  credo: CredoHolder,
  offer: string,
  { provider, visit }: { provider: TestProvider; visit: Visit },
) {
  const { holder } = credo.openid4vc
  const resolvedCredentialOffer = await holder.resolveCredentialOffer(offer)
  const attestation = await attested(credo, provider)
  const client = { clientId: CLIENT_ID, redirectUri: REDIRECT_URI, ...attestation }
  const begun = await holder.resolveOpenId4VciAuthorizationRequest(resolvedCredentialOffer, client)
  if (begun.authorizationFlow !== 'Oauth2Redirect') throw new TypeError('Credo is asked to present something')
  const { returned } = await createBrowser().visit(begun.authorizationRequestUrl, REDIRECT_URI, visit)
  const { authorizationCode: code } = holder.parseAuthorizationCodeFromAuthorizationResponse({
    resolvedCredentialOffer,
    authorizationResponseRedirectUrl: String(returned),
  })
  const { codeVerifier, dpop } = begun
  const token = await holder.requestToken({
    resolvedCredentialOffer,
    code,
    ...client,
    ...(codeVerifier === undefined ? {} : { codeVerifier }),
    ...(dpop === undefined ? {} : { dpop }),
  })
  return {
    pushed: begun.authorizationRequestUrl.includes('request_uri='),
    ...(await keep(credo, resolvedCredentialOffer, token)),
  }
}

/** Asks for the copies and stores them, so that Credo can present one. */
async function keep(
  { openid4vc, kms, sdJwtVc }: CredoHolder,
  resolvedCredentialOffer: OpenId4VciResolvedCredentialOffer,
  token: OpenId4VciRequestTokenResponse,
) {
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

/** A wallet attestation over a key that Credo holds. */
async function attested({ kms }: CredoHolder, provider: TestProvider) {
  const { publicJwk } = await kms.createKeyForSignatureAlgorithm({ algorithm: 'ES256' })
  return { walletAttestationJwt: provider.attest({ jwk: publicJwk as never }) }
}

/** Answers a presentation request with whatever Credo selects; what the verifier's server said. */
export async function credoPresent(credo: CredoHolder, request: string) {
  const { serverResponse, ok } = await answer(credo, request)
  return { ok, status: serverResponse?.status, body: serverResponse?.body }
}

/** Answers a request that a web page made by the Digital Credentials API; what the page is given. */
export async function credoPresentToPage(
  credo: CredoHolder,
  request: Record<string, unknown>,
  origin: string,
) {
  return (await answer(credo, request, origin)).authorizationResponse
}

async function answer(
  { openid4vc }: CredoHolder,
  request: string | Record<string, unknown>,
  origin?: string,
) {
  const at = origin === undefined ? {} : { origin }
  const resolved = await openid4vc.holder.resolveOpenId4VpAuthorizationRequest(request, at)
  if (!resolved.dcql) throw new TypeError('Credo sees no DCQL query')
  const { transactionData } = resolved
  return openid4vc.holder.acceptOpenId4VpAuthorizationRequest({
    authorizationRequestPayload: resolved.authorizationRequestPayload,
    dcql: { credentials: openid4vc.holder.selectCredentialsForDcqlRequest(resolved.dcql.queryResult) },
    ...(transactionData
      ? {
          transactionData: transactionData.map(({ entry }) => ({
            credentialId: String(entry.transactionData.credential_ids[0]),
          })),
        }
      : {}),
    ...at,
  })
}
