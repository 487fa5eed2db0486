import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { offerSample, openHeadlessHolder, presentTo, untilAnchored } from '../headless.ts'

/** Cuts the power when the wallet has sent its n-th request of a kind, before or after the server answered. */
const MOMENTS = [
  { name: 'the token request is on its way', path: '/token', when: 'before' },
  { name: 'the token was answered and the answer lost', path: '/token', when: 'after' },
  { name: 'the credential request is on its way', path: '/credential', when: 'before' },
  { name: 'the credential was issued and the answer lost', path: '/credential', when: 'after' },
] as const

describe('the city is killed in the middle of issuing', () => {
  let city: TestCity
  beforeAll(async () => {
    city = await startCity()
  })
  afterAll(() => city?.end())

  it.each(MOMENTS)(
    'while $name: the wallet goes on, and holds one credential, anchored once',
    async ({ path, when }) => {
      let struck = false
      const strike: typeof fetch = async (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input)
        if (struck || !url.pathname.endsWith(path)) return fetch(input, init)
        struck = true
        if (when === 'after') {
          const answer = await fetch(input, init)
          expect(answer.status).toBe(200)
          await city.kill()
          throw new TypeError('the answer was lost')
        }
        const answer = fetch(input, init)
        answer.catch(() => undefined)
        await city.kill()
        throw new TypeError('the connection was cut')
      }
      const holder = openHeadlessHolder(city, strike)
      const { id, offerUri, txCode } = await offerSample(city)
      const offer = await holder.readOffer(offerUri)
      await expect(holder.receive(offer, { txCode })).rejects.toThrow()
      expect(struck).toBe(true)

      city = await city.restart()
      const {
        credentials: [card],
      } = await holder.receive(offer, { txCode })
      expect(card?.copies).toHaveLength(10)
      await untilAnchored(city, holder)

      const { body: issued } = await city.call('officer', `/api/credentials?query=${id}`)
      expect(issued.items).toMatchObject([{ id, copies: 10, anchored: 10, status: 'valid' }])
      const receipts = card?.copies.map(({ hash }) => hash) ?? []
      expect(new Set(receipts).size).toBe(10)
      const { result } = await presentTo(city, holder, { template: 'age-19' })
      expect(result).toMatchObject({ state: 'accepted' })
      // A second holder with the same offer gets nothing.
      const thief = openHeadlessHolder(city)
      await expect(
        thief.receive(await thief.readOffer(offerUri).catch(() => offer), { txCode }),
      ).rejects.toThrow()
    },
  )

  it('loses no anchored credential when the chain comes back older than the database remembers', async () => {
    const holder = openHeadlessHolder(city)
    const { offerUri, txCode } = await offerSample(city)
    await holder.receive(await holder.readOffer(offerUri), { txCode })
    await untilAnchored(city, holder)
    // At once: the embedded chain writes its state every second, so its last blocks are lost.
    await city.kill()
    city = await city.restart()
    const fresh = openHeadlessHolder(city)
    const again = await offerSample(city)
    await fresh.receive(await fresh.readOffer(again.offerUri), { txCode: again.txCode })
    await untilAnchored(city, fresh)
    const [card] = await holder.list()
    for (const { hash } of card?.copies ?? [])
      expect((await city.call('operator', `/api/anchors/${hash}`)).status).toBe(200)
    const { result } = await presentTo(city, holder, { template: 'age-19' })
    expect(result).toMatchObject({ state: 'accepted' })
    expect(result.checks).toContainEqual(expect.objectContaining({ check: 'anchor', result: 'passed' }))
  })
})
