import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Lies, startHostileProvider } from './testing/hostile-provider.ts'
import { openSignInParts } from './testing/sign-in-parts.ts'
import type { SignInSettings } from './types.ts'

const callbackUrl = 'http://localhost:8080/oauth/sign-in/callback'
const refusal = (code: string) => expect.objectContaining({ name: 'SignInError', code })

describe('sign-in at a provider that lies', () => {
  let parts: Awaited<ReturnType<typeof openSignInParts>>
  let provider: Awaited<ReturnType<typeof startHostileProvider>>
  let settings: SignInSettings
  let residentId: string

  beforeAll(async () => {
    parts = await openSignInParts()
    provider = await startHostileProvider('city')
    settings = {
      issuer: provider.issuer,
      clientId: 'city',
      clientSecret: 's3cret',
      subjectClaim: 'sub',
      scope: 'openid',
    }
    residentId = await parts.addResident(parts.cityWith(settings).identities.macOf('person-1'))
  })
  afterAll(async () => {
    await provider.close()
    await parts.db.close()
  })
  beforeEach(() => provider.lie({}))

  /** Begins, comes back with `changes` in the query, and finishes while the provider lies. */
  async function signIn(
    lies: Lies = {},
    changes: Record<string, string | undefined> = {},
    city = parts.cityWith(settings).signIn,
  ) {
    const { redirectTo, kept } = await city.begin({ callbackUrl, locale: 'ko' })
    const back = provider.returned(redirectTo, changes)
    provider.lie(lies)
    return city.finish(back, kept)
  }

  it('finds the resident when it does not', async () => {
    expect(await signIn()).toEqual({ residentId })
    const token = provider.asked.findLast(({ path }) => path === '/token')
    expect(token?.form.get('code_verifier')).toMatch(/^[\w-]{43}$/)
    expect(token?.form.get('redirect_uri')).toBe(callbackUrl)
    expect(token?.authorization).toBe(`Basic ${Buffer.from('city:s3cret').toString('base64')}`)
  })

  const now = () => Math.floor(Date.now() / 1000)
  it.each<[string, () => Lies]>([
    ['an ID token for another client', () => ({ claims: { aud: 'another' } })],
    [
      'an ID token for us and another, issued for the other',
      () => ({ claims: { aud: ['city', 'x'], azp: 'x' } }),
    ],
    ['an ID token of another issuer', () => ({ claims: { iss: 'http://localhost:1' } })],
    ['an ID token for another sign-in', () => ({ claims: { nonce: 'another' } })],
    ['an ID token without a nonce', () => ({ claims: { nonce: undefined } })],
    ['an ID token that has expired', () => ({ claims: { iat: now() - 700, exp: now() - 400 } })],
    ['an ID token that never expires', () => ({ claims: { exp: undefined } })],
    ['an ID token under a key that it does not publish', () => ({ otherKey: true })],
    ['an ID token without a signature', () => ({ unsigned: true })],
    ['an ID token under the secret that we share', () => ({ symmetric: 's3cret' })],
    ['no ID token', () => ({ response: { id_token: undefined } })],
    ['an ID token that is none', () => ({ response: { id_token: 'a.b.c' } })],
    ['somebody who signed in yesterday', () => ({ claims: { auth_time: now() - 86_400 } })],
    ['nothing about when the person signed in', () => ({ claims: { auth_time: undefined } })],
    ['nobody', () => ({ claims: { sub: undefined } })],
    ['an empty identifier', () => ({ claims: { sub: '' } })],
    ['a number for an identifier', () => ({ claims: { sub: 7 } })],
    ['an identifier beyond all measure', () => ({ claims: { sub: 'x'.repeat(256) } })],
  ])('refuses %s', async (_what, lies) => {
    await expect(signIn(lies())).rejects.toThrow(refusal('sign_in_failed'))
  })

  it.each<[string, Record<string, string | undefined>]>([
    ['another state', { state: 'x'.repeat(43) }],
    ['no state', { state: undefined }],
    ['no code', { code: undefined }],
    ['another provider’s answer (RFC 9207)', { iss: 'https://attacker.example' }],
    ['an answer that does not say whose it is, though the provider said it would', { iss: undefined }],
    ['a refusal with another state', { code: undefined, error: 'access_denied', state: 'forged' }],
    ['a refusal in words of its own', { code: undefined, error: '<script>alert(1)</script>' }],
  ])('refuses %s', async (_what, changes) => {
    await expect(signIn({}, changes)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it('refuses a parameter that is there twice', async () => {
    const city = parts.cityWith(settings).signIn
    const { redirectTo, kept } = await city.begin({ callbackUrl, locale: 'ko' })
    const back = provider.returned(redirectTo)
    back.searchParams.append('state', back.searchParams.get('state') ?? '')
    await expect(city.finish(back, kept)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it.each(['', '{}', 'null', '{"state":"x"}'])('refuses %j for what was kept', async (kept) => {
    const city = parts.cityWith(settings).signIn
    const { redirectTo } = await city.begin({ callbackUrl, locale: 'ko' })
    await expect(city.finish(provider.returned(redirectTo), kept)).rejects.toThrow(refusal('sign_in_failed'))
  })

  it('refuses what one sign-in kept for the answer to another', async () => {
    const city = parts.cityWith(settings).signIn
    const mine = await city.begin({ callbackUrl, locale: 'ko' })
    const theirs = await city.begin({ callbackUrl, locale: 'ko' })
    await expect(city.finish(provider.returned(theirs.redirectTo), mine.kept)).rejects.toThrow(
      refusal('sign_in_failed'),
    )
  })

  it('refuses a sign-in that began a quarter of an hour ago, or at another provider', async () => {
    const city = parts.cityWith(settings).signIn
    const { redirectTo, kept } = await city.begin({ callbackUrl, locale: 'ko' })
    parts.advance(901)
    await expect(city.finish(provider.returned(redirectTo), kept)).rejects.toThrow(refusal('sign_in_failed'))
    parts.advance(-901)
    const elsewhere = JSON.stringify({ ...JSON.parse(kept), issuer: 'https://other.example' })
    await expect(city.finish(provider.returned(redirectTo), elsewhere)).rejects.toThrow(
      refusal('sign_in_failed'),
    )
  })

  it('goes by the context’s clock, not the machine’s', async () => {
    parts.advance(3600)
    await expect(signIn()).rejects.toThrow(refusal('sign_in_failed'))
    const later = { iat: now() + 3600, exp: now() + 3900, auth_time: now() + 3600 }
    expect(await signIn({ claims: later })).toEqual({ residentId })
    parts.advance(-3600)
  })

  it('says that the provider is out of order where it is', async () => {
    await expect(signIn({ tokenStatus: 503 })).rejects.toThrow(refusal('sign_in_unavailable'))
    await expect(signIn({}, { code: undefined, error: 'temporarily_unavailable' })).rejects.toThrow(
      refusal('sign_in_unavailable'),
    )
    expect(await signIn()).toEqual({ residentId })
  })

  it('begins nothing at a provider that gives itself out for another, or whose document is none', async () => {
    for (const metadata of [{ issuer: 'https://other.example' }, { authorization_endpoint: undefined }]) {
      provider.lie({ metadata })
      await expect(parts.cityWith(settings).signIn.begin({ callbackUrl, locale: 'ko' })).rejects.toThrow(
        refusal('sign_in_unavailable'),
      )
    }
  })

  it('asks once for the document while many begin at once, and again after a failure', async () => {
    const city = parts.cityWith(settings).signIn
    const documents = () => provider.asked.filter(({ path }) => path.startsWith('/.well-known')).length
    const before = documents()
    await Promise.all(Array.from({ length: 5 }, () => city.begin({ callbackUrl, locale: 'ko' })))
    expect(documents() - before).toBe(1)
    await expect(signIn({ otherKey: true }, {}, city)).rejects.toThrow(refusal('sign_in_failed'))
    provider.lie({})
    await city.begin({ callbackUrl, locale: 'ko' })
    expect(documents() - before).toBe(2)
  })

  describe('the claim that identifies', () => {
    const own = () => ({ ...settings, subjectClaim: 'ci', scope: 'openid identity' })

    it('may be another one, in the ID token or at the userinfo endpoint', async () => {
      const city = parts.cityWith(own())
      const id = await parts.addResident(city.identities.macOf('CI-88'))
      expect(await signIn({ claims: { ci: 'CI-88' } }, {}, city.signIn)).toEqual({ residentId: id })
      expect(await signIn({ userinfo: { ci: 'CI-88' } }, {}, city.signIn)).toEqual({ residentId: id })
    })

    it('is refused when it is missing, or said of another subject', async () => {
      const city = parts.cityWith(own()).signIn
      await expect(signIn({}, {}, city)).rejects.toThrow(refusal('sign_in_failed'))
      await expect(signIn({ userinfo: { sub: 'another', ci: 'CI-88' } }, {}, city)).rejects.toThrow(
        refusal('sign_in_failed'),
      )
    })
  })

  it('asks for PKCE, a state, a nonce and a new sign-in, in the reader’s language', async () => {
    const { signIn: city } = parts.cityWith({ ...settings, scope: 'openid identity' })
    const requests = await Promise.all([1, 2].map(() => city.begin({ callbackUrl, locale: 'en' })))
    const [one, two] = requests.map(({ redirectTo }) => Object.fromEntries(new URL(redirectTo).searchParams))
    expect(one).toMatchObject({
      response_type: 'code',
      client_id: 'city',
      redirect_uri: callbackUrl,
      scope: 'openid identity',
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: '0',
      ui_locales: 'en',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one?.[name]).toMatch(/^[\w-]{43}$/)
      expect(one?.[name]).not.toBe(two?.[name])
    }
  })

  it('writes no identifier, code, token or secret into the log', async () => {
    await signIn({ claims: { sub: 'stranger-77' } }).catch(() => undefined)
    await signIn({ otherKey: true }, { code: 'the-code-itself' }).catch(() => undefined)
    expect(parts.logged.join()).toContain('sign_in_failed')
    expect(parts.logged.join()).not.toMatch(/person-1|stranger-77|the-code-itself|s3cret|eyJ|<script/)
  })

  it('lets nobody in where no provider is set up', async () => {
    const { signIn: closed } = parts.cityWith(undefined)
    await expect(closed.begin({ callbackUrl, locale: 'ko' })).rejects.toThrow(refusal('sign_in_unavailable'))
    await expect(closed.finish(new URL(callbackUrl), '{}')).rejects.toThrow(refusal('sign_in_unavailable'))
  })
})
