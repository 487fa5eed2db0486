import type { Holder } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { openHeadlessHolder, untilAnchored } from '../headless.ts'

let city: TestCity
let holder: Holder
let offerId: string
/** Connections to cut after the city has done its work, by the end of their path. */
const cut = new Set<string>()

beforeAll(async () => {
  city = await startCity()
  holder = openHeadlessHolder(city, async (input, init) => {
    const response = await fetch(input, init)
    for (const path of cut) {
      if (!String(input).endsWith(path)) continue
      cut.delete(path)
      throw new TypeError('the answer was lost')
    }
    return response
  })
})
afterAll(() => city?.end())

async function offer() {
  const { status, body } = await city.call('officer', '/api/offers', city.credentials.sample)
  expect(status).toBe(201)
  return body as { id: string; walletLink: string; offerUri: string; txCode: string }
}

async function ask(request: object) {
  const { status, body } = await city.call('verifier', '/api/verifications', request)
  expect(status).toBe(201)
  return {
    link: body.walletLink as string,
    qr: body.requestUri as string,
    result: async () => (await city.call('verifier', `/api/verifications/${body.id}`)).body,
  }
}

describe('our holder and our city', () => {
  test('a wrong code says how many tries are left; a lost token and a lost credential are fetched again', async () => {
    const { id, walletLink, txCode } = await offer()
    offerId = id
    const preview = await holder.readOffer(walletLink)
    const wrong = txCode === '000000' ? '000001' : '000000'
    await expect(holder.receive(preview, { txCode: wrong })).rejects.toMatchObject({
      code: 'tx_code_wrong',
      attemptsLeft: 4,
    })
    cut.add('/token')
    await expect(holder.receive(preview, { txCode })).rejects.toMatchObject({ code: 'network' })
    cut.add('/credential')
    await expect(holder.receive(preview, { txCode })).rejects.toMatchObject({ code: 'network' })
    const [credential] = (await holder.receive(preview)).credentials
    expect(credential?.copies).toHaveLength(10)
    expect(credential?.display.name).toEqual({ ko: '인천 시민증', en: 'Incheon Resident Card' })
    await expect(holder.readOffer(walletLink)).rejects.toMatchObject({ code: 'offer_already_used' })
  })

  test('five wrong codes lock an offer', async () => {
    const { offerUri, txCode } = await offer()
    const preview = await holder.readOffer(offerUri)
    const wrong = txCode === '000000' ? '000001' : '000000'
    const codes: unknown[] = []
    for (let i = 0; i < 5; i++)
      await holder.receive(preview, { txCode: wrong }).catch(({ code }) => codes.push(code))
    expect(codes).toEqual([...Array(4).fill('tx_code_wrong'), 'offer_locked'])
    await expect(holder.receive(preview, { txCode })).rejects.toMatchObject({ code: 'offer_locked' })
  })

  test('a receipt comes for every copy once they are anchored', async () => {
    await untilAnchored(city, holder)
    const [credential] = await holder.list()
    expect(credential?.copies.filter(({ receipt }) => receipt)).toHaveLength(10)
  })

  test('"19 or older" is proved with every check passed, the anchor too, and nothing else is learnt', async () => {
    const { link, result } = await ask({ template: 'age-19' })
    const preview = await holder.readRequest(link)
    expect(preview).toMatchObject({ registered: true, beyond: [], satisfiable: true })
    expect(preview.purpose?.ko).toBeTruthy()
    expect(preview.queries[0]?.candidates[0]?.claims.map(({ path }) => path)).toEqual([
      ['age_equal_or_over', '19'],
    ])
    expect(await holder.present(preview)).toEqual({ outcome: 'accepted' })
    const { state, checks, claims } = await result()
    expect(state).toBe('accepted')
    expect(checks.filter(({ result }: { result: string }) => result !== 'passed')).toEqual([])
    expect(Object.values(claims)).toEqual([{ age_equal_or_over: { '19': true } }])
    await expect(holder.readRequest(link)).rejects.toMatchObject({
      code: 'request_expired',
      serverCode: 'already_answered',
    })
  })

  test('a template that insists on a receipt accepts', async () => {
    const { qr, result } = await ask({ template: 'identity' })
    expect(await holder.present(await holder.readRequest(qr))).toEqual({ outcome: 'accepted' })
    expect((await result()).state).toBe('accepted')
  })

  test('who lives elsewhere is told before anything is shared', async () => {
    const [credential] = await holder.list()
    const home = credential?.claims.find(({ path }) => path[0] === 'district_code')?.value
    const { body } = await city.call('verifier', '/api/districts')
    const codes = (body.items ?? body).map(({ code }: { code: string }) => code)
    const elsewhere = codes.find((code: string) => code !== home)
    const { qr } = await ask({ template: 'resident-of-district', params: { district: elsewhere } })
    const preview = await holder.readRequest(qr)
    expect(preview.satisfiable).toBe(false)
    expect(preview.queries[0]?.missing).toMatchObject({ reason: 'value_differs' })
    await holder.decline(preview)
  })

  test("a query of the verifier's own has no registered purpose", async () => {
    const [credential] = await holder.list()
    const { qr } = await ask({
      dcql: {
        credentials: [
          {
            id: 'q',
            format: 'dc+sd-jwt',
            meta: { vct_values: [credential?.vct] },
            claims: [{ path: ['birth_date'] }],
          },
        ],
      },
    })
    expect(await holder.readRequest(qr)).toMatchObject({ registered: false, satisfiable: true })
  })

  test('suspended, reinstated, revoked: each is refused or accepted with its reason', async () => {
    const outcome = async () =>
      holder.present(await holder.readRequest((await ask({ template: 'age-19' })).qr))
    const act = (what: string) =>
      city.call('officer', `/api/credentials/${offerId}/${what}`, { reason: '시험' })
    expect((await act('suspend')).status).toBe(200)
    expect(await outcome()).toEqual({ outcome: 'refused', code: 'credential_suspended' })
    expect((await act('reinstate')).status).toBe(200)
    expect(await outcome()).toEqual({ outcome: 'accepted' })
    expect((await act('revoke')).status).toBe(200)
    expect(await outcome()).toEqual({ outcome: 'refused', code: 'credential_revoked' })
    expect((await holder.activity())[0]).toMatchObject({
      kind: 'refused',
      code: 'credential_revoked',
      shared: true,
    })
  })
})
