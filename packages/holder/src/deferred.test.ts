import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type IssuerTerms, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let phone: Phone

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
})
afterAll(() => served.stop())
beforeEach(async () => {
  phone = createPhone({ rootCertificates: [authority.root] })
  issuer = await open({ later: true, refresh: true, encryption: { enc: ['A256GCM'] } })
})

const open = async (terms: Partial<IssuerTerms>): Promise<TestIssuer> => {
  const at = '/issuers/residents'
  return createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at, terms)
}
const apply = async () =>
  phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
const asked = () => phone.requests.filter((url) => url.endsWith('/deferred')).length

describe('a credential that comes later', () => {
  test('waits with its keys, and is not asked for before its time', async () => {
    const { credentials, waiting } = await apply()
    expect(credentials).toEqual([])
    expect(waiting).toMatchObject([{ state: 'waiting', configurations: [{ deferred: { interval: 60 } }] }])
    expect(await phone.holder.pending()).toEqual(waiting)
    expect(await phone.holder.poll()).toEqual({ arrived: [], refused: [], waiting })
    expect(asked()).toBe(0)
    expect((await phone.holder.activity()).map(({ kind }) => kind)).toEqual(['applied'])
  })

  test('arrives when the office has agreed, also after the wallet was closed for days', async () => {
    await apply()
    issuer.decisions.set('all', 'ready')
    phone.ahead = 3 * 86_400_000
    const { arrived, waiting } = await phone.restarted().poll()
    expect(arrived[0]?.copies).toHaveLength(3)
    expect(waiting).toEqual([])
    expect(await phone.holder.pending()).toEqual([])
    expect(await phone.holder.list()).toHaveLength(1)
  })

  test('is asked for again when it takes longer', async () => {
    await apply()
    phone.ahead = 61_000
    expect((await phone.holder.poll()).waiting).toHaveLength(1)
    const before = asked()
    expect((await phone.holder.poll()).waiting).toHaveLength(1)
    expect(asked()).toBe(before)
    phone.ahead = 122_000
    issuer.decisions.set('all', { error: 'issuance_pending' })
    expect((await phone.holder.poll()).refused).toEqual([])
    phone.ahead = 183_000
    issuer.decisions.set('all', 'ready')
    expect((await phone.holder.poll()).arrived).toHaveLength(1)
  })

  test('is fetched with a new token when the first one ran out', async () => {
    await apply()
    const [pending] = await phone.holder.pending()
    await phone.store.put('pending', pending!.id, { ...pending!, accessToken: 'a.b.c' })
    issuer.decisions.set('all', 'ready')
    phone.ahead = 61_000
    expect((await phone.holder.poll()).arrived).toHaveLength(1)
    expect(issuer.refreshes).toBe(1)
  })

  test('is not lost with a lost answer', async () => {
    await apply()
    issuer.decisions.set('all', 'ready')
    issuer.faults.cut.deferred = 1
    phone.ahead = 61_000
    expect((await phone.holder.poll()).waiting).toHaveLength(1)
    expect((await phone.holder.poll()).arrived).toHaveLength(1)
  })

  test('that is refused is told with its reason, and leaves no keys', async () => {
    await apply()
    const decision = {
      error: 'credential_request_denied',
      error_description: 'Denied',
      reason: 'No such right',
    }
    issuer.decisions.set('all', decision)
    phone.ahead = 61_000
    expect(await phone.holder.poll()).toEqual({
      arrived: [],
      refused: [{ name: { ko: '인천 시민증', en: 'Incheon Resident Card' }, reason: 'No such right' }],
      waiting: [],
    })
    expect((await phone.holder.activity())[0]).toMatchObject({ kind: 'rejected', reason: 'No such right' })
    expect(phone.keyIds.size).toBe(0)
    expect(await phone.holder.pending()).toEqual([])
  })

  test('that was delivered into a lost answer, and whose token ran out since, is asked for anew', async () => {
    await apply()
    issuer.decisions.set('all', { error: 'invalid_transaction_id' })
    issuer.terms.later = false
    phone.ahead = 61_000
    expect((await phone.holder.poll()).arrived).toHaveLength(1)
    expect(issuer.requests[1]).toEqual(issuer.requests[0])
  })

  test('of an issuer out of reach goes on waiting', async () => {
    await apply()
    const offline = phone.ports.fetch
    phone.ports.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    phone.ahead = 61_000
    expect((await phone.holder.poll()).waiting).toHaveLength(1)
    phone.ports.fetch = offline
    issuer.decisions.set('all', 'ready')
    expect((await phone.holder.poll()).arrived).toHaveLength(1)
  })

  test('that is bound to a key of somebody else is not kept', async () => {
    await apply()
    issuer.decisions.set('all', 'ready')
    issuer.faults.keyFor = ({ x, y, ...key }) => ({ ...key, x: y, y: x })
    phone.ahead = 61_000
    expect((await phone.holder.poll()).refused).toHaveLength(1)
    expect(await phone.holder.list()).toEqual([])
    expect(phone.keyIds.size).toBe(0)
  })

  test('polled twice at once comes once', async () => {
    await apply()
    issuer.decisions.set('all', 'ready')
    phone.ahead = 61_000
    const [one, two] = await Promise.all([phone.holder.poll(), phone.holder.poll()])
    expect(two).toEqual(one)
    expect(await phone.holder.list()).toHaveLength(1)
  })

  test('can be given up', async () => {
    const { waiting } = await apply()
    await phone.holder.abandon(waiting[0]!.id)
    expect(phone.keyIds.size).toBe(0)
    expect(await phone.holder.poll()).toEqual({ arrived: [], refused: [], waiting: [] })
  })
})
