import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWallet, newKeys, type TestWallet } from '../issuance/test-wallet.ts'
import { type Office, startOffice } from '../issuance/testing.ts'
import { createBrowser, type Shown } from './testing/browser.ts'
import { createCodeFlow } from './testing/code-flow.ts'

let office: Office
let wallet: TestWallet
beforeAll(async () => {
  office = await startOffice({ memory: true })
  wallet = await createWallet(office)
})
// A person may begin so many cards a day.
beforeEach(() => office.advance(86_400))
afterAll(() => office?.close())

const flowOf = () => createCodeFlow(office, wallet.client)
const answerOf = (page: Shown) => new URL(page.leaves ?? 'about:blank').searchParams
const isForm = (page: Shown) => /<form /.test(page.text)
/** The way back that a page of refusal offers. */
const backFrom = (page: Shown) => {
  const links = [...page.text.matchAll(/href="([^"]+\/oauth\/authorize\/[^"]+)"/g)]
  return links.map(([, href = '']) => href.replaceAll('&amp;', '&'))[0] ?? ''
}
const offersOf = (grant: string) => office.db.sql`SELECT "id" FROM "Offer" WHERE "grant" = ${grant}`

describe('the page that asks', () => {
  test('says which card comes from which office into which wallet, in the language of the reader', async () => {
    const { consent, browser } = await flowOf().signIn()
    for (const words of ['인천 시민증', 'residents 사무소', '다른 지갑', '담기', '그만두기'])
      expect(consent.text).toContain(words)
    const english = await browser.open(`${consent.url}?lang=en`)
    for (const words of ['Incheon Resident Card', 'Another wallet']) expect(english.text).toContain(words)
    expect(english.text).toContain('<html lang="en">')
  })

  test('is kept nowhere, framed by nobody, runs no script, and leads to that wallet alone', async () => {
    const { consent } = await flowOf().signIn({ redirect_uri: 'https://wallet.test/cb' })
    const policy = consent.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("form-action 'self' https://wallet.test")
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('script-src')
    expect(consent.headers.get('cache-control')).toBe('no-store')
  })

  test('is for the browser that began: another one sees nothing', async () => {
    const { consent } = await flowOf().signIn()
    const other = await createBrowser(office.url).open(consent.url)
    expect([other.status, isForm(other)]).toEqual([400, false])
    const answered = await createBrowser(office.url).submit(consent, { decision: 'keep' })
    expect([answered.status, answered.leaves]).toEqual([400, undefined])
  })

  test('its cookies are for the browser alone, and not sent along from other sites', async () => {
    const { browser, away } = await flowOf().begin()
    expect(away.leaves).toBeDefined()
    const cookies = browser.cookies()
    expect(cookies.length).toBeGreaterThan(2)
    for (const { name, attributes, path } of cookies) {
      expect(name).toMatch(/^pass_oauth_/)
      expect(attributes).toMatch(/httponly/i)
      expect(attributes).toMatch(/samesite=lax/i)
      expect(path).toMatch(/^\/oauth\//)
    }
  })

  test('takes no answer with the token of another page, or none', async () => {
    const mine = await flowOf().signIn()
    const other = await flowOf().signIn()
    const [, token = ''] = /name="form_token" value="([^"]+)"/.exec(other.consent.text) ?? []
    for (const form_token of [token, '', 'x']) {
      const answered = await mine.browser.submit(mine.consent, { decision: 'keep' }, { form_token })
      expect([answered.status, answered.leaves]).toEqual([400, undefined])
    }
    expect(await mine.browser.submit(mine.consent, { decision: 'keep' }).then(answerOf)).toBeTruthy()
  })

  test('a wallet that goes on before anybody agreed gets nothing', async () => {
    const { browser, consent } = await flowOf().signIn()
    const uid = new URL(consent.url).pathname.split('/').at(-1)
    const page = await browser.open(`${office.url}/oauth/authorize/${uid}`)
    expect(page.leaves ?? '').not.toContain('code=')
  })
})

describe('one who does not go through with it', () => {
  test('by not agreeing is led back with access_denied and nothing else', async () => {
    const flow = flowOf()
    const before = (await offersOf('sign-in')).length
    const { browser, consent } = await flow.signIn({ redirect_uri: 'https://wallet.test/cb?a=b' })
    const answer = answerOf(await browser.submit(consent, { decision: 'stop' }))
    expect(Object.fromEntries(answer)).toEqual({
      a: 'b',
      error: 'access_denied',
      error_description: expect.stringMatching(/^sign_in_cancelled: /),
      state: flow.state,
      iss: `${office.url}/oauth`,
    })
    expect(await offersOf('sign-in')).toHaveLength(before)
  })

  test.each(['sign_in_cancelled', 'sign_in_failed', 'sign_in_unavailable', 'not_in_register'])(
    'because of %s reads why, may try again, and may go back to the wallet, which is told',
    async (problem) => {
      const flow = flowOf()
      const { browser, away } = await flow.begin()
      const page = await flow.comeBack(browser, away, { problem })
      expect([page.status, isForm(page)]).toEqual([403, false])
      const [, retry = ''] = /href="([^"]+\/oauth\/interaction\/[^"]+)"/.exec(page.text) ?? []
      const again = await browser.open(retry.replaceAll('&amp;', '&'))
      expect(again.leaves).toMatch(/^https:\/\/sign-in\.test/)
      const second = await flow.comeBack(browser, again, { problem })
      const answer = answerOf(await browser.open(backFrom(second)))
      expect(answer.get('error')).toBe('access_denied')
      expect(answer.get('error_description')).toMatch(new RegExp(`^${problem}: `))
      expect([answer.get('state'), answer.get('iss')]).toEqual([flow.state, `${office.url}/oauth`])
    },
  )

  test('may try again and then succeed', async () => {
    const flow = flowOf()
    const { browser, away } = await flow.begin()
    const page = await flow.comeBack(browser, away, { problem: 'sign_in_failed' })
    const [, retry = ''] = /href="([^"]+\/oauth\/interaction\/[^"]+)"/.exec(page.text) ?? []
    const again = await browser.open(retry.replaceAll('&amp;', '&'))
    const consent = await flow.comeBack(browser, again, { resident: office.subject })
    expect(answerOf(await browser.submit(consent, { decision: 'keep' })).get('code')).toBeTruthy()
  })
})

describe('the answer of the sign-in provider', () => {
  test('counts in the browser that was sent there, once', async () => {
    const flow = flowOf()
    const { browser, away } = await flow.begin()
    const stolen = await flow.comeBack(createBrowser(office.url), away, { resident: office.subject })
    expect([stolen.status, isForm(stolen)]).toEqual([400, false])
    const twin = browser.twin()
    expect(isForm(await flow.comeBack(browser, away, { resident: office.subject }))).toBe(true)
    const repeated = await flow.comeBack(twin, away, { resident: office.subject })
    expect([repeated.status, isForm(repeated)]).toEqual([400, false])
    const again = await flow.comeBack(browser, away, { resident: office.subject })
    expect([again.status, isForm(again)]).toEqual([400, false])
  })

  test('to one of two open tabs is not taken by the other', async () => {
    const [first, second] = [flowOf(), flowOf()]
    const browser = createBrowser(office.url)
    const one = await first.begin({}, browser)
    const two = await second.begin({}, browser)
    for (const [flow, { away }] of [
      [first, one],
      [second, two],
    ] as const) {
      const consent = await flow.comeBack(browser, away, { resident: office.subject })
      const answer = answerOf(await browser.submit(consent, { decision: 'keep' }))
      expect([answer.get('state'), answer.has('code')]).toEqual([flow.state, true])
    }
  })

  test('is not waited for longer than a quarter of an hour', async () => {
    const flow = flowOf()
    const { browser, away } = await flow.begin()
    office.advance(16 * 60)
    const late = await flow.comeBack(browser, away, { resident: office.subject })
    expect([late.status, isForm(late)]).toEqual([400, false])
  })
})

describe('what the register or the office does not allow', () => {
  const agreeing = async (form = {}) => {
    const flow = flowOf()
    const { browser, consent } = await flow.signIn(form)
    const page = await browser.submit(consent, { decision: 'keep' })
    return { page, back: answerOf(await browser.open(backFrom(page))) }
  }

  test('is said on a page, and the wallet is told access_denied', async () => {
    const { page, back } = await agreeing({ scope: 'families:multi-child-family' })
    expect([page.status, page.leaves]).toEqual([403, undefined])
    expect(back.get('error')).toBe('access_denied')
    expect(back.get('error_description')).toMatch(/^not_entitled: /)
  })

  test('of two cards of which one is not allowed neither is given', async () => {
    const before = (await offersOf('sign-in')).length
    const { page } = await agreeing({ scope: 'residents:resident families:multi-child-family' })
    expect(page.status).toBe(403)
    expect(await offersOf('sign-in')).toHaveLength(before)
  })

  test('more than twenty cards a day are begun by nobody', async () => {
    let last = new URLSearchParams()
    for (let time = 0; time < 21; time++) {
      const { browser, consent } = await flowOf().signIn()
      const page = await browser.submit(consent, { decision: 'keep' })
      last = answerOf(page.leaves === undefined ? await browser.open(backFrom(page)) : page)
    }
    expect(last.get('error_description')).toMatch(/^too_many_requests: /)
  })

  test('a suspended office gives nothing', async () => {
    const suspend = (at: Date | null) =>
      office.db.sql`UPDATE "Agency" SET "suspendedAt" = ${at} WHERE "id" = 'residents'`
    await suspend(office.clock())
    // What an office may do is remembered for two seconds.
    office.advance(3)
    const { back } = await agreeing()
    expect(back.get('error_description')).toMatch(/^issuer_suspended: /)
    await suspend(null)
    office.advance(3)
  })
})

describe('an offer for one who signs in', () => {
  const offered = async (subject = office.subject) => {
    const { body } = await office.call('POST', '/api/offers', {
      agency: 'residents',
      type: 'resident',
      subject,
      grant: 'authorization_code',
    })
    expect(body).not.toHaveProperty('txCode')
    const offer = (await wallet.readOffer(String(body['offerUri']))).body as Record<string, never>
    return {
      id: String(body['id']),
      issuerState: String(offer['grants']?.['authorization_code']?.['issuer_state']),
    }
  }
  const another = async () => {
    const id = crypto.randomUUID()
    await office.db.sql`
      INSERT INTO "Resident" ("id", "registerNo", "nameKo", "nameEn", "birthDate", "districtCode", "neighbourhoodCode",
        "residentSince", "attributes")
      VALUES (${id}::uuid, ${id}, '이바다', 'Lee Bada', '1991-05-05', '28185', '2818510100', '2015-03-02', '{}'::jsonb)`
    return id
  }

  test('becomes the card of that person', async () => {
    const { id, issuerState } = await offered()
    const flow = flowOf()
    const granted = await flow.redeem((await flow.authorize({ issuer_state: issuerState })).get('code'))
    expect((await office.authorization.grantOf(String(granted.body['access_token'])))?.offers).toEqual([id])
    const issued = await wallet.credential(String(granted.body['access_token']), { keys: await newKeys(1) })
    expect(issued.status).toBe(200)
    expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('issued')
  })

  test('is of no use to another person, who is told so, and stays open for the right one', async () => {
    const { id, issuerState } = await offered()
    const flow = flowOf()
    const { browser, consent: page } = await flow.signIn({ issuer_state: issuerState }, await another())
    expect([page.status, isForm(page)]).toEqual([403, false])
    const answer = answerOf(await browser.open(backFrom(page)))
    expect(answer.get('error')).toBe('access_denied')
    expect(answer.get('error_description')).toMatch(/^other_person: /)
    expect((await office.call('GET', `/api/offers/${id}`)).body['state']).toBe('open')
    expect((await flowOf().authorize({ issuer_state: issuerState })).get('code')).toBeTruthy()
  })

  test('is taken once', async () => {
    const { issuerState } = await offered()
    const [first, second] = [flowOf(), flowOf()]
    const one = await first.signIn({ issuer_state: issuerState })
    const two = await second.signIn({ issuer_state: issuerState })
    expect(answerOf(await one.browser.submit(one.consent, { decision: 'keep' })).has('code')).toBe(true)
    const late = await two.browser.submit(two.consent, { decision: 'keep' })
    expect([late.status, late.leaves]).toEqual([403, undefined])
    expect((await flowOf().push({ issuer_state: issuerState })).body['error']).toBe('invalid_request')
  })

  test('is for its own card alone', async () => {
    const { issuerState } = await offered()
    for (const scope of ['families:multi-child-family', 'residents:resident families:multi-child-family']) {
      const { status, body } = await flowOf().push({ issuer_state: issuerState, scope })
      expect([status, body['error']]).toEqual([400, 'invalid_request'])
    }
  })
})
