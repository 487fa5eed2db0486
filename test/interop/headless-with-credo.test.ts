import type {
  OpenId4VciCredentialConfigurationSupportedWithFormats,
  OpenId4VpCreateAuthorizationRequestOptions,
} from '@credo-ts/openid4vc'
import { type AttestPort, createHolder, createMemoryKeys, createMemoryStore, type Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBrowser } from '../conformance/browser.ts'
import { CLIENT_ID, createTestProvider, type TestProvider } from '../conformance/wallet-provider.ts'
import { type CredoServer, createCredoHolder, credoCertificates, startCredo } from './credo/agent.ts'
import { type SignInServer, startSignInServer } from './credo/sign-in-server.ts'
import { credoPresent, credoReceive } from './credo/wallet.ts'

const RETURN = 'https://wallet.example/return'
const ORIGIN = 'https://library.example'
/** What the wallet's city knows, and what the verifier asks for. */
const LOAN = {
  id: 'example.library.loan',
  name: { ko: '책 빌리기', en: 'Loan of a book' },
  sentence: { ko: '{book}을 빌려요.', en: 'I borrow {book}.' },
  fields: { book: 'reference' as const },
}

const VCT = 'https://foreign.example/types/student'
const TYPE: OpenId4VciCredentialConfigurationSupportedWithFormats = {
  format: 'dc+sd-jwt',
  vct: VCT,
  scope: 'student',
  cryptographic_binding_methods_supported: ['jwk'],
  credential_signing_alg_values_supported: ['ES256'],
  proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['ES256'] } },
  credential_metadata: {
    display: [
      { name: '학생증', locale: 'ko-KR' },
      { name: 'Student Card', locale: 'en' },
    ],
    claims: [{ path: ['name'] as [string], display: [{ name: '이름', locale: 'ko' }] }],
  },
}

/** Credo 0.6.3 checks wallet attestations, and its metadata does not say so: without this no wallet would send one. */
const advertised: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (!String(input).includes('/.well-known/oauth-authorization-server/oid4vci')) return response
  const metadata = (await response.json()) as object
  return Response.json({ ...metadata, token_endpoint_auth_methods_supported: ['attest_jwt_client_auth'] })
}

type Certificates = Awaited<ReturnType<typeof credoCertificates<'Credo School' | 'Credo Library'>>>
let credo: CredoServer
let signIn: SignInServer
let provider: TestProvider
let certificates: Certificates
let holder: Holder
let issuerId: string
let verifierId: string

beforeAll(async () => {
  provider = await createTestProvider()
  signIn = await startSignInServer()
  credo = await startCredo(({ holderBinding }) => ({
    type: 'credentials',
    format: 'dc+sd-jwt',
    credentials: holderBinding.keys.map(({ jwk }) => ({
      payload: { vct: VCT, name: '홍길동', school: 'Incheon High', birth_date: '2008-04-01' },
      disclosureFrame: { _sd: ['name', 'school', 'birth_date'] },
      holder: { method: 'jwk', jwk },
      issuer: {
        method: 'x5c',
        x5c: [certificates.leaves['Credo School']],
        issuer: `${credo.url}/oid4vci/${issuerId}`,
      },
    })),
  }))
  const issuer = await credo.agent.openid4vc.issuer.createIssuer({
    issuerId: 'school',
    batchCredentialIssuance: { batchSize: 4 },
    dpopSigningAlgValuesSupported: ['ES256'],
    display: [{ name: 'Credo School', locale: 'en' }],
    credentialConfigurationsSupported: { student: TYPE },
    authorizationServerConfigs: [signIn.config],
  })
  issuerId = issuer.issuerId
  verifierId = (await credo.agent.openid4vc.verifier.createVerifier()).verifierId
  certificates = await credoCertificates(credo, {
    'Credo School': `${credo.url}/oid4vci/${issuerId}`,
    'Credo Library': `${credo.url}/oid4vp/${verifierId}`,
  })
  credo.agent.x509.config.addTrustedCertificate(provider.rootCertificate)
  const keys = createMemoryKeys()
  const key = await keys.generate()
  const attestation = provider.attest({ jwk: key.publicJwk })
  const attest: AttestPort = {
    client: async () => ({ clientId: CLIENT_ID, attestation, key }),
    keys: async (held, nonce) =>
      provider.attestKeys(
        held.map(({ publicJwk: jwk }) => ({ jwk })),
        nonce,
      ),
  }
  holder = createHolder({
    keys,
    attest,
    store: createMemoryStore(),
    fetch: advertised,
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => ({ rootCertificates: [certificates.root], transactionTypes: [LOAN] }),
    allowInsecure: true,
  })
})
afterAll(async () => {
  await credo?.stop()
  await signIn?.stop()
  provider?.remove()
})

async function offer() {
  const { credentialOffer, issuanceSession } = await credo.agent.openid4vc.issuer.createCredentialOffer({
    issuerId,
    credentialConfigurationIds: ['student'],
    preAuthorizedCodeFlowConfig: { txCode: { input_mode: 'numeric', length: 4 } },
  })
  return { text: credentialOffer, txCode: issuanceSession.userPin ?? '' }
}

async function ask(more: Partial<OpenId4VpCreateAuthorizationRequestOptions> = {}) {
  const { authorizationRequest, authorizationRequestObject, verificationSession } =
    await credo.agent.openid4vc.verifier.createAuthorizationRequest({
      verifierId,
      requestSigner: {
        method: 'x5c',
        x5c: [certificates.leaves['Credo Library']],
        clientIdPrefix: 'x509_hash',
      },
      responseMode: 'direct_post.jwt',
      version: 'v1',
      dcql: {
        query: {
          credentials: [
            { id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [VCT] }, claims: [{ path: ['school'] }] },
          ],
        },
      },
      ...more,
    } as OpenId4VpCreateAuthorizationRequestOptions & { verifierId: string })
  const verified = () =>
    credo.agent.openid4vc.verifier.getVerifiedAuthorizationResponse(verificationSession.id)
  return {
    id: verificationSession.id,
    text: authorizationRequest,
    object: authorizationRequestObject,
    verified,
    learnt: async () => JSON.stringify((await verified()).dcql?.presentations['card']),
  }
}

describe('our holder, with an issuer and a verifier by Credo', () => {
  test('receives a batch of four copies with a transaction code, once the code is right', async () => {
    const { text, txCode } = await offer()
    const preview = await holder.readOffer(text)
    expect(preview.types[0]?.name).toEqual({ ko: '학생증', en: 'Student Card' })
    const wrong = txCode === '0000' ? '1111' : '0000'
    await expect(holder.receive(preview, { txCode: wrong })).rejects.toMatchObject({ code: 'tx_code_wrong' })
    const [credential] = (await holder.receive(preview, { txCode })).credentials
    expect(credential?.copies).toHaveLength(4)
    expect(credential?.claims).toContainEqual({
      path: ['name'],
      label: { ko: '이름', en: '이름' },
      value: '홍길동',
    })
  })

  test('presents one claim of it, and the verifier accepts and learns nothing else', async () => {
    const request = await ask()
    const preview = await holder.readRequest(request.text)
    expect(preview.verifier.name).toBe('Credo Library')
    expect(preview.registered).toBe(false)
    expect(await holder.present(preview)).toMatchObject({ outcome: 'accepted' })
    expect(await request.learnt()).toContain('Incheon High')
    expect(await request.learnt()).not.toMatch(/홍길동|2008-04-01/)
  })

  test('approves a transaction, and the verifier finds it signed', async () => {
    const request = await ask({
      transactionData: [{ type: LOAN.id, credential_ids: ['card'], book: 'L-1024' }],
    })
    const preview = await holder.readRequest(request.text)
    expect(preview.transactions).toHaveLength(1)
    expect(await holder.present(preview)).toMatchObject({ outcome: 'accepted' })
    expect((await request.verified()).transactionData).toHaveLength(1)
  })

  test('answers a web page by the Digital Credentials API, and the verifier accepts', async () => {
    const request = await ask({ responseMode: 'dc_api.jwt', expectedOrigins: [ORIGIN] })
    const preview = await holder.readDcApiRequest({
      protocol: 'openid4vp-v1-signed',
      data: request.object,
      origin: ORIGIN,
    })
    const { response } = await holder.present(preview)
    const { dcql } = await credo.agent.openid4vc.verifier.verifyAuthorizationResponse({
      verificationSessionId: request.id,
      authorizationResponse: { ...response },
      origin: ORIGIN,
    })
    expect(JSON.stringify(dcql?.presentations['card'])).toContain('Incheon High')
  })

  test('receives by signing in: attested, a pushed request, a code, and the copies', async () => {
    const { credentialOffer } = await credo.agent.openid4vc.issuer.createCredentialOffer({
      issuerId,
      credentialConfigurationIds: ['student'],
      authorizationCodeFlowConfig: { authorizationServerUrl: signIn.config.issuer },
      authorization: { requireWalletAttestation: true, requireDpop: true },
    })
    const preview = await holder.readOffer(credentialOffer)
    expect(preview.signIn).toBe(true)
    const { url } = await holder.beginSignIn(preview, RETURN)
    expect(new URL(url).searchParams.get('request_uri')).toBeTruthy()
    const { returned } = await createBrowser().visit(url, RETURN)
    const [credential] = (await holder.completeSignIn(String(returned))).credentials
    expect(credential?.copies).toHaveLength(4)
  })

  test("the control: Credo's own wallet passes the same offer and the same request", async () => {
    const wallet = await createCredoHolder([certificates.root])
    const { text, txCode } = await offer()
    expect(await credoReceive(wallet, text, { txCode })).toEqual({ copies: 4, dpop: true })
    expect(await credoPresent(wallet, (await ask()).text)).toMatchObject({ ok: true, status: 200 })
    await wallet.shutdown()
  })
})
