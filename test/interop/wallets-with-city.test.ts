import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { peopleOf } from '../conformance/issuer/setup.ts'
import { discover } from '../conformance/wallet-client.ts'
import { createTestProvider, type TestProvider } from '../conformance/wallet-provider.ts'
import { type CredoHolder, createCredoHolder } from './credo/agent.ts'
import { credoPresent, credoPresentToPage, credoReceive, credoReceiveBySignIn } from './credo/wallet.ts'
import { openid4vcTests } from './openid4vc/with-city.ts'

let city: TestCity
let provider: TestProvider
let wallet: CredoHolder
let roots: string[]
let people: string[]

beforeAll(async () => {
  provider = await createTestProvider()
  city = await startCity({ env: { WALLET_PROVIDERS: provider.file } })
  const trust = await fetch(`${city.url}/api/trust`)
  const { rootCertificates } = (await trust.json()) as { rootCertificates: string[] }
  roots = rootCertificates
  wallet = await createCredoHolder(roots)
  people = await peopleOf(city)
})
afterAll(async () => {
  await wallet?.shutdown()
  await city?.end()
  provider?.remove()
})

/** Asks, lets Credo answer, and reads what the verifier was told. */
async function verify(request: object) {
  const created = await city.call('verifier', '/api/verifications', request)
  expect(created.status).toBe(201)
  const answer = await credoPresent(wallet, created.body.requestUri)
  const { body } = await city.call('verifier', `/api/verifications/${created.body.id}`)
  return { answer, result: body }
}

/** A query for one claim of the sample card. */
async function askForCard() {
  const { agency, type } = city.credentials.sample
  const { issuer } = await discover(`${city.url}/issuers/${agency}`)
  const { vct } = issuer.credential_configurations_supported[type]
  return {
    credentials: [
      { id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [vct] }, claims: [{ path: ['birth_date'] }] },
    ],
  }
}

describe("another maker's wallet (Credo 0.6.3) and our city", () => {
  test('receives the resident credential by its code: attested, with DPoP, a batch of ten', async () => {
    const { status, body } = await city.call('officer', '/api/offers', city.credentials.sample)
    expect(status).toBe(201)
    const { txCode } = body
    expect(await credoReceive(wallet, body.offerUri, { txCode, provider })).toEqual({
      copies: 10,
      dpop: true,
    })
  })

  test('receives one by signing in: a pushed request, a code, a batch of ten', async () => {
    const [, person = ''] = people
    const { status, body } = await city.call('officer', '/api/offers', {
      ...city.credentials.sample,
      subject: person,
      grant: 'authorization_code',
    })
    expect(status).toBe(201)
    const other = await createCredoHolder(roots)
    const received = await credoReceiveBySignIn(other, body.haipOfferUri, { provider, visit: { person } })
    expect(received).toEqual({ pushed: true, copies: 10, dpop: true })
    await other.shutdown()
  })

  test('is refused when nobody vouches for it', async () => {
    const { body } = await city.call('officer', '/api/offers', city.credentials.sample)
    const stranger = await createCredoHolder([])
    await expect(credoReceive(stranger, body.offerUri, { txCode: body.txCode })).rejects.toThrow()
    await stranger.shutdown()
  })

  test('presents it to our verifier, where every check passes but the anchor, which it does not know', async () => {
    const { answer, result } = await verify({ template: 'age-19' })
    expect(answer).toMatchObject({ ok: true, status: 200 })
    expect(result.state).toBe('accepted')
    const checks = Object.fromEntries(
      result.checks.map(({ check, result }: Record<string, string>) => [check, result]),
    )
    expect(checks).toMatchObject({
      signature: 'passed',
      certificate: 'passed',
      issuer_accredited: 'passed',
      holder_binding: 'passed',
      validity: 'passed',
      status: 'passed',
      anchor: 'absent',
    })
    expect(JSON.stringify(result.claims)).toContain('"19":true')
  })

  test('approves a transaction on the same device, and the browser comes back with the code', async () => {
    const statement = { ko: '자료실 이용 규칙에 동의해요.', en: 'I agree to the rules of the reading room.' }
    const transactionData = [
      { type: 'kr.incheon.pass.confirmation', credential_ids: ['card'], statement, reference: 'rules/1' },
    ]
    const redirectUri = 'https://library.example/back'
    const { body } = await city.call('verifier', '/api/verifications', {
      dcql: await askForCard(),
      transactionData,
      redirectUri,
    })
    const answer = await credoPresent(wallet, body.requestUri)
    const { redirect_uri: back } = answer.body as { redirect_uri: string }
    expect(back).toContain(redirectUri)
    const code = new URLSearchParams(new URL(back).hash.slice(1)).get('response_code')
    const result = await city.call('verifier', `/api/verifications/${body.id}/return`, {
      response_code: code,
    })
    expect(result.body).toMatchObject({
      state: 'accepted',
      transactions: [{ type: transactionData[0]?.type }],
    })
  })

  test('answers a web page by the Digital Credentials API', async () => {
    const origin = 'https://library.example'
    const { status, body } = await city.call('verifier', '/api/verifications', {
      dcql: await askForCard(),
      channel: 'dc_api',
      origins: [origin],
    })
    expect(status).toBe(201)
    const { data } = body.digitalCredentialRequest
    const { response } = (await credoPresentToPage(wallet, data, origin)) as { response: string }
    const result = await city.call('verifier', `/api/verifications/${body.id}/dc-api`, { origin, response })
    expect(result.body).toMatchObject({ state: 'accepted' })
  })

  test('where a template insists on a receipt, it is refused with that reason', async () => {
    const { answer, result } = await verify({ template: 'identity' })
    expect(answer).toMatchObject({ ok: false, status: 400 })
    expect(result).toMatchObject({ state: 'refused', refusal: 'anchor_missing' })
  })
})

openid4vcTests(() => ({ city, provider, people }))
