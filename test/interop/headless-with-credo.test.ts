import type { OpenId4VciCredentialConfigurationSupportedWithFormats } from '@credo-ts/openid4vc'
import { createHolder, createMemoryKeys, createMemoryStore, type Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CredoServer, createCredoHolder, credoCertificates, startCredo } from './credo/agent.ts'
import { credoPresent, credoReceive } from './credo/wallet.ts'

const VCT = 'https://foreign.example/types/student'
const TYPE: OpenId4VciCredentialConfigurationSupportedWithFormats = {
  format: 'dc+sd-jwt',
  vct: VCT,
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

type Certificates = Awaited<ReturnType<typeof credoCertificates<'Credo School' | 'Credo Library'>>>
let credo: CredoServer
let certificates: Certificates
let holder: Holder
let issuerId: string
let verifierId: string

beforeAll(async () => {
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
  })
  issuerId = issuer.issuerId
  verifierId = (await credo.agent.openid4vc.verifier.createVerifier()).verifierId
  certificates = await credoCertificates(credo, {
    'Credo School': `${credo.url}/oid4vci/${issuerId}`,
    'Credo Library': `${credo.url}/oid4vp/${verifierId}`,
  })
  holder = createHolder({
    keys: createMemoryKeys(),
    store: createMemoryStore(),
    fetch,
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => ({ rootCertificates: [certificates.root] }),
    allowInsecure: true,
  })
})
afterAll(() => credo?.stop())

async function offer() {
  const { credentialOffer, issuanceSession } = await credo.agent.openid4vc.issuer.createCredentialOffer({
    issuerId,
    credentialConfigurationIds: ['student'],
    preAuthorizedCodeFlowConfig: { txCode: { input_mode: 'numeric', length: 4 } },
  })
  return { text: credentialOffer, txCode: issuanceSession.userPin ?? '' }
}

async function ask() {
  const { authorizationRequest, verificationSession } =
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
    })
  return {
    text: authorizationRequest,
    async learnt() {
      const { dcql } = await credo.agent.openid4vc.verifier.getVerifiedAuthorizationResponse(
        verificationSession.id,
      )
      return JSON.stringify(dcql?.presentations['card'])
    },
  }
}

describe('our holder, with an issuer and a verifier by Credo', () => {
  test('receives a batch of four copies with a transaction code, once the code is right', async () => {
    const { text, txCode } = await offer()
    const preview = await holder.readOffer(text)
    expect(preview.types[0]?.name).toEqual({ ko: '학생증', en: 'Student Card' })
    const wrong = txCode === '0000' ? '1111' : '0000'
    await expect(holder.receive(preview, { txCode: wrong })).rejects.toMatchObject({ code: 'tx_code_wrong' })
    const [credential] = await holder.receive(preview, { txCode })
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

  test("the control: Credo's own wallet passes the same offer and the same request", async () => {
    const wallet = await createCredoHolder([certificates.root])
    const { text, txCode } = await offer()
    expect(await credoReceive(wallet, text, txCode)).toEqual({ copies: 4, dpop: true })
    expect(await credoPresent(wallet, (await ask()).text)).toMatchObject({ ok: true, status: 200 })
    await wallet.shutdown()
  })
})
