import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PublicJwk } from '@pass/credentials'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificate, createKey } from '../../../../packages/credentials/src/testing/certificates.ts'
import { CityError } from '../city.ts'
import { OAuthError } from '../http/problem.ts'
import { makeWalletKey, type TestWalletKey } from '../testing/wallet-key.ts'
import { type ProviderCity, startProviderCity } from '../wallet-provider/testing/provider-city.ts'
import { createWalletTrust } from './service.ts'
import { type ForeignProvider, makeForeignProvider } from './testing/foreign-provider.ts'
import { startTokenEndpoint } from './testing/token-endpoint.ts'

let city: ProviderCity
let foreign: ForeignProvider
let another: ForeignProvider
let stranger: ForeignProvider
let tokens: Awaited<ReturnType<typeof startTokenEndpoint>>
beforeAll(async () => {
  foreign = await makeForeignProvider()
  another = await makeForeignProvider()
  stranger = await makeForeignProvider()
  city = await startProviderCity({ trusted: [foreign, another] })
  const clients = [`${city.url}/wallet`, foreign.clientId, another.clientId, stranger.clientId]
  tokens = await startTokenEndpoint(city.trust, clients)
})
afterAll(async () => {
  await tokens.close()
  await city.close()
})

const own = () => `${city.url}/wallet`
const root = () => city.context.agent.authority.rootCertificate
const now = () => Math.floor(city.context.clock().getTime() / 1000)

describe('a wallet at the token endpoint', () => {
  it('of our own is let in with its attestation, until it is revoked', async () => {
    const [instance, client] = [city.makeInstance(), makeWalletKey()]
    const { attestation } = (await instance.attest(client)).body
    expect(await tokens.ask(own(), attestation, client)).toEqual({ status: 200, error: undefined })
    const [row] = await city.db.sql<{ id: string }>`
      SELECT "id" FROM "WalletInstance" WHERE "thumbprint" = ${instance.key.jkt}`
    await city.operate(`/${row?.id}/revoke`, { reason: 'r' })
    expect(await tokens.ask(own(), attestation, client)).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('of a trusted maker is let in, whatever else its attestation says', async () => {
    const client = makeWalletKey()
    const attestation = await foreign.attestClient(client.publicJwk, {
      header: { kid: 'x' },
      claims: { aal: 'https://trust.test/high', wallet_name: 'W', status: { status_list: {} } },
    })
    expect(await tokens.ask(foreign.clientId, attestation, client)).toEqual({ status: 200, error: undefined })
  })

  it('of a trusted maker with an intermediate authority is let in', async () => {
    const middle = await foreign.certify({ ca: true, commonName: 'Middle' })
    const end = await foreign.certify({ issuer: middle, commonName: 'End' })
    const client = makeWalletKey()
    const header = { x5c: [end.base64, middle.base64] }
    const attestation = await foreign.attestClient(client.publicJwk, { header }, end)
    expect((await tokens.ask(foreign.clientId, attestation, client)).status).toBe(200)
  })

  type Attack = (client: TestWalletKey) => Promise<[clientId: string, attestation: string]>
  const byForeign =
    (
      changes: Parameters<ForeignProvider['attestClient']>[1],
      certify?: Parameters<ForeignProvider['certify']>[0],
    ): Attack =>
    async ({ publicJwk }) => [
      foreign.clientId,
      await foreign.attestClient(
        publicJwk,
        changes,
        certify === undefined ? undefined : await foreign.certify(certify),
      ),
    ]
  it.each<[string, Attack]>([
    [
      'an attestation for the key of somebody else',
      async () => [foreign.clientId, await foreign.attestClient(makeWalletKey().publicJwk)],
    ],
    [
      'a maker whom nobody trusts',
      async ({ publicJwk }) => [stranger.clientId, await stranger.attestClient(publicJwk)],
    ],
    [
      'a maker whom nobody trusts, in the name of a trusted one',
      async ({ publicJwk }) => [
        foreign.clientId,
        await stranger.attestClient(publicJwk, { claims: { sub: foreign.clientId } }),
      ],
    ],
    [
      'a trusted maker in the name of another',
      async ({ publicJwk }) => [
        another.clientId,
        await foreign.attestClient(publicJwk, { claims: { sub: another.clientId } }),
      ],
    ],
    [
      'a trusted maker in the name of our own wallet',
      async ({ publicJwk }) => [own(), await foreign.attestClient(publicJwk, { claims: { sub: own() } })],
    ],
    ['no certificate', byForeign({ header: { x5c: undefined } })],
    ['no certificate, but the key itself', byForeign({ header: { x5c: undefined, jwk: {} } })],
    ['certificates that are none', byForeign({ header: { x5c: ['AAAA'] } })],
    ['a chain that is one text', byForeign({ header: { x5c: 'AAAA' } })],
    ['a chain of other things', byForeign({ header: { x5c: [{}] } })],
    ['a chain without end', byForeign({ header: { x5c: new Array(5).fill('AAAA') } })],
    [
      'another signature than that of the leaf',
      async ({ publicJwk }) => [
        foreign.clientId,
        await stranger.attestClient(publicJwk, {
          header: { x5c: [foreign.leaf.base64] },
          claims: { sub: foreign.clientId },
        }),
      ],
    ],
    ['a certificate that has expired', byForeign({}, { notAfter: '2026-06-01T00:00:00Z' })],
    ['a certificate that does not count yet', byForeign({}, { notBefore: '2035-01-01T00:00:00Z' })],
    ['an attestation that has expired', byForeign({ claims: { exp: 1_000_000_000 } })],
    ['an attestation that never expires', byForeign({ claims: { exp: undefined } })],
    ['another type of JWT', byForeign({ header: { typ: 'jwt' } })],
  ])('is refused with %s', async (_what, attack) => {
    const client = makeWalletKey()
    const [clientId, attestation] = await attack(client)
    expect(await tokens.ask(clientId, attestation, client)).toEqual({ status: 401, error: 'invalid_client' })
  })

  it('is refused when it carries the trust anchor, also under another spelling of it', async () => {
    const client = makeWalletKey()
    const renewed = await createCertificate({ key: foreign.root.key, commonName: 'Wallet Root', ca: true })
    for (const anchor of [foreign.root.base64, renewed.base64]) {
      const header = { x5c: [foreign.leaf.base64, anchor] }
      const attestation = await foreign.attestClient(client.publicJwk, { header })
      expect((await tokens.ask(foreign.clientId, attestation, client)).error).toBe('invalid_client')
    }
  })

  it('is refused when the leaf signs itself, or is the trust anchor', async () => {
    const client = makeWalletKey()
    const itself = await createCertificate({ key: await createKey(), commonName: 'Wallet Root' })
    for (const by of [itself, foreign.root]) {
      const attestation = await foreign.attestClient(client.publicJwk, {}, by)
      expect((await tokens.ask(foreign.clientId, attestation, client)).error).toBe('invalid_client')
    }
  })

  it('is refused with the certificate of one of the city’s verifiers, though it is of the same authority', async () => {
    const { verifiers, signer } = city.context.agent
    const name = { ko: '도서관', en: 'Library' }
    const { x5c, keyRef } = await verifiers.ensure({
      id: 'library',
      name,
      url: `${city.url}/verifier/library`,
    })
    const client = makeWalletKey()
    const sign = { key: { sign: signer(keyRef) }, base64: x5c[0] } as never
    const attestation = await foreign.attestClient(client.publicJwk, { claims: { sub: own() } }, sign)
    expect((await tokens.ask(own(), attestation, client)).error).toBe('invalid_client')
  })

  it('is refused with a hundred kilobytes of attestation, before anything is read', async () => {
    const client = makeWalletKey()
    const attestation = await foreign.attestClient(client.publicJwk, { claims: { long: 'x'.repeat(75_000) } })
    expect((await tokens.ask(foreign.clientId, attestation, client)).status).toBe(431)
  })

  it('has the name that the city knows it by', () => {
    expect(city.trust.nameOf(own())).toEqual({ ko: '인천패스', en: 'Incheon Pass' })
    expect(city.trust.nameOf(foreign.clientId)).toEqual(foreign.entry.name)
    expect(city.trust.nameOf(stranger.clientId)).toBeUndefined()
  })
})

describe('a key attestation', () => {
  const NONCE = 'fresh'
  const read = (jwt: unknown, options: { mustExpire?: boolean } = {}) =>
    city.trust.keyAttestation(jwt as string, {
      nonceIsFresh: (nonce) => nonce === NONCE,
      now: now(),
      ...options,
    })
  const keys = (count: number): PublicJwk[] => Array.from({ length: count }, () => makeWalletKey().publicJwk)
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'accepted',
      (error: unknown) => (error instanceof OAuthError ? error.error : error),
    )

  it('of any trusted maker gives its keys in their order, without what else stands in them', async () => {
    const attested = keys(10)
    const jwt = await another.attestKeys(
      attested.map((jwk, kid) => ({ ...jwk, kid: String(kid), use: 'sig' })),
      { nonce: NONCE, claims: { key_storage: ['iso_18045_high'], status: {}, x: 'y' } },
    )
    expect(await read(jwt, { mustExpire: true })).toEqual(attested)
  })

  it('needs no end of its own, unless it stands in a proof', async () => {
    const jwt = await foreign.attestKeys(keys(1), { nonce: NONCE, claims: { exp: undefined } })
    expect(await codeOf(read(jwt))).toBe('accepted')
    expect(await codeOf(read(jwt, { mustExpire: true }))).toBe('invalid_proof')
  })

  it('with another nonce, or none, is told to fetch one', async () => {
    expect(await codeOf(read(await foreign.attestKeys(keys(1), { nonce: 'old' })))).toBe('invalid_nonce')
    expect(await codeOf(read(await foreign.attestKeys(keys(1))))).toBe('invalid_nonce')
  })

  const at = (claims: () => Record<string, unknown>) => () =>
    foreign.attestKeys(keys(1), { nonce: NONCE, claims: claims() })
  const of = (attested: () => unknown) => () => foreign.attestKeys(attested(), { nonce: NONCE })
  const under = (header: Record<string, unknown>) => () =>
    foreign.attestKeys(keys(1), { nonce: NONCE, header })
  const [same] = keys(1)
  it.each<[string, () => unknown]>([
    ['a maker whom nobody trusts', () => stranger.attestKeys(keys(1), { nonce: NONCE })],
    ['no certificate', under({ x5c: undefined })],
    ['another type', under({ typ: 'jwt' })],
    ['another algorithm', under({ alg: 'none' })],
    ['a critical extension', under({ crit: ['x'] })],
    [
      'another signature than the leaf’s',
      () => stranger.attestKeys(keys(1), { nonce: NONCE, header: { x5c: [foreign.leaf.base64] } }),
    ],
    [
      'a leaf that signs itself',
      async () =>
        foreign.attestKeys(
          keys(1),
          { nonce: NONCE },
          await createCertificate({ key: await createKey(), commonName: 'x' }),
        ),
    ],
    ['an authority as leaf', () => foreign.attestKeys(keys(1), { nonce: NONCE }, foreign.root)],
    ['no time', at(() => ({ iat: undefined }))],
    ['a time in words', at(() => ({ iat: 'now' }))],
    ['a time to come', at(() => ({ iat: now() + 600 }))],
    ['a time from which it counts, to come', at(() => ({ nbf: now() + 600 }))],
    ['an end that is over', at(() => ({ iat: now() - 900, exp: now() - 300 }))],
    ['an end before its beginning', at(() => ({ exp: now() - 10, iat: now() }))],
    ['an end in words', at(() => ({ exp: 'never' }))],
    ['no end and an age of two days', at(() => ({ exp: undefined, iat: now() - 2 * 86_400 }))],
    ['no keys', of(() => [])],
    ['keys that are no list', of(() => ({ ...same }))],
    ['eleven keys', of(() => keys(11))],
    ['one key twice', of(() => [same, { ...same, kid: 'b' }])],
    ['a private key', of(() => [{ ...same, d: same?.x }])],
    ['another curve', of(() => [{ ...same, crv: 'P-384' }])],
    ['coordinates that are no point', of(() => [{ ...same, y: same?.x }])],
    ['another spelling of a coordinate', of(() => [{ ...same, x: `${same?.x}=` }])],
    ['keys that are none', of(() => [null, 7, 'x'])],
    ['no JWT', () => 'a.b.c'],
    ['a number', () => 7],
    ['an object', () => ({})],
    ['twenty kilobytes', at(() => ({ long: 'x'.repeat(20_000) }))],
  ])('is refused as invalid_proof with %s', async (_what, make) => {
    expect(await codeOf(read(await make()))).toBe('invalid_proof')
  })
})

describe('the file of WALLET_PROVIDERS', () => {
  const withFile = (content: unknown) => {
    const folder = mkdtempSync(join(tmpdir(), 'pass-providers-'))
    try {
      const path = join(folder, 'providers.json')
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
      const { context } = city
      return createWalletTrust({ ...context, config: { ...context.config, walletProviders: path } })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('adds providers to those of the city', async () => {
    const trust = withFile([stranger.entry])
    expect(trust.nameOf(stranger.clientId)).toEqual(stranger.entry.name)
    expect(trust.nameOf(foreign.clientId)).toEqual(foreign.entry.name)
  })

  it.each<[string, () => unknown]>([
    ['no JSON', () => '['],
    ['a client id that is taken', () => [foreign.entry]],
    ['our own client id', () => [{ ...stranger.entry, clientIds: [own()] }]],
    ['a certificate that is none', () => [{ ...stranger.entry, rootCertificates: ['AAAA'] }]],
    [
      'a certificate of no authority',
      () => [{ ...stranger.entry, rootCertificates: [stranger.leaf.base64] }],
    ],
    ['an entry without a name', () => [{ ...stranger.entry, name: undefined }]],
    [
      'our own root without saying whose certificate under it',
      () => [{ ...stranger.entry, rootCertificates: [root()] }],
    ],
  ])('with %s stops the start with a sentence', (_what, content) => {
    expect(() => withFile(content())).toThrow(CityError)
  })

  it('may name one address under an authority that certifies many', async () => {
    const sanUri = 'https://maker.test/wallets'
    const right = await stranger.certify({ sanUri })
    const wrong = await stranger.certify({ sanUri: 'https://maker.test/shop' })
    const trust = withFile([{ ...stranger.entry, sanUri }])
    const ask = ({ base64 }: { base64: string }) =>
      trust.attestationKey({ x5c: [base64] }, { sub: stranger.clientId })
    expect((await ask(right)).export({ format: 'jwk' })).toMatchObject({ x: right.key.publicJwk.x })
    await expect(ask(wrong)).rejects.toMatchObject({ error: 'invalid_client_attestation' })
    // Not even when the right one was seen before.
    await expect(ask(stranger.leaf)).rejects.toMatchObject({ error: 'invalid_client_attestation' })
    expect(new X509Certificate(Buffer.from(right.base64, 'base64')).ca).toBe(false)
  })
})
