import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestAuthority, type TestAuthority } from './testing/authority.ts'
import { createTestIssuer, type IssuerTerms, type TestIssuer } from './testing/issuer.ts'
import { payloadOf } from './testing/nonces.ts'
import { browse, createPhone, type Phone } from './testing/phone.ts'
import { type Served, serve } from './testing/serve.ts'
import { createTestAttestation, WALLET } from './testing/wallet-provider.ts'

const RETURN = 'https://wallet.example/receive/return'
const HIGH: Partial<IssuerTerms> & { server: string } = {
  server: '/oauth',
  attested: true,
  challengeEndpoint: true,
  signIn: true,
  scope: true,
  refresh: true,
}

let served: Served
let authority: TestAuthority
let phone: Phone
let provider: Awaited<ReturnType<TestAuthority['certify']>>

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

const open = async (terms: Partial<IssuerTerms> & { server?: string } = HIGH): Promise<TestIssuer> => {
  const at = '/issuers/residents'
  return createTestIssuer(served, await authority.certify('Residents', `${served.url}${at}`), at, terms)
}
const offered = async (issuer: TestIssuer, issuerState?: string) =>
  phone.holder.readOffer(issuer.signInOffer(issuerState))
const begin = async (issuer: TestIssuer, issuerState?: string) =>
  phone.holder.beginSignIn(await offered(issuer, issuerState), RETURN)
const signIn = async (issuer: TestIssuer) =>
  phone.holder.completeSignIn(await browse((await begin(issuer)).url))

describe('receiving after a sign-in', () => {
  test('the wallet pushes its request, attested, and comes back with the credential', async () => {
    const issuer = await open()
    const { credentials, waiting } = await signIn(issuer)
    expect(credentials[0]?.copies).toHaveLength(3)
    expect(waiting).toEqual([])
    expect(await phone.holder.pending()).toEqual([])
    expect(issuer.pushed.at(-1)).toMatchObject({
      client_id: WALLET,
      response_type: 'code',
      redirect_uri: RETURN,
      scope: 'scope:resident',
      resource: issuer.id,
      code_challenge_method: 'S256',
    })
    expect(issuer.pushed.at(-1)).not.toHaveProperty('authorization_details')
    expect(issuer.tokenRequests.at(-1)).toMatchObject({ grant_type: 'authorization_code', client_id: WALLET })
  })

  test('nothing but the reference goes through the browser', async () => {
    const issuer = await open()
    const { url } = await begin(issuer)
    expect([...new URL(url).searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
  })

  test("the issuer's state comes back to it", async () => {
    const issuer = await open()
    const offer = await offered(issuer, 'state-of-the-issuer')
    expect(offer).toMatchObject({ signIn: true, issuerState: 'state-of-the-issuer' })
    await phone.holder.beginSignIn(offer, RETURN)
    expect(issuer.pushed.at(-1)).toMatchObject({ issuer_state: 'state-of-the-issuer' })
  })

  test('the sign-in is asked for in the language of the wallet', async () => {
    const issuer = await open()
    await phone.holder.beginSignIn(await offered(issuer), RETURN, { uiLocales: 'en ko' })
    expect(issuer.pushed.at(-1)).toMatchObject({ ui_locales: 'en ko' })
  })

  test('the proofs of its keys name the wallet as its token does', async () => {
    const issuer = await open()
    await signIn(issuer)
    const { jwt = [] } = issuer.bodies[0]!.body['proofs'] as { jwt?: string[] }
    expect(jwt.map((proof) => payloadOf(proof)['iss'])).toEqual([WALLET, WALLET, WALLET])
  })

  test('the wallet may begin by itself, with the type that was chosen', async () => {
    const issuer = await open()
    const offer = await phone.holder.readIssuer(issuer.id)
    expect(offer.types.map(({ configurationId }) => configurationId)).toEqual(['resident', 'veteran'])
    const [resident] = offer.types
    const { url } = await phone.holder.beginSignIn({ ...offer, types: [resident!] }, RETURN)
    expect((await phone.holder.completeSignIn(await browse(url))).credentials).toHaveLength(1)
  })

  test('without scopes the types are named in authorization details, with the issuer that they are of', async () => {
    const issuer = await open({ ...HIGH, scope: false })
    await signIn(issuer)
    expect(JSON.parse(issuer.pushed.at(-1)?.['authorization_details'] ?? '')).toEqual([
      { type: 'openid_credential', credential_configuration_id: 'resident', locations: [issuer.id] },
    ])
    expect(issuer.pushed.at(-1)).not.toHaveProperty('scope')
  })

  test('datasets that the token names are asked for by their names, each once', async () => {
    const issuer = await open({ ...HIGH, identifiers: ['2025', '2026'] })
    expect((await signIn(issuer)).credentials).toHaveLength(2)
    expect(issuer.bodies.map(({ body }) => body['credential_identifier'])).toEqual([
      'resident-2025',
      'resident-2026',
    ])
    expect(issuer.bodies.every(({ body }) => !('credential_configuration_id' in body))).toBe(true)
  })

  test('challenges and nonces that were given are used; what was asked for is given once more', async () => {
    const issuer = await open({ ...HIGH, challengeEndpoint: false })
    expect((await signIn(issuer)).credentials).toHaveLength(1)
  })

  test('a wallet closed during the sign-in goes on when the browser comes back', async () => {
    const issuer = await open()
    const back = await browse((await begin(issuer)).url)
    const holder = phone.restarted()
    expect((await holder.pending()).map(({ state }) => state)).toEqual(['signing_in'])
    expect((await holder.completeSignIn(back)).credentials).toHaveLength(1)
  })

  test('the return opened twice at once receives once', async () => {
    const issuer = await open()
    const back = await browse((await begin(issuer)).url)
    const [one, two] = await Promise.all([1, 2].map(() => phone.holder.completeSignIn(back)))
    expect(two).toEqual(one)
    expect(issuer.requests).toHaveLength(1)
  })

  test('when the credential is lost on the way, the return opened again fetches the same', async () => {
    const issuer = await open()
    issuer.faults.cut.credential = 1
    const back = await browse((await begin(issuer)).url)
    await expect(phone.holder.completeSignIn(back)).rejects.toMatchObject({ code: 'network' })
    expect((await phone.restarted().completeSignIn(back)).credentials).toHaveLength(1)
    expect(issuer.requests[1]).toEqual(issuer.requests[0])
  })

  test('a code that could not be redeemed at once is kept, and redeemed by the wallet started anew', async () => {
    const issuer = await open()
    const { url, pendingId } = await begin(issuer)
    const back = await browse(url)
    const { fetch } = phone.ports
    phone.ports.fetch = () => Promise.reject(new TypeError('Failed to fetch'))
    await expect(phone.holder.completeSignIn(back)).rejects.toMatchObject({ code: 'network' })
    phone.ports.fetch = fetch
    expect((await phone.restarted().resume(pendingId)).credentials).toHaveLength(1)
  })

  test('when the token is lost on the way, the sign-in is begun anew from what is kept', async () => {
    const issuer = await open()
    issuer.faults.cut.token = 1
    const back = await browse((await begin(issuer)).url)
    await expect(phone.holder.completeSignIn(back)).rejects.toMatchObject({ code: 'network' })
    await expect(phone.holder.completeSignIn(back)).rejects.toMatchObject({ code: 'sign_in_required' })
    const [pending] = await phone.holder.pending()
    expect(pending?.state).toBe('signing_in')
    const { url } = await phone.holder.beginSignIn(pending!.signIn!.offer, RETURN)
    expect((await phone.holder.completeSignIn(await browse(url))).credentials).toHaveLength(1)
    expect(await phone.holder.pending()).toEqual([])
  })

  test('a sign-in broken off leaves nothing once it is begun anew, and is forgotten after a day', async () => {
    const issuer = await open()
    await begin(issuer)
    await begin(issuer)
    expect(await phone.holder.pending()).toHaveLength(1)
    phone.ahead = 25 * 3600_000
    expect(await phone.holder.pending()).toEqual([])
    expect(phone.keyIds.size).toBe(0)
  })

  test('a sign-in that was not finished cannot be resumed', async () => {
    const { pendingId } = await begin(await open())
    await expect(phone.holder.resume(pendingId)).rejects.toMatchObject({ code: 'sign_in_required' })
  })
})

describe('a return that is not what was begun', () => {
  test.each<[string, (back: URL) => void, string]>([
    ['of nobody', (back) => back.searchParams.set('state', 'another'), 'sign_in_unknown'],
    ['without a state', (back) => back.searchParams.delete('state'), 'sign_in_unknown'],
    [
      'from another server',
      (back) => back.searchParams.set('iss', 'https://evil.example'),
      'sign_in_mixed_up',
    ],
    [
      'from a server that does not name itself',
      (back) => back.searchParams.delete('iss'),
      'sign_in_mixed_up',
    ],
    ['with two codes', (back) => back.searchParams.append('code', 'x'), 'sign_in_mixed_up'],
    [
      'with two servers',
      (back) => back.searchParams.append('iss', 'https://evil.example'),
      'sign_in_mixed_up',
    ],
    ['at another address', (back) => (back.pathname = '/elsewhere'), 'sign_in_mixed_up'],
    ['without a code', (back) => back.searchParams.delete('code'), 'sign_in_failed'],
  ])('%s is refused, and no token is asked for', async (_what, spoil, code) => {
    const issuer = await open()
    const back = new URL(await browse((await begin(issuer)).url))
    spoil(back)
    await expect(phone.holder.completeSignIn(back.href)).rejects.toMatchObject({ name: 'HolderError', code })
    expect(issuer.tokenRequests).toEqual([])
  })

  test('from another server does not end what was begun', async () => {
    const issuer = await open()
    const back = await browse((await begin(issuer)).url)
    const spoilt = back.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example')
    await expect(phone.holder.completeSignIn(spoilt)).rejects.toMatchObject({ code: 'sign_in_mixed_up' })
    expect((await phone.holder.completeSignIn(back)).credentials).toHaveLength(1)
  })

  test.each([
    [{ error: 'access_denied' }, 'sign_in_cancelled'],
    [{ error: 'access_denied', error_description: 'not_in_register: nobody' }, 'not_in_register'],
    [{ error: 'access_denied', error_description: 'other_person' }, 'other_person'],
    [{ error: 'access_denied', error_description: 'too_many_requests: later' }, 'busy'],
    [{ error: 'temporarily_unavailable' }, 'sign_in_unavailable'],
    [{ error: 'invalid_scope' }, 'sign_in_failed'],
  ])('%j says why, and leaves nothing', async (denied, code) => {
    const issuer = await open()
    issuer.faults.denied = denied
    await expect(signIn(issuer)).rejects.toMatchObject({ code })
    expect(await phone.holder.pending()).toEqual([])
    expect(phone.keyIds.size).toBe(0)
  })
})

describe('a server that wants to know the wallet', () => {
  test('and a wallet that nobody vouches for do not come together', async () => {
    const issuer = await open()
    const stranger = createPhone({ rootCertificates: [authority.root] })
    const offer = await stranger.holder.readOffer(issuer.signInOffer())
    await expect(stranger.holder.beginSignIn(offer, RETURN)).rejects.toMatchObject({
      code: 'wallet_unattested',
      shared: false,
    })
    expect(stranger.keyIds.size).toBe(0)
  })

  test('and does not believe its provider any more is told from one that is out of reach', async () => {
    const issuer = await open()
    issuer.faults.unknownClient = true
    await expect(begin(issuer)).rejects.toMatchObject({ code: 'wallet_revoked' })
    const revoked = Object.assign(new Error('revoked'), { code: 'wallet_instance_revoked' })
    const offline = new TypeError('Failed to fetch')
    for (const [error, code] of [[revoked, 'wallet_revoked'] as const, [offline, 'network'] as const]) {
      const attest = { client: () => Promise.reject(error), keys: () => Promise.reject(error) }
      const other = createPhone({ rootCertificates: [authority.root] }, { attest })
      const offer = await other.holder.readOffer(issuer.signInOffer())
      await expect(other.holder.beginSignIn(offer, RETURN)).rejects.toMatchObject({ code })
    }
  })

  test('gets an attestation for itself and for no other', async () => {
    let attest: ReturnType<typeof createTestAttestation> | undefined
    const watched = createPhone(
      { rootCertificates: [authority.root] },
      {
        attestedBy: (keys) => {
          attest = createTestAttestation(provider, keys)
          return attest
        },
      },
    )
    const issuer = await open()
    await watched.holder.beginSignIn(await watched.holder.readOffer(issuer.signInOffer()), RETURN)
    expect(new Set(attest?.asked)).toEqual(new Set([`${served.url}/oauth`]))
  })

  test('also when the code was ready', async () => {
    const issuer = await open()
    const offer = await phone.holder.readOffer(issuer.offer().byValue)
    expect((await phone.holder.receive(offer, { txCode: '493021' })).credentials).toHaveLength(1)
    expect(issuer.tokenRequests.at(-1)).toMatchObject({ client_id: WALLET })
  })

  test('without S256 is not used', async () => {
    const issuer = await open()
    issuer.faults.serverMetadata = { code_challenge_methods_supported: ['plain'] }
    await expect(begin(issuer)).rejects.toMatchObject({ code: 'offer_unsupported' })
    expect(await phone.holder.pending()).toEqual([])
  })

  test('that the issuer does not name is not used', async () => {
    const issuer = await open()
    const offer = { ...(await offered(issuer)), authorizationServer: 'https://evil.example' }
    await expect(phone.holder.beginSignIn(offer, RETURN)).rejects.toMatchObject({ code: 'issuer_malformed' })
  })
})
