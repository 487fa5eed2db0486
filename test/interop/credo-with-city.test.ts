import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { type CredoHolder, createCredoHolder } from './credo/agent.ts'
import { credoPresent, credoReceive } from './credo/wallet.ts'

let city: TestCity
let wallet: CredoHolder

beforeAll(async () => {
  city = await startCity()
  const trust = await fetch(`${city.url}/api/trust`)
  const { rootCertificates } = (await trust.json()) as { rootCertificates: string[] }
  wallet = await createCredoHolder(rootCertificates)
})
afterAll(async () => {
  await wallet?.shutdown()
  await city?.end()
})

/** Asks, lets Credo answer, and reads what the verifier was told. */
async function verify(request: object) {
  const created = await city.call('verifier', '/api/verifications', request)
  expect(created.status).toBe(201)
  const answer = await credoPresent(wallet, created.body.requestUri)
  const { body } = await city.call('verifier', `/api/verifications/${created.body.id}`)
  return { answer, result: body }
}

describe("another maker's wallet (Credo 0.6.3) and our city", () => {
  test('receives the resident credential: transaction code, DPoP, a batch of ten', async () => {
    const { status, body } = await city.call('officer', '/api/offers', city.credentials.sample)
    expect(status).toBe(201)
    expect(await credoReceive(wallet, body.offerUri, body.txCode)).toEqual({ copies: 10, dpop: true })
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

  test('where a template insists on a receipt, it is refused with that reason', async () => {
    const { answer, result } = await verify({ template: 'identity' })
    expect(answer).toMatchObject({ ok: false, status: 400 })
    expect(result).toMatchObject({ state: 'refused', refusal: 'anchor_missing' })
  })
})
