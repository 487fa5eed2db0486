import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CALLBACK, startSampleCity } from './testing/sample-city.ts'

const VERIFIER = 'v'.repeat(43)
/** S256 of the verifier (RFC 7636 section 4.2). */
const challenge = async () =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(VERIFIER))).toString('base64url')

describe('the sample provider', () => {
  let city: Awaited<ReturnType<typeof startSampleCity>>
  beforeAll(async () => {
    city = await startSampleCity(['홍길동'])
  })
  afterAll(() => city.close())

  async function request(changes: Record<string, string | undefined> = {}) {
    const parameters = {
      response_type: 'code',
      client_id: 'city',
      redirect_uri: CALLBACK,
      scope: 'openid',
      state: 's',
      nonce: 'n',
      code_challenge: await challenge(),
      code_challenge_method: 'S256',
      ...changes,
    }
    const url = new URL(`${city.issuer}/auth`)
    for (const [name, value] of Object.entries(parameters))
      if (value !== undefined) url.searchParams.set(name, value)
    return city.browser().open(url.href)
  }
  async function code(): Promise<string> {
    const browser = city.browser()
    const url = new URL(`${city.issuer}/auth`)
    url.search = String(
      new URLSearchParams({
        response_type: 'code',
        client_id: 'city',
        redirect_uri: CALLBACK,
        scope: 'openid',
        nonce: 'n',
        code_challenge: await challenge(),
        code_challenge_method: 'S256',
        prompt: 'login',
      }),
    )
    const page = await browser.open(url.href)
    const back = await browser.open(page.url.href, { act: 'confirm', person: city.people()[0]?.number ?? '' })
    return back.url.searchParams.get('code') ?? ''
  }
  const redeem = async (changes: Record<string, string> = {}, secret = city.client.clientSecret) => {
    const response = await fetch(`${city.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`city:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
        ...changes,
      }),
    })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }

  it('describes itself: code flow, PKCE with S256, ES256, one way to authenticate', async () => {
    const response = await fetch(`${city.issuer}/.well-known/openid-configuration`)
    expect(await response.json()).toMatchObject({
      issuer: city.issuer,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['ES256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      authorization_response_iss_parameter_supported: true,
    })
  })

  it('wants PKCE', async () => {
    const { url } = await request({ code_challenge: undefined, code_challenge_method: undefined })
    expect(url.searchParams.get('error')).toBe('invalid_request')
    const plain = await request({ code_challenge: VERIFIER, code_challenge_method: 'plain' })
    expect(plain.url.searchParams.get('error')).toBe('invalid_request')
  })

  it.each([
    `${CALLBACK}/`,
    `${CALLBACK}?x=1`,
    'http://localhost:8080/',
    'https://attacker.example/',
    undefined,
  ])('sends nobody to %s: the redirect URI is the city’s, to the letter', async (redirect) => {
    const { status, url, html } = await request({ redirect_uri: redirect })
    expect([status, url.origin]).toEqual([400, city.issuer])
    expect(html).not.toContain('attacker')
  })

  it('knows no other client, response type or scope', async () => {
    expect((await request({ client_id: 'another' })).status).toBe(400)
    expect((await request({ response_type: 'id_token' })).url.href).toContain('error=')
    expect((await request({ scope: 'profile' })).url.searchParams.get('error')).toBeTruthy()
  })

  it('says of a person nothing but an identifier that says nothing', async () => {
    const { status, body } = await redeem({ code: await code() })
    expect(status).toBe(200)
    expect(decodeProtectedHeader(body['id_token'] ?? '').alg).toBe('ES256')
    const claims = decodeJwt(body['id_token'] ?? '')
    expect(Object.keys(claims).sort()).toEqual(['aud', 'auth_time', 'exp', 'iat', 'iss', 'nonce', 'sub'])
    expect(claims).toMatchObject({ iss: city.issuer, aud: 'city', nonce: 'n' })
    expect(claims.sub).toMatch(/^[\w-]{43}$/)
    expect(body).not.toHaveProperty('refresh_token')
    const [person] = city.people()
    expect(JSON.stringify(claims)).not.toContain(person?.number)
  })

  it('gives for a code once, to the city alone, against its verifier and redirect URI', async () => {
    const once = await code()
    expect((await redeem({ code: once })).status).toBe(200)
    expect((await redeem({ code: once })).body['error']).toBe('invalid_grant')
    expect((await redeem({ code: await code() }, 'wrong')).body['error']).toBe('invalid_client')
    expect((await redeem({ code: await code(), code_verifier: 'w'.repeat(43) })).body['error']).toBe(
      'invalid_grant',
    )
    expect((await redeem({ code: await code(), redirect_uri: 'http://localhost:8080/' })).body['error']).toBe(
      'invalid_grant',
    )
  })

  it('shows pages without a script, in a frame of nobody', async () => {
    const page = await request({ prompt: 'login' })
    expect(page.status).toBe(200)
    expect(page.html).not.toMatch(/<script|\son\w+=|style="/)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; /)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  })
})

describe('the people of the sample', () => {
  let city: Awaited<ReturnType<typeof startSampleCity>>
  beforeAll(async () => {
    city = await startSampleCity(['홍길동', '홍길동'])
  })
  afterAll(() => city.close())

  it('are the residents that the city made up, each with one identifier, the same after every start', async () => {
    const imported = await city.addResident(null, '진짜사람')
    const own = await city.addResident(
      'set by an import',
      '가져온사람',
      'aaaaaaaa-aaaa-8aaa-8aaa-aaaaaaaaaaaa',
    )
    const first = await city.enrol()
    const mac = async (id: string) =>
      (await city.db.prisma.resident.findUniqueOrThrow({ where: { id } })).identityMac
    expect(first.map(({ nameKo }) => nameKo).sort()).toEqual(['가져온사람', '홍길동', '홍길동'])
    expect(new Set(first.map(({ subject }) => subject)).size).toBe(3)
    expect([await mac(imported), await mac(own)]).toEqual([null, 'set by an import'])
    const before = await city.db.prisma.resident.findMany({ orderBy: { id: 'asc' } })
    expect(await city.enrol()).toEqual(first)
    expect(await city.db.prisma.resident.findMany({ orderBy: { id: 'asc' } })).toEqual(before)
  })
})
