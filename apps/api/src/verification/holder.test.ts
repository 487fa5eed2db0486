import { createHolder, createMemoryKeys, createMemoryStore } from '@pass/holder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Desk, startDesk } from './testing/desk.ts'
import { anchor, ask, CLAIMS, type Issuer, issue, makeIssuer, result } from './testing/wallet.ts'

/** The wallet's own engine against the desk, over HTTP: what one side writes the other must understand. */
describe('our own wallet at the desk', () => {
  let desk: Desk
  let issuer: Issuer
  beforeAll(async () => {
    desk = await startDesk('embedded')
    issuer = await makeIssuer(desk)
    desk.statuses.set('residents-1', new Map())
  })
  afterAll(() => desk?.stop())

  async function makeWallet() {
    const [keys, store] = [createMemoryKeys(), createMemoryStore()]
    const key = await keys.generate()
    const status = { idx: 3, uri: `${desk.url}/status-lists/residents-1` }
    const holderKey = { publicJwk: key.publicJwk, sign: (data: Uint8Array) => keys.sign(key.id, data) }
    const { credential, hash, receipt } = await anchor(
      desk,
      await issue(desk, issuer, { status, holder: holderKey }),
    )
    const name = { ko: '인천 시민증', en: 'Resident Card' }
    await store.put('credential', 'card', {
      id: 'card',
      vct: `${desk.url}/credential-types/resident`,
      issuer: { id: issuer.url, name },
      display: { name },
      claims: [
        { path: ['age_equal_or_over', '19'], label: name, value: true },
        { path: ['name_ko'], label: name, value: CLAIMS.name_ko },
        { path: ['birth_date'], label: name, value: CLAIMS.birth_date },
        { path: ['district_code'], label: name, value: CLAIMS.district_code },
      ],
      receivedAt: desk.now() * 1000,
      copies: [{ keyId: key.id, credential, hash, used: 0, receipt }],
    })
    return createHolder({
      keys,
      store,
      fetch,
      clock: () => new Date(desk.now() * 1000),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      trust: async () => (await desk.get('/api/trust')).json(),
      allowInsecure: true,
    })
  }

  it.each(['requestUri', 'walletLink'] as const)(
    'shows one fact and nothing else, from the %s',
    async (link) => {
      const holder = await makeWallet()
      const asked = await ask(desk, { template: 'resident-of-district', params: { district: '28185' } })
      const preview = await holder.readRequest(asked[link])
      expect(preview).toMatchObject({ registered: true, beyond: [], satisfiable: true })
      expect(preview.purpose?.en).toContain('district')
      expect(await holder.present(preview)).toEqual({ outcome: 'accepted' })
      const verdict = await result(desk, asked)
      expect(verdict.claims).toEqual({ resident: { district_code: '28185', district_name: '연수구' } })
      expect(verdict.checks.map(({ result }) => result)).toEqual(Array(8).fill('passed'))
    },
  )

  it('is warned of a query that the city did not register', async () => {
    const holder = await makeWallet()
    const meta = { vct_values: [`${desk.url}/credential-types/resident`] }
    const claims = [{ path: ['birth_date'] }]
    const dcql = { credentials: [{ id: 'resident', format: 'dc+sd-jwt', meta, claims }] }
    const preview = await holder.readRequest((await ask(desk, { dcql })).requestUri)
    expect(preview).toMatchObject({ registered: false, satisfiable: true })
  })

  it('learns the reason of a refusal', async () => {
    const holder = await makeWallet()
    const asked = await ask(desk, { template: 'age-19' })
    const preview = await holder.readRequest(asked.requestUri)
    desk.statuses.get('residents-1')?.set(3, 1)
    expect(await holder.present(preview)).toEqual({ outcome: 'refused', code: 'credential_revoked' })
    desk.statuses.get('residents-1')?.set(3, 0)
  })

  it('says no, and the desk knows at once', async () => {
    const holder = await makeWallet()
    const asked = await ask(desk, { template: 'age-19' })
    await holder.decline(await holder.readRequest(asked.requestUri))
    expect(await result(desk, asked)).toMatchObject({ state: 'refused', refusal: 'declined' })
  })
})
