import { X509Certificate } from 'node:crypto'
import { calculateJwkThumbprint, importX509, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWalletKey, type TestWalletKey } from '../testing/wallet-key.ts'
import { type ProviderCity, partsOf, startProviderCity } from './testing/provider-city.ts'

let city: ProviderCity
beforeAll(async () => {
  city = await startProviderCity()
})
afterAll(() => city.close())

const now = () => Math.floor(city.context.clock().getTime() / 1000)
const newKey = () => makeWalletKey(city.context.clock)
const stands = (key: TestWalletKey) => city.trust.stands(`${city.url}/wallet`, key.jkt)
const certificateOf = (x5c: string[]) => new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'))
describe('a wallet attestation', () => {
  it('vouches for the proven key for an hour, under the city’s authority, whose root stays out of x5c', async () => {
    const client = newKey()
    const { status, body } = await city.makeInstance().attest(client)
    expect([status, body.clientId]).toEqual([200, `${city.url}/wallet`])
    const { header } = partsOf(body.attestation)
    const leaf = certificateOf(header.x5c)
    const root = city.context.agent.authority.rootCertificate
    expect(header.x5c).toHaveLength(1)
    expect(header.x5c).not.toContain(root)
    expect(leaf.subject).not.toBe(leaf.issuer)
    expect(leaf.checkIssued(new X509Certificate(Buffer.from(root, 'base64')))).toBe(true)
    expect(leaf.subjectAltName).toBe(`URI:${city.url}/wallet-provider`)
    // jose shares no code with ours.
    const { payload } = await jwtVerify(body.attestation, await importX509(leaf.toString(), 'ES256'), {
      typ: 'oauth-client-attestation+jwt',
      subject: `${city.url}/wallet`,
      issuer: `${city.url}/wallet-provider`,
    })
    expect(payload['cnf']).toEqual({ jwk: client.publicJwk })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600)
    expect(Date.parse(body.expiresAt)).toBe((payload.exp ?? 0) * 1000)
    expect(await stands(client)).toBe(true)
  })

  it('has nothing in it by which two wallets could be told apart but the key', async () => {
    const [one, two] = await Promise.all(
      [city.makeInstance(), city.makeInstance()].map(async (instance) => {
        const { body } = await instance.attest()
        const { header, payload } = partsOf(body.attestation)
        const { cnf, iat, exp, ...rest } = payload
        expect(Object.keys(cnf ?? {})).toEqual(['jwk'])
        expect(Object.keys(cnf?.jwk ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y'])
        return { header, rest }
      }),
    )
    expect(one).toEqual(two)
    expect(Object.keys(one?.rest ?? {}).sort()).toEqual(['iss', 'sub', 'wallet_link', 'wallet_name'])
  })

  it('is made anew at each request, also for the same key', async () => {
    const [instance, client] = [city.makeInstance(), newKey()]
    const first = await instance.attest(client)
    city.advance(120)
    const second = await instance.attest(client)
    expect(partsOf(second.body.attestation).payload['exp']).toBeGreaterThanOrEqual(
      Number(partsOf(first.body.attestation).payload['exp']) + 120,
    )
  })

  it.each<[string, string, (client: TestWalletKey, own: TestWalletKey) => string]>([
    [
      'an overheard proof that was made for another instance',
      'bad_signature',
      (client) => city.proofOf(client, 'pass-client-key+jwt', newKey()),
    ],
    [
      'a key in the header that did not sign',
      'bad_signature',
      (client, own) =>
        city.proofOf(client, 'pass-client-key+jwt', own, { header: { jwk: newKey().publicJwk } }),
    ],
    [
      'a proof that was made for binding a credential',
      'bad_signature',
      (client, own) => city.proofOf(client, 'pass-holder-key+jwt', own),
    ],
    [
      'a proof for another provider',
      'bad_signature',
      (client, own) =>
        city.proofOf(client, 'pass-client-key+jwt', own, { payload: { aud: 'https://other.test' } }),
    ],
    [
      'a proof from ten minutes ago',
      'bad_signature',
      (client, own) => city.proofOf(client, 'pass-client-key+jwt', own, { payload: { iat: now() - 600 } }),
    ],
    [
      'a proof without a time',
      'bad_signature',
      (client, own) => city.proofOf(client, 'pass-client-key+jwt', own, { payload: { iat: undefined } }),
    ],
    [
      'a proof with a private key in it',
      'bad_signature',
      (client, own) =>
        city.proofOf(client, 'pass-client-key+jwt', own, {
          header: { jwk: { ...client.publicJwk, d: client.publicJwk.x } },
        }),
    ],
    ['no JWS at all', 'bad_signature', () => 'a.b'],
    [
      'the key of the instance itself',
      'bad_request',
      (_, own) => city.proofOf(own, 'pass-client-key+jwt', own),
    ],
  ])('is refused for %s', async (_what, code, make) => {
    const [instance, client] = [city.makeInstance(), newKey()]
    const { status, body } = await instance.post('/attestations', { proof: make(client, instance.key) })
    expect([status, body.code]).toEqual([400, code])
    expect(await stands(client)).toBe(false)
  })

  it('is refused for a key that was attested for another instance', async () => {
    const client = newKey()
    await city.makeInstance().attest(client)
    const { status, body } = await city.makeInstance().attest(client)
    expect([status, body.code]).toEqual([409, 'conflict'])
  })

  it('is refused when one instance has a hundred keys already, and still given for each of those', async () => {
    const [instance, first] = [city.makeInstance(), newKey()]
    await instance.attest(first)
    await city.db.sql`
      INSERT INTO "WalletAttestation" ("thumbprint", "instanceId", "expiresAt")
      SELECT ${instance.key.jkt} || n, ${await city.idOf(instance.key)}::uuid, now() FROM generate_series(1, 99) n`
    expect((await instance.attest()).status).toBe(409)
    expect((await instance.attest(first)).status).toBe(200)
  })

  it('needs a proof of the instance’s key, which counts once', async () => {
    const instance = city.makeInstance()
    const url = `${city.url}/api/wallet-provider/attestations`
    const json = { proof: city.proofOf(newKey(), 'pass-client-key+jwt', instance.key) }
    const send = (headers: Record<string, string>) =>
      city.call('/api/wallet-provider/attestations', { json, headers })
    expect((await send({})).status).toBe(401)
    expect((await send({ dpop: instance.key.dpop('POST', `${url}/other`) })).status).toBe(401)
    const dpop = instance.key.dpop('POST', url)
    expect((await send({ dpop })).status).toBe(200)
    expect((await send({ dpop })).body.code).toBe('unauthenticated')
  })
})

describe('a key attestation', () => {
  it('vouches for the proven keys in their order, with the nonce, for ten minutes, and for no storage', async () => {
    const keys = [newKey(), newKey(), newKey()]
    const { status, body } = await city.makeInstance().attestKeys(keys, 'a-nonce')
    expect(status).toBe(200)
    const { header, payload } = partsOf(body.keyAttestation)
    expect(header).toMatchObject({ typ: 'key-attestation+jwt', alg: 'ES256' })
    expect(Object.keys(payload).sort()).toEqual(['attested_keys', 'exp', 'iat', 'iss', 'nonce'])
    expect(payload['attested_keys']).toEqual(keys.map(({ publicJwk }) => publicJwk))
    expect(Number(payload['exp']) - Number(payload['iat'])).toBe(600)
    const read = await city.trust.keyAttestation(body.keyAttestation, {
      nonceIsFresh: (nonce) => nonce === 'a-nonce',
      now: now(),
      mustExpire: true,
    })
    expect(read).toEqual(keys.map(({ publicJwk }) => publicJwk))
  })

  it('keeps none of the keys: the provider does not know which credentials a wallet has', async () => {
    const count = async () => (await city.db.sql`SELECT * FROM "WalletAttestation"`).length
    const before = await count()
    await city.makeInstance().attestKeys([newKey()])
    expect(await count()).toBe(before)
  })

  it('is refused for no key, eleven, one twice, and one that another wallet proved', async () => {
    const instance = city.makeInstance()
    const twice = newKey()
    const status = async (keys: TestWalletKey[]) => (await instance.attestKeys(keys)).status
    expect(await status([])).toBe(400)
    expect(await status(Array.from({ length: 11 }, newKey))).toBe(400)
    expect(await status([twice, newKey(), twice])).toBe(400)
    const overheard = city.proofOf(newKey(), 'pass-holder-key+jwt', newKey())
    const mixed = [city.proofOf(newKey(), 'pass-holder-key+jwt', instance.key), overheard]
    const { body } = await instance.post('/key-attestations', { proofs: mixed })
    expect(body.code).toBe('bad_signature')
  })
})

describe('whatever else is sent', () => {
  it.each<[string, unknown]>([
    ['/attestations', {}],
    ['/attestations', { proof: 7 }],
    ['/attestations', { proof: null }],
    ['/attestations', { proof: ['a.b.c'] }],
    ['/attestations', []],
    ['/attestations', 'text'],
    ['/attestations', { proof: 'x'.repeat(5000) }],
    ['/key-attestations', { proofs: 'a.b.c' }],
    ['/key-attestations', { proofs: [null] }],
    ['/key-attestations', { proofs: ['a.b.c'], nonce: {} }],
    ['/key-attestations', { proofs: ['a.b.c'], nonce: 'x'.repeat(501) }],
    ['/instances/account', { proof: {} }],
  ])('to %s is refused as a bad request: %j', async (path, json) => {
    expect((await city.makeInstance().post(path, json)).status).toBe(400)
  })

  it('is not read when it is huge', async () => {
    const instance = city.makeInstance()
    expect((await instance.post('/attestations', { proof: 'x'.repeat(100_000) })).status).toBe(413)
    const headers = { dpop: 'x'.repeat(100_000) }
    expect((await city.call('/api/wallet-provider/attestations', { json: {}, headers })).status).toBe(431)
  })

  it('leaves no key, proof or number in the log', async () => {
    const [instance, account, client] = [city.makeInstance(), newKey(), newKey()]
    const number = await city.makeAccount(account)
    await instance.attest(client)
    await instance.bind(account)
    const log = city.logged.join('')
    for (const secret of [client.publicJwk.x, client.jkt, instance.key.jkt, account.jkt, number])
      expect(log).not.toContain(secret)
    expect(await calculateJwkThumbprint(client.publicJwk)).toBe(client.jkt)
  })
})

it('one wallet that asks too often waits a minute, and others do not', async () => {
  const limited = await startProviderCity({ rateLimitFactor: 0.05 })
  try {
    const [eager, other] = [limited.makeInstance(), limited.makeInstance()]
    for (let i = 0; i < 3; i++) expect((await eager.attest()).status).toBe(200)
    expect((await eager.attest()).body.code).toBe('too_many_requests')
    expect((await other.attest()).status).toBe(200)
    limited.advance(61)
    expect((await eager.attest()).status).toBe(200)
  } finally {
    await limited.close()
  }
})
