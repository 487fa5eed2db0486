import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, selfSigned, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type TestIssuer, TX_CODE } from './testing/issuer.ts'
import { CITY, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { type AskOptions, createTestVerifier, hashIdOf, type TestVerifier } from './testing/verifier.ts'

let served: Served
let authority: TestAuthority
let issuer: TestIssuer
let phone: Phone
let verifier: TestVerifier

beforeAll(async () => {
  served = await serve()
  authority = await createTestAuthority()
  const at = '/issuers/residents'
  issuer = createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at)
  phone = createPhone({ rootCertificates: [authority.root], authority: CITY })
  await phone.holder.receive(await phone.holder.readOffer(issuer.offer().byValue), { txCode: TX_CODE })
})
afterAll(() => served.stop())
beforeEach(async () => {
  const library = await authority.certify('연수도서관', `${served.url}/verifiers/library`)
  verifier = await createTestVerifier(served, library, [authority.root])
})

const query = () => ({
  credentials: [
    { id: 'card', format: 'dc+sd-jwt', meta: { vct_values: [issuer.vct] }, claims: [{ path: ['name_ko'] }] },
  ],
})
const refused = async (options: AskOptions, code: string, asked: Record<string, unknown> = query()) => {
  const link = await verifier.ask(asked, options)
  await expect(phone.holder.readRequest(link)).rejects.toMatchObject({
    name: 'HolderError',
    code,
    shared: false,
  })
  expect(verifier.answers).toEqual([])
}

describe('a request object is refused', () => {
  test.each<[string, AskOptions, string]>([
    ['with a type of another kind of JWT', { spoilHeader: { typ: 'jwt' } }, 'request_malformed'],
    ['without a type', { spoilHeader: { typ: undefined } }, 'request_malformed'],
    ['with the algorithm none', { spoilHeader: { alg: 'none' } }, 'request_malformed'],
    [
      'that names another algorithm than it was signed with',
      { spoilHeader: { alg: 'ES384' } },
      'request_malformed',
    ],
    ['that brings a bare key', { spoilHeader: { x5c: undefined, jwk: { kty: 'EC' } } }, 'request_malformed'],
    ['with an empty chain', { spoilHeader: { x5c: [] } }, 'request_malformed'],
    [
      'with a certificate that is none',
      { spoilHeader: { x5c: ['bm90IGEgY2VydGlmaWNhdGU='] } },
      'verifier_untrusted',
    ],
    ['whose signature is broken', { spoilJwt: (jwt) => `${jwt.slice(0, -8)}AAAAAAAA` }, 'verifier_untrusted'],
    [
      'without its signature',
      { spoilJwt: (jwt) => jwt.slice(0, jwt.lastIndexOf('.') + 1) },
      'verifier_untrusted',
    ],
    ['without a nonce', { spoil: { nonce: undefined } }, 'request_malformed'],
    ['with an empty nonce', { spoil: { nonce: '' } }, 'request_malformed'],
    ['with a nonce of other characters', { spoil: { nonce: 'a b' } }, 'request_malformed'],
    ['for another client', { spoil: { client_id: 'x509_hash:other' } }, 'verifier_untrusted'],
    ['without a client', { spoil: { client_id: undefined } }, 'request_malformed'],
    ['without an address for the answer', { spoil: { response_uri: undefined } }, 'request_malformed'],
    ['with a redirect_uri beside it', { spoil: { redirect_uri: 'https://a.example' } }, 'request_malformed'],
    ['with an address that is none', { spoil: { response_uri: 'javascript:alert(1)' } }, 'insecure_address'],
    ['that asks by fragment', { spoil: { response_mode: 'fragment' } }, 'request_unsupported'],
    [
      'that asks for an identity token',
      { spoil: { response_type: 'vp_token id_token' } },
      'request_unsupported',
    ],
    ['without a query', { spoil: { dcql_query: undefined } }, 'request_unsupported'],
    ['with a query and a scope', { spoil: { scope: 'card' } }, 'request_malformed'],
    ['with an empty query', { spoil: { dcql_query: {} } }, 'request_malformed'],
    ['without a key to encrypt to', { spoil: { client_metadata: {} } }, 'request_unsupported'],
    ['with an encryption that is not known', { enc: ['A128CBC-HS256'] }, 'request_unsupported'],
    ['from the future', { spoil: { iat: 4_000_000_000 } }, 'request_malformed'],
    ['not valid yet', { spoil: { nbf: 4_000_000_000 } }, 'request_malformed'],
    ['that is over', { spoil: { exp: 1_700_000_000 } }, 'request_expired'],
    ['for nobody', { spoil: { aud: undefined } }, 'request_malformed'],
    [
      'without the nonce of this wallet',
      { post: true, spoil: { wallet_nonce: undefined } },
      'request_malformed',
    ],
    [
      'with transaction data of an unknown type',
      { spoil: { transaction_data: [btoa('{"type":"x"}')] } },
      'request_unsupported',
    ],
    ['with transaction data that are no list', { spoil: { transaction_data: 'x' } }, 'request_malformed'],
    ['larger than any', { spoil: { padding: 'x'.repeat(300_000) } }, 'too_large'],
  ])('%s', (_what, options, code) => refused(options, code))

  test.each<[string, AskOptions, string]>([
    ['by an unknown prefix', { clientId: 'invalid_scheme:library' }, 'verifier_untrusted'],
    ['by a name alone', { clientId: 'library' }, 'verifier_untrusted'],
    ['by its address', { clientId: 'redirect_uri:https://library.example' }, 'verifier_untrusted'],
    ['by a DID', { clientId: 'decentralized_identifier:did:web:library.example' }, 'verifier_untrusted'],
    [
      'by its domain, which HAIP does not allow',
      { clientId: 'x509_san_dns:localhost' },
      'verifier_untrusted',
    ],
    ['by the hash of another certificate', { clientId: 'x509_hash:AAAA' }, 'verifier_untrusted'],
    [
      'by another name in the link',
      { spoilLink: (link) => link.set('client_id', 'x509_hash:AAAA') },
      'verifier_untrusted',
    ],
    [
      'by two names',
      { spoilLink: (link) => link.append('client_id', 'x509_hash:AAAA') },
      'request_malformed',
    ],
    ['fetched by PUT', { spoilLink: (link) => link.set('request_uri_method', 'put') }, 'request_malformed'],
    [
      'fetched by "POST"',
      { spoilLink: (link) => link.set('request_uri_method', 'POST') },
      'request_malformed',
    ],
    ['by value and by reference', { spoilLink: (link) => link.set('request', 'a.b.c') }, 'request_malformed'],
    ['unsigned', { spoilLink: (link) => link.delete('request_uri') }, 'verifier_untrusted'],
  ])('that comes %s', (_what, options, code) => refused(options, code))
})

describe('a certificate is refused', () => {
  const asks = async (
    certified: Awaited<ReturnType<TestAuthority['certify']>>,
    code = 'verifier_untrusted',
  ) => {
    verifier = await createTestVerifier(served, certified, [authority.root])
    await refused({}, code)
  }

  test('that vouches for itself', async () => asks(await selfSigned('Library')))
  test('of another authority', async () =>
    asks(await (await createTestAuthority('Stranger')).certify('Library', served.url)))
  test('that has run out', async () =>
    asks(
      await authority.certify('Library', served.url, {
        notBefore: new Date('2026-01-01'),
        notAfter: new Date('2026-02-01'),
      }),
    ))
  test('that is not valid yet', async () =>
    asks(
      await authority.certify('Library', served.url, {
        notBefore: new Date('2035-01-01'),
        notAfter: new Date('2036-01-01'),
      }),
    ))
  test('that brings its own trust anchor', async () => {
    const certified = await authority.certify('Library', served.url)
    await asks({ ...certified, x5c: [...certified.x5c, authority.root] })
  })
  test('of another verifier before its own', async () => {
    const [own, other] = await Promise.all(['a', 'b'].map((name) => authority.certify(name, served.url)))
    await asks({ ...own!, x5c: [...other!.x5c, ...own!.x5c] })
  })
})

describe('outside of HAIP', () => {
  test('a domain counts where the host allows it, and only for answers to that domain', async () => {
    const open = createPhone(
      { rootCertificates: [authority.root] },
      { allowPrefixes: ['x509_hash', 'x509_san_dns'], store: phone.store, keys: phone.keys },
    )
    const link = await verifier.ask(query(), { clientId: 'x509_san_dns:localhost' })
    const preview = await open.holder.readRequest(link)
    expect(preview.verifier.x509Hash).toBe(verifier.clientId.slice('x509_hash:'.length))
    expect(await open.holder.present(preview)).toMatchObject({ outcome: 'accepted' })
    const elsewhere = await verifier.ask(query(), {
      clientId: 'x509_san_dns:localhost',
      spoil: { response_uri: 'https://evil.example/answer' },
    })
    await expect(open.holder.readRequest(elsewhere)).rejects.toMatchObject({ code: 'verifier_untrusted' })
    const another = await verifier.ask(query(), { clientId: 'x509_san_dns:library.example' })
    await expect(open.holder.readRequest(another)).rejects.toMatchObject({ code: 'verifier_untrusted' })
  })
})

describe('while fetching', () => {
  const at = (path: string) =>
    `openid4vp://?${new URLSearchParams({ client_id: verifier.clientId, request_uri: `${served.url}${path}` })}`

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
    let visited = false
    served.routes.set('/moved', () => ({ status, headers: { location: `${served.url}/target` } }))
    served.routes.set('/target', () => {
      visited = true
      return { body: {} }
    })
    await expect(phone.holder.readRequest(at('/moved'))).rejects.toMatchObject({ code: 'network' })
    const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${served.url}/moved`)}`
    await expect(phone.holder.readOffer(offer)).rejects.toMatchObject({ code: 'network' })
    expect(visited).toBe(false)
  })

  test('a document larger than any of its kind is not read to its end', async () => {
    served.routes.set('/huge', () => ({ body: 'x'.repeat(20_000_000) }))
    await expect(phone.holder.readRequest(at('/huge'))).rejects.toMatchObject({ code: 'too_large' })
    const offer = `openid-credential-offer://?credential_offer_uri=${encodeURIComponent(`${served.url}/huge`)}`
    await expect(phone.holder.readOffer(offer)).rejects.toMatchObject({ code: 'too_large' })
    served.routes.set('/.well-known/openid-credential-issuer/huge', () => ({ body: 'x'.repeat(20_000_000) }))
    await expect(phone.holder.readIssuer(`${served.url}/huge`)).rejects.toMatchObject({ code: 'too_large' })
  })

  test('an address with a password in it is not visited', async () => {
    const request = `openid4vp://?${new URLSearchParams({ client_id: hashIdOf(await selfSigned('x')), request_uri: 'https://user:secret@library.example/r' })}`
    await expect(phone.holder.readRequest(request)).rejects.toMatchObject({ code: 'insecure_address' })
  })
})
