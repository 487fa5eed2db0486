import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCity, type TestCity } from '../city.ts'
import { inspect, launchDesk } from './browser.ts'
import { DESK_WORDS, openDeskPage, signInByLink } from './desk.ts'

const { ko: d, en } = DESK_WORDS

/** A security chip for this page, as a laptop has one, whose owner always touches it. */
async function giveAuthenticator(page: Page): Promise<{ cdp: CDPSession; authenticatorId: string }> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { cdp, authenticatorId }
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

describe('staff sign in', () => {
  let city: TestCity
  let browser: Browser
  let officer: Page
  let verifier: Page
  let name = ''

  beforeAll(async () => {
    ;[city, browser] = await Promise.all([startCity(), launchDesk()])
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
  })

  const tokenOf = (role: keyof TestCity['links']) => new URL(city.links[role]).hash.slice(1)

  /** As curl would: any header, the host's name included. */
  function post(path: string, body: unknown, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(city.url)
      const options = { hostname, port, path, method: 'POST', headers: { ...OWN_PAGE, ...headers } }
      const asking = httpRequest(options, (answer) => {
        let text = ''
        answer.on('data', (chunk) => (text += chunk))
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            code: text === '' ? undefined : JSON.parse(text).code,
            cookies: answer.headers['set-cookie'] ?? [],
          }),
        )
      })
      asking.on('error', reject)
      asking.end(JSON.stringify(body))
    })
  }

  it('enrols a passkey through the printed link, and the link leaves no trace in the address', async () => {
    officer = await openDeskPage(browser, 'ko')
    await giveAuthenticator(officer)
    await officer.goto(city.links.officer)
    await officer.getByRole('button', { name: d.enrol.passkey }).waitFor()
    expect(officer.url()).not.toContain('#')
    await inspect(officer, 'ko-staff-enrol')
    await officer.getByRole('button', { name: d.enrol.passkey }).click()
    await heading(officer, d.register.title)
    name = (await officer.locator('.who .ui-hint').textContent())?.split(' · ')[0] ?? ''
    expect(name).not.toBe('')
  })

  it('signs out, and in again with the passkey alone', async () => {
    await officer.getByRole('button', { name: d.signOut }).click()
    await heading(officer, d.signIn.title)
    // Who signed out themselves is not told that something ended.
    expect(await officer.getByText(d.signIn.ended).count()).toBe(0)
    expect(await officer.request.get(`${city.url}/api/session`).then((answer) => answer.status())).toBe(401)
    await inspect(officer, 'ko-staff-sign-in')
    await officer.getByRole('button', { name: d.signIn.passkey }).click()
    await heading(officer, d.register.title)
    expect(await officer.locator('.who').textContent()).toContain(name)
  })

  it('takes a link once', async () => {
    const second = await openDeskPage(browser, 'en')
    await second.goto(city.links.officer)
    await second.getByText(en.error['enrolment_link_spent'] ?? '').waitFor()
    expect(await second.getByRole('button', { name: en.enrol.passkey }).count()).toBe(0)
    await inspect(second, 'en-staff-link-spent')
    await second.getByRole('link', { name: en.enrol.toSignIn }).click()
    await heading(second, en.signIn.title)
    await inspect(second, 'en-staff-sign-in')
    const again = await post('/api/session/link', { token: tokenOf('officer') }, {})
    expect(again).toMatchObject({ status: 401, code: 'enrolment_link_spent', cookies: [] })
    await second.context().close()
  })

  it('says what is wrong with a link that lost its end, and with a device without the passkey', async () => {
    const stranger = await openDeskPage(browser, 'en')
    await stranger.goto(`${city.url}/console/enrol`)
    await stranger.getByText(en.enrol.noToken).waitFor()
    await inspect(stranger, 'en-staff-no-token')
    const { cdp, authenticatorId } = await giveAuthenticator(stranger)
    await stranger.goto(`${city.url}/console/`)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await cdp.send('WebAuthn.addCredential', {
      authenticatorId,
      credential: {
        credentialId: randomBytes(32).toString('base64'),
        isResidentCredential: true,
        rpId: 'localhost',
        userHandle: randomBytes(16).toString('base64'),
        privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
        signCount: 0,
      },
    })
    await stranger.getByRole('button', { name: en.signIn.passkey }).click()
    await stranger.getByText(en.error['passkey_unknown'] ?? '').waitFor()
    await inspect(stranger, 'en-staff-passkey-unknown')
    await stranger.context().close()
  })

  it.each([
    ['through a name that points here', { host: 'pass.example.kr' }],
    ['through a proxy', { 'x-forwarded-for': '203.0.113.7' }],
    ['through a tunnel', { forwarded: 'for=203.0.113.7;host=pass.example.kr' }],
    ['from a foreign page', { origin: 'https://elsewhere.example' }],
    ['without our own page', { 'x-requested-with': '' }],
  ])('a link alone does not sign in %s', async (_how, headers) => {
    const refused = await post('/api/session/link', { token: tokenOf('verifier') }, headers)
    expect(refused).toEqual({ status: 403, code: 'forbidden', cookies: [] })
  })

  it('a refused try does not spend the link; on this machine it signs in', async () => {
    verifier = await signInByLink(browser, city.links.verifier, 'en')
    await heading(verifier, en.desk.title)
  })

  it("a verifier's session opens nothing of the officer's, by address or by API", async () => {
    for (const path of [
      'register',
      'import',
      'credentials',
      `offers/new/${city.credentials.sample.subject}`,
    ]) {
      await verifier.goto(`${city.url}/console/${path}`)
      await heading(verifier, en.desk.title)
    }
    expect(await verifier.getByRole('link', { name: en.nav.register, exact: true }).count()).toBe(0)
    const asked = await verifier.evaluate(async (subject) => {
      const read = (path: string) => fetch(path).then(({ status }) => `${path} ${status}`)
      const write = (path: string, body: unknown) =>
        fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-requested-with': 'pass' },
          body: JSON.stringify(body),
        }).then(({ status }) => `${path} ${status}`)
      return Promise.all([
        read('/api/register/residents'),
        read(`/api/register/residents/${subject}`),
        read('/api/credentials'),
        read('/api/audit'),
        read('/api/anchors/batches'),
        write('/api/offers', { agency: 'residents', type: 'resident', subject }),
        write('/api/register/imports', {}),
        write(`/api/credentials/${subject}/revoke`, { reason: 'no' }),
      ])
    }, city.credentials.sample.subject)
    expect(asked.map((line) => line.split(' ')[1])).toEqual(asked.map(() => '403'))
  })

  it('signing out in one tab takes the register off every other', async () => {
    const other = await officer.context().newPage()
    await other.goto(`${city.url}/console/register`)
    await other.getByRole('table').waitFor()
    await officer.getByRole('button', { name: d.signOut }).click()
    await heading(other, d.signIn.title)
    await other.getByText(d.signIn.ended).waitFor()
    expect(await other.getByRole('table').count()).toBe(0)
    await inspect(other, 'ko-staff-ended')
    // And back: signing in here opens the other tab as well.
    await officer.getByRole('button', { name: d.signIn.passkey }).click()
    await heading(other, d.register.title)
    await other.close()
  })

  it('a session that ran out leads to the sign-in page at the next step', async () => {
    await heading(officer, d.register.title)
    await officer.context().clearCookies()
    await officer.getByLabel(d.register.query).fill('김')
    await heading(officer, d.signIn.title)
    await officer.getByText(d.signIn.ended).waitFor()
    expect(await officer.getByRole('table').count()).toBe(0)
    await officer.getByRole('button', { name: d.signIn.passkey }).click()
    await heading(officer, d.register.title)
  })

  it('every screen is sound in both languages', async () => {
    const operator = await signInByLink(browser, city.links.operator, 'ko')
    const subject = city.credentials.sample.subject
    const screens = [
      [officer, ['register', 'import', 'credentials', `offers/new/${subject}`]],
      [verifier, ['desk']],
      [operator, ['anchors', 'audit']],
    ] as const
    for (const [page, paths] of screens)
      for (const language of ['ko', 'en'] as const) {
        await page.evaluate((chosen) => localStorage.setItem('pass.language', chosen), language)
        for (const path of paths) {
          await page.goto(`${city.url}/console/${path}`)
          await page.locator('main :is(table, select, input, button, .ui-empty)').first().waitFor()
          expect(await page.locator('html').getAttribute('lang')).toBe(language)
          await inspect(page, `${language}-staff-${path.split('/')[0]}`)
        }
      }
  })
})

type Answer = { status: number; code: string | undefined; cookies: string[] }
const OWN_PAGE = { 'content-type': 'application/json', 'x-requested-with': 'pass' }
