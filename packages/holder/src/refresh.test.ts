import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestVerifier, type TestVerifier } from './testing/verifier.ts'
import { createTestAttestation } from './testing/wallet-provider.ts'

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let verifier: TestVerifier
let phone: Phone

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
})
afterAll(() => served.stop())
beforeEach(async () => {
  const at = '/issuers/residents'
  issuer = createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at, {
    attested: true,
    refresh: true,
    batch: 5,
    server: '/oauth',
  })
  const library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  verifier = await createTestVerifier(served, library, [authority.root])
  const provider = await authority.certify('Wallet provider', 'https://wallet.example')
  phone = createPhone(
    { rootCertificates: [authority.root], authority: CITY },
    { attestedBy: (keys) => createTestAttestation(provider, keys) },
  )
  await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})

const show = async (times: number) => {
  for (let i = 0; i < times; i++) {
    const query = { id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [issuer.vct] } }
    await phone.holder.present(await phone.holder.readRequest(await verifier.ask({ credentials: [query] })))
  }
}
const copies = async () => (await phone.holder.list())[0]?.copies ?? []
const used = async () => (await copies()).map(({ used }) => used)

describe('fresh copies', () => {
  test('are not fetched while there are enough', async () => {
    expect(await phone.holder.refreshCopies()).toBe(0)
    await show(1)
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect(issuer.refreshes).toBe(0)
  })

  test('come before the last is shown; those never shown stay, those shown go with their keys', async () => {
    await show(2)
    const before = (await copies()).filter(({ used }) => used === 0).map(({ hash }) => hash)
    expect(await phone.holder.refreshCopies()).toBe(1)
    expect(await used()).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect((await copies()).slice(0, 3).map(({ hash }) => hash)).toEqual(before)
    const { renewal } = (await phone.holder.list())[0]!
    expect(phone.keyIds).toEqual(
      new Set([...(await copies()).map(({ keyId }) => keyId), renewal!.dpopKey.id]),
    )
    expect(await phone.holder.refreshCopies()).toBe(0)
  })

  test('are asked for by an attested wallet, with a new token bound to the same key', async () => {
    await show(2)
    await phone.holder.refreshCopies()
    expect(issuer.tokenRequests.at(-1)).toMatchObject({ grant_type: 'refresh_token' })
    expect(issuer.requests[1]).toHaveLength(5)
    expect(issuer.requests[1]?.some((x) => issuer.requests[0]?.includes(x))).toBe(false)
  })

  test('come again and again, though each refresh token is good once', async () => {
    for (let round = 1; round <= 3; round++) {
      await show((await copies()).length - 3)
      expect(await phone.holder.refreshCopies()).toBe(1)
    }
    expect(new Set(issuer.tokenRequests.map(({ refresh_token: token }) => token)).size).toBe(4)
  })

  test('asked for twice at once come once', async () => {
    await show(2)
    expect(await Promise.all([phone.holder.refreshCopies(), phone.holder.refreshCopies()])).toEqual([1, 1])
    expect(issuer.refreshes).toBe(1)
  })

  test('lost on the way are fetched for the same keys by the wallet that is started anew', async () => {
    await show(2)
    issuer.faults.cut.credential = 1
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect(await copies()).toHaveLength(5)
    expect(await phone.restarted().refreshCopies()).toBe(1)
    expect(issuer.requests[2]).toEqual(issuer.requests[1])
  })

  test('that say something else replace all that is there', async () => {
    await show(2)
    issuer.faults.name = '이인천'
    await phone.holder.refreshCopies()
    expect(await copies()).toHaveLength(5)
    expect((await phone.holder.list())[0]?.claims[0]?.value).toBe('이인천')
  })

  test('that come later are waited for', async () => {
    await show(2)
    issuer.terms.later = true
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect(await phone.holder.refreshCopies()).toBe(0)
    issuer.decisions.set('all', 'ready')
    phone.ahead = 61_000
    expect(await phone.holder.refreshCopies()).toBe(1)
    expect(await used()).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  test('that the issuer denies are not asked for again within the hour, and nothing is lost', async () => {
    await show(2)
    issuer.faults.credentialRefusal = 'credential_request_denied'
    expect(await phone.holder.refreshCopies()).toBe(0)
    delete issuer.faults.credentialRefusal
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect(issuer.refreshes).toBe(1)
    expect(await used()).toEqual(expect.arrayContaining([0, 0, 0, 1, 1]))
    phone.ahead = 3_601_000
    expect(await phone.holder.refreshCopies()).toBe(1)
  })

  test('cannot be had any more when the refresh token is over; the card stays', async () => {
    await show(2)
    issuer.faults.refreshOver = true
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect((await phone.holder.list())[0]?.renewal?.refreshToken).toBeUndefined()
    expect(await copies()).toHaveLength(5)
  })

  test('of an issuer out of reach are asked for the next time', async () => {
    await show(2)
    const { fetch } = phone.ports
    phone.ports.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await phone.holder.refreshCopies()).toBe(0)
    phone.ports.fetch = fetch
    expect(await phone.holder.refreshCopies()).toBe(1)
  })

  test('bound to the key of somebody else are not kept', async () => {
    await show(2)
    issuer.faults.keyFor = ({ x, y, ...key }) => ({ ...key, x: y, y: x })
    expect(await phone.holder.refreshCopies()).toBe(0)
    expect(await copies()).toHaveLength(5)
  })

  test('do not get between a presentation and its key', async () => {
    await show(5)
    const preview = await phone.holder.readRequest(
      await verifier.ask({
        credentials: [{ id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [issuer.vct] } }],
      }),
    )
    const [outcome, refreshed] = await Promise.all([
      phone.holder.present(preview),
      phone.holder.refreshCopies(),
    ])
    expect([outcome.outcome, refreshed]).toEqual(['accepted', 1])
    expect(verifier.answers.at(-1)?.verdicts['card']?.ok).toBe(true)
  })
})
