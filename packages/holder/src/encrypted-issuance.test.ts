import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type IssuerTerms, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestAttestation } from './testing/wallet-provider.ts'

let served: Served
let authority: TestAuthority
let provider: Awaited<ReturnType<TestAuthority['certify']>>
let phone: Phone

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  provider = await authority.certify('Wallet provider', 'https://wallet.example')
})
afterAll(() => served.stop())
beforeEach(() => {
  phone = createPhone(
    { rootCertificates: [authority.root] },
    { attestedBy: (keys) => createTestAttestation(provider, keys) },
  )
})

const open = async (terms: Partial<IssuerTerms>): Promise<TestIssuer> => {
  const at = '/issuers/residents'
  return createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at, terms)
}
const receive = async (issuer: TestIssuer, { holder } = phone) =>
  holder.receive(await holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })

describe('encryption between wallet and issuer', () => {
  test('is used both ways where the issuer knows it, with A256GCM where there is a choice', async () => {
    const issuer = await open({ encryption: { enc: ['A128GCM', 'A256GCM'] } })
    expect((await receive(issuer)).credentials).toHaveLength(1)
    const [{ body, encrypted } = { body: {}, encrypted: false }] = issuer.bodies
    expect(encrypted).toBe(true)
    expect(body['credential_response_encryption']).toMatchObject({
      enc: 'A256GCM',
      jwk: { kty: 'EC', crv: 'P-256', alg: 'ECDH-ES' },
    })
    expect(JSON.stringify(body['credential_response_encryption'])).not.toContain('"d"')
  })

  test('takes A128GCM where the issuer has nothing else', async () => {
    const issuer = await open({ encryption: { enc: ['A128GCM'], required: true } })
    expect((await receive(issuer)).credentials).toHaveLength(1)
  })

  test('has a key of its own for each answer', async () => {
    const issuer = await open({ encryption: { enc: ['A256GCM'] } })
    await receive(issuer)
    await receive(issuer)
    const keys = issuer.bodies.map(({ body }) => JSON.stringify(body['credential_response_encryption']))
    expect(new Set(keys).size).toBe(2)
  })

  test('of the answer is not asked for in a request that anyone can read', async () => {
    const issuer = await open({ encryption: { enc: ['A256GCM'], requests: false } })
    expect((await receive(issuer)).credentials).toHaveLength(1)
    expect(issuer.bodies[0]).toMatchObject({ encrypted: false })
    expect(issuer.bodies[0]?.body).not.toHaveProperty('credential_response_encryption')
  })

  test('that the issuer requires and the wallet does not have ends it before anything is asked', async () => {
    const issuer = await open({ encryption: { enc: ['A128CBC-HS256'], required: true } })
    await expect(receive(issuer)).rejects.toMatchObject({ code: 'offer_unsupported' })
    expect(issuer.bodies).toEqual([])
  })

  test('that was asked for and left out in the answer is noticed', async () => {
    const issuer = await open({ encryption: { enc: ['A256GCM'] } })
    issuer.faults.answerInClear = true
    await expect(receive(issuer)).rejects.toMatchObject({ code: 'issuer_malformed' })
    expect(await phone.holder.list()).toEqual([])
  })
})

describe('keys that the issuer wants attested', () => {
  test.each<[IssuerTerms['proof'], string]>([
    ['attestation', 'attestation'],
    ['jwt with attestation', 'jwt'],
  ])('by %s: one statement is for all of them', async (proof, type) => {
    const issuer = await open({ proof, batch: 5 })
    const { credentials } = await receive(issuer)
    expect(credentials[0]?.copies).toHaveLength(5)
    const { [type]: proofs } = issuer.bodies[0]!.body['proofs'] as Record<string, string[]>
    expect(proofs).toHaveLength(1)
  })

  test('are not to be had from a wallet that nobody vouches for', async () => {
    const issuer = await open({ proof: 'attestation' })
    const stranger = createPhone({ rootCertificates: [authority.root] })
    await expect(receive(issuer, stranger)).rejects.toMatchObject({ code: 'wallet_unattested' })
  })

  test('a nonce that ran out meanwhile is replaced without a word', async () => {
    const issuer = await open({ proof: 'attestation' })
    issuer.faults.staleNonces = 1
    expect((await receive(issuer)).credentials).toHaveLength(1)
  })
})

describe('notifications', () => {
  test('say that it arrived, and later that it was deleted', async () => {
    const issuer = await open({ notifies: true, refresh: true })
    const { credentials } = await receive(issuer)
    const [{ notification_id: id } = { notification_id: '' }] = issuer.notifications
    expect(issuer.notifications).toEqual([{ notification_id: id, event: 'credential_accepted' }])
    await phone.holder.remove(credentials[0]!.id)
    expect(issuer.notifications.at(-1)).toEqual({ notification_id: id, event: 'credential_deleted' })
    expect(phone.keyIds.size).toBe(0)
  })

  test('say so with a new token when the old one ran out', async () => {
    const issuer = await open({ notifies: true, refresh: true })
    const { credentials } = await receive(issuer)
    const [stored] = await phone.holder.list()
    await phone.store.put('credential', stored!.id, {
      ...stored!,
      renewal: { ...stored!.renewal!, accessToken: 'a.b.c' },
    })
    await phone.holder.remove(credentials[0]!.id)
    expect(issuer.refreshes).toBe(1)
    expect(issuer.notifications.at(-1)?.event).toBe('credential_deleted')
  })

  test('say that what came could not be kept', async () => {
    const issuer = await open({ notifies: true })
    issuer.faults.lifetime = -10
    await expect(receive(issuer)).rejects.toMatchObject({ code: 'credential_invalid' })
    expect(issuer.notifications.map(({ event }) => event)).toEqual(['credential_failure'])
  })

  test('that do not get through keep nothing from being deleted', async () => {
    const issuer = await open({ notifies: true, refresh: true })
    const { credentials } = await receive(issuer)
    served.routes.set('/issuers/residents/notification', () => 'cut')
    await phone.holder.remove(credentials[0]!.id)
    expect(await phone.holder.list()).toEqual([])
    expect(phone.keyIds.size).toBe(0)
  })
})
