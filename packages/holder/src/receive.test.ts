import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createHolder, createMemoryKeys, createMemoryStore, type Holder, type HolderPorts } from './index.ts'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type IssuerFaults, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { type Served, serve } from './testing/serve.ts'
import type { PendingIssuance } from './types.ts'

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let ports: HolderPorts
let holder: Holder
let keyIds: Set<string>
let requests: string[]

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
})
afterAll(() => served.stop())
beforeEach(async () => {
  const at = '/issuers/residents'
  issuer = createTestIssuer(served, await authority.certify('Resident office', `${served.url}${at}`), at)
  const keys = createMemoryKeys()
  keyIds = new Set()
  requests = []
  ports = {
    keys: {
      ...keys,
      async generate() {
        const key = await keys.generate()
        keyIds.add(key.id)
        return key
      },
      async remove(id) {
        keyIds.delete(id)
        await keys.remove(id)
      },
    },
    store: createMemoryStore(),
    fetch: (input, init) => {
      requests.push(String(input))
      return fetch(input, init)
    },
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => ({ rootCertificates: [authority.root] }),
    allowInsecure: true,
  }
  holder = createHolder(ports)
})

describe('reading an offer', () => {
  test('every form that an offer travels in is read', async () => {
    const { byValue, byReference, object } = issuer.offer()
    const query = byReference.split('?')[1]
    const broken = `${byReference.slice(0, 60)}\r\n  ${byReference.slice(60)}\n`
    for (const text of [
      byValue,
      byReference,
      broken,
      `https://pass.example/wallet/receive#${query}`,
      `https://pass.example/wallet/receive?${query}`,
      `?${query}`,
      `인천패스로 시민증을 받으세요: ${byReference} 감사합니다`,
      JSON.stringify(object),
    ]) {
      const offer = await holder.readOffer(text)
      expect(offer.issuer).toMatchObject({
        id: issuer.id,
        name: { ko: '시민증 발급센터', en: 'Resident Card Office' },
      })
      expect(offer.txCode).toEqual({
        inputMode: 'numeric',
        length: 6,
        description: '창구에서 받은 번호 100%',
      })
    }
  })

  test('the type is described in both languages, and only with plain colours', async () => {
    const offer = await holder.readOffer(issuer.offer().byValue)
    const [type] = offer.types
    expect(type?.name).toEqual({ ko: '인천 시민증', en: 'Incheon Resident Card' })
    expect(type?.background).toBe('#0b3d91')
    expect(type?.text).toBeUndefined()
    expect(type?.claims.map(({ label }) => label.ko)).toEqual(['이름', '19세 이상', '65세 이상'])
  })

  test('signed metadata names who vouches for the issuer, and only a certificate of the city vouches', async () => {
    issuer.faults.signedMetadata = true
    const { byValue } = issuer.offer()
    expect((await holder.readOffer(byValue)).issuer.certifiedName).toBe('Resident office')
    const stranger = await createTestAuthority('Stranger')
    ports.trust = async () => ({ rootCertificates: [stranger.root] })
    await expect(holder.readOffer(byValue)).rejects.toMatchObject({ code: 'issuer_untrusted' })
  })

  test('metadata is fetched with the path after the well-known part', async () => {
    await holder.readOffer(issuer.offer().byValue)
    expect(requests).toContain(`${served.url}/.well-known/openid-credential-issuer/issuers/residents`)
    expect(requests).toContain(`${served.url}/.well-known/oauth-authorization-server/issuers/residents`)
  })

  test.each([
    ['hello', 'offer_malformed'],
    ['openid-credential-offer://?credential_offer=%7B', 'offer_malformed'],
    ['openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc%2Fpasswd', 'insecure_address'],
    ['openid-credential-offer://?credential_offer_uri=http%3A%2F%2F127.0.0.1%3A1%2Fx', 'network'],
  ])('%s is refused as %s', async (text, code) => {
    await expect(holder.readOffer(text)).rejects.toMatchObject({ name: 'HolderError', code, shared: false })
  })

  test('an offer that is over says so', async () => {
    const offer = issuer.offer()
    offer.expire()
    await expect(holder.readOffer(offer.byReference)).rejects.toMatchObject({ code: 'offer_expired' })
  })

  test('an http: address is refused where it is not allowed', async () => {
    const strict = createHolder({ ...ports, allowInsecure: false })
    await expect(strict.readOffer(issuer.offer().byReference)).rejects.toMatchObject({
      code: 'insecure_address',
    })
  })
})

describe('receiving', () => {
  const receive = async (text = issuer.offer().byValue, txCode = TX_CODE) =>
    (await holder.receive(await holder.readOffer(text), { txCode })).credentials

  test('as many copies come as the issuer allows, each bound to a key of its own', async () => {
    const [credential] = await receive()
    expect(credential?.copies).toHaveLength(3)
    expect(new Set(credential?.copies.map(({ keyId }) => keyId)).size).toBe(3)
    expect(credential?.claims.slice(0, 3)).toEqual([
      { path: ['name_ko'], label: { ko: '이름', en: 'Name' }, value: '김인천' },
      { path: ['age_equal_or_over', '19'], label: { ko: '19세 이상', en: '19세 이상' }, value: true },
      { path: ['age_equal_or_over', '65'], label: { ko: '65세 이상', en: '65세 이상' }, value: false },
    ])
    expect(await holder.list()).toEqual([credential])
    // The token endpoint's had to be asked for; the nonce endpoint gave the other.
    expect(issuer.dpopNoncesAsked).toBe(1)
  })

  test('no keys are left behind but those of the copies', async () => {
    const [credential] = await receive()
    expect(keyIds).toEqual(new Set(credential?.copies.map(({ keyId }) => keyId)))
    expect(await ports.store.list('pending')).toEqual([])
  })

  test('when the credential response is lost, the same token and the same keys fetch it again', async () => {
    issuer.faults.cut.credential = 1
    const offer = await holder.readOffer(issuer.offer().byValue)
    await expect(holder.receive(offer, { txCode: TX_CODE })).rejects.toMatchObject({
      code: 'network',
      shared: false,
    })
    const {
      credentials: [credential],
    } = await holder.receive(offer)
    expect(issuer.requests).toHaveLength(2)
    expect(issuer.requests[1]).toEqual(issuer.requests[0])
    expect(credential?.copies).toHaveLength(3)
    expect(await holder.list()).toHaveLength(1)
  })

  test('a holder started anew on the same storage finishes what was begun', async () => {
    issuer.faults.cut.credential = 1
    await expect(receive()).rejects.toMatchObject({ code: 'network' })
    const restarted = createHolder(ports)
    const [pending] = await restarted.pending()
    expect((await restarted.resume(pending!.id)).credentials).toHaveLength(1)
    expect(await restarted.pending()).toEqual([])
  })

  test('nothing is left to finish when all has come and only the end of it was not noted', async () => {
    issuer.faults.cut.credential = 1
    await expect(receive()).rejects.toMatchObject({ code: 'network' })
    const [kept] = await ports.store.list('pending')
    await ports.store.put('pending', kept!.id, { ...kept!, configurations: [] })
    expect(await holder.pending()).toEqual([])
    expect(await ports.store.list('pending')).toEqual([])
  })

  test('what a wallet of before there were states had begun can still be finished', async () => {
    issuer.faults.cut.credential = 1
    await expect(receive()).rejects.toMatchObject({ code: 'network' })
    const [kept] = await ports.store.list('pending')
    const { state: _, ...earlier } = kept!
    await ports.store.put('pending', kept!.id, earlier as PendingIssuance)
    const [pending] = await holder.pending()
    expect(pending?.state).toBe('authorized')
    expect((await holder.resume(pending!.id)).credentials).toHaveLength(1)
  })

  test('when the token response is lost, the offer is not lost with it', async () => {
    issuer.faults.cut.token = 1
    const offer = await holder.readOffer(issuer.offer().byValue)
    await expect(holder.receive(offer, { txCode: TX_CODE })).rejects.toMatchObject({ code: 'network' })
    expect((await holder.receive(offer, { txCode: TX_CODE })).credentials).toHaveLength(1)
  })

  test('pressing twice receives once', async () => {
    const offer = await holder.readOffer(issuer.offer().byValue)
    const [first, second] = await Promise.all([1, 2].map(() => holder.receive(offer, { txCode: TX_CODE })))
    expect(second).toEqual(first)
    expect(issuer.requests).toHaveLength(1)
  })

  test('a nonce that ran out is replaced without a word', async () => {
    issuer.faults.staleNonces = 1
    expect(await receive()).toHaveLength(1)
  })

  test('an offer that was opened and left does not leave its key for ever', async () => {
    const offer = await holder.readOffer(issuer.offer().byValue)
    await expect(holder.receive(offer, { txCode: '000000' })).rejects.toMatchObject({ code: 'tx_code_wrong' })
    expect(keyIds.size).toBe(1)
    ports.clock = () => new Date(Date.now() + 25 * 3600_000)
    expect(await holder.pending()).toEqual([])
    expect(keyIds.size).toBe(0)
  })

  test('an abandoned issuance leaves no keys', async () => {
    issuer.faults.cut.credential = 1
    await expect(receive()).rejects.toThrow()
    const [pending] = await holder.pending()
    await holder.abandon(pending!.id)
    expect(keyIds.size).toBe(0)
  })

  test('a wrong transaction code can be corrected, and says how many tries are left', async () => {
    const offer = await holder.readOffer(issuer.offer().byValue)
    await expect(holder.receive(offer)).rejects.toMatchObject({ code: 'tx_code_required' })
    await expect(holder.receive(offer, { txCode: '000000' })).rejects.toMatchObject({
      code: 'tx_code_wrong',
      attemptsLeft: 4,
    })
    expect((await holder.receive(offer, { txCode: TX_CODE })).credentials).toHaveLength(1)
  })

  test('an offer that another wallet redeemed is known as used, a locked one as locked', async () => {
    const [used, locked] = [issuer.offer(), issuer.offer()]
    await receive(used.byValue)
    const other = createHolder({ ...ports, store: createMemoryStore() })
    const offer = await other.readOffer(used.byValue)
    await expect(other.receive(offer, { txCode: TX_CODE })).rejects.toMatchObject({
      code: 'offer_already_used',
    })
    locked.lock()
    await expect(receive(locked.byValue)).rejects.toMatchObject({ code: 'offer_locked' })
  })

  test('what an untrusted issuer sends is not kept', async () => {
    const stranger = await createTestAuthority('Stranger')
    ports.trust = async () => ({ rootCertificates: [stranger.root] })
    await expect(receive()).rejects.toMatchObject({ code: 'issuer_untrusted' })
    expect(await holder.list()).toEqual([])
    expect(keyIds.size).toBe(0)
  })

  test('without a network to learn whom the city trusts, nothing is judged', async () => {
    ports.trust = () => Promise.reject(new TypeError('Failed to fetch'))
    await expect(receive()).rejects.toMatchObject({ code: 'network' })
    ports.trust = async () => ({ rootCertificates: [authority.root] })
    const [pending] = await holder.pending()
    expect((await holder.resume(pending!.id)).credentials).toHaveLength(1)
  })

  test('an issuer with the certificate of another is not believed', async () => {
    const at = '/issuers/impostor'
    const elsewhere = await authority.certify('Families', `${served.url}/issuers/families`)
    const impostor = createTestIssuer(served, elsewhere, at)
    await expect(receive(impostor.offer().byValue)).rejects.toMatchObject({ code: 'issuer_untrusted' })
  })

  test.each<[string, Partial<IssuerFaults>]>([
    ['a key that is not ours', { keyFor: ({ x, y, ...key }) => ({ ...key, x: y, y: x }) }],
    [
      'a changed disclosure',
      { deliver: (all) => all.map((c) => c.replace(/~[^~]+~$/, '~WyJzYWx0IiwieCIsMV0~')) },
    ],
    ['the same copy twice', { deliver: ([first = '']) => [first, first] }],
    [
      'a signature of nobody',
      { deliver: (all) => all.map((c) => c.replace(/\.[^.~]+~/, `.${'A'.repeat(86)}~`)) },
    ],
    ['another type', { vct: 'https://pass.example/credential-types/veteran' }],
    ['something expired', { lifetime: -10 }],
  ])('a delivery with %s is refused and leaves nothing', async (_what, faults) => {
    Object.assign(issuer.faults, faults)
    await expect(receive()).rejects.toMatchObject({ code: 'credential_invalid' })
    expect(await holder.list()).toEqual([])
    expect(keyIds.size).toBe(0)
  })

  test('activity has what was received, by name and never by value, and failures', async () => {
    await receive()
    await expect(receive(issuer.offer().byValue, '111111')).rejects.toThrow()
    const activity = await holder.activity()
    expect(activity.map(({ kind, code }) => [kind, code])).toEqual(
      expect.arrayContaining([
        ['received', undefined],
        ['failed', 'tx_code_wrong'],
      ]),
    )
    expect(JSON.stringify(activity)).not.toMatch(/김인천|1990-05-01/)
  })

  test('deleting a credential deletes its keys', async () => {
    const [credential] = await receive()
    await holder.remove(credential!.id)
    expect(await holder.list()).toEqual([])
    expect(keyIds.size).toBe(0)
    await expect(holder.remove(credential!.id)).rejects.toMatchObject({ code: 'not_found' })
  })
})
