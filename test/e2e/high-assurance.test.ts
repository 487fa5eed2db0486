import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONSENT_WORDS } from '../../apps/api/src/sign-in/text.ts'
import { addingEn } from '../../apps/wallet/src/text/adding.en.ts'
import { addingKo } from '../../apps/wallet/src/text/adding.ko.ts'
import { en as walletEn } from '../../apps/wallet/src/text/en.ts'
import { ko as walletKo } from '../../apps/wallet/src/text/ko.ts'
import { startCity, type TestCity } from '../city.ts'
import { inspect, launchDesk, openPhone, type Phone } from './browser.ts'
import { DESK_WORDS, signInByLink } from './desk.ts'

const WORDS = {
  ko: { wallet: walletKo, adding: addingKo, consent: CONSENT_WORDS.ko },
  en: { wallet: walletEn, adding: addingEn, consent: CONSENT_WORDS.en },
} as const
type Language = keyof typeof WORDS

const d = DESK_WORDS.ko
const CARDS = { resident: /인천 시민증|Resident Card/, veteran: /인천 보훈 카드|Veteran Card/ }
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

describe('a wallet that signs in for its cards', () => {
  let city: TestCity
  let browser: Browser
  /** Of the office that looks at applications. */
  let officer: Page
  /** Somebody of the sample who is entitled to both cards. */
  let person: { registerNo: string; nameKo: string }

  beforeAll(async () => {
    ;[city, browser] = await Promise.all([startCity(), launchDesk()])
    person = await findVeteran(city)
    const account = { name: '보훈 담당', role: 'officer', agency: 'veterans' }
    officer = await signInByLink(
      browser,
      (await city.call('operator', '/api/staff', account)).body.link,
      'ko',
    )
    await officer.getByRole('link', { name: d.nav.applications }).click()
    await heading(officer, d.applications.title)
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
  })

  /** A phone that has seen the welcome, at its cards. */
  async function phoneOf(language: Language): Promise<Phone> {
    // A browser in Korean: the sign-in speaks the language of the wallet, whatever that of the browser is.
    const phone = await openPhone('ko-KR')
    await phone.page.addInitScript((chosen) => {
      localStorage.setItem('pass.language', chosen)
      localStorage.setItem('pass.wallet.welcomed', 'yes')
    }, language)
    await phone.page.goto(`${city.url}/wallet/`)
    await heading(phone.page, WORDS[language].wallet.home.title)
    return phone
  }

  /** From the cards to the question whether to receive this one. */
  async function choose(page: Page, language: Language, card: RegExp): Promise<void> {
    const { wallet: w, adding } = WORDS[language]
    await page.goto(`${city.url}/wallet/`)
    await page.getByRole('link', { name: w.home.add }).click()
    await heading(page, adding.list.title)
    await page.getByRole('link', { name: card }).click()
    await heading(page, w.receive.consent)
  }

  /** At the sample provider: finds the person by their number. */
  async function findPerson(page: Page): Promise<void> {
    await page.locator('input[name="query"]').fill(person.registerNo)
    await page.locator('button[value="search"]').click()
    await page.getByRole('radio').first().check()
  }

  /** Signs in there, and agrees at the city. */
  async function signIn(page: Page, language: Language, look?: (name: string) => Promise<void>) {
    const { consent } = WORDS[language]
    await page.locator('button[value="cancel"]').waitFor()
    await findPerson(page)
    await look?.('sample-sign-in')
    await page.locator('button[value="confirm"]').click()
    await heading(page, consent.title)
    await look?.('sign-in-consent')
    await page.getByRole('button', { name: consent.keep, exact: true }).click()
  }

  /** The officer says yes or no to what the person applied for. */
  async function decide(act: 'approve' | 'refuse', look?: (name: string) => Promise<void>, reason?: string) {
    const name = new RegExp(`${person.nameKo}.*: ${d.applications.act[act]}$`)
    // The list looks by itself now and then.
    await officer.getByRole('button', { name }).waitFor()
    await look?.('applications')
    await officer.getByRole('button', { name }).click()
    await look?.(act)
    const dialog = officer.getByRole('dialog')
    if (reason !== undefined) await dialog.getByLabel(d.applications.reason).fill(reason)
    await dialog.getByRole('button', { name: d.applications.act[act], exact: true }).click()
  }

  describe('in Korean', () => {
    const { wallet: w, adding, consent } = WORDS.ko
    let phone: Phone
    const look = (name: string) => inspect(phone.page, `ko-assurance-${name}`)

    beforeAll(async () => {
      phone = await phoneOf('ko')
    })
    afterAll(() => phone?.end())

    it('receives a card by a sign-in, and keeps nothing of it in the address', async () => {
      const { page } = phone
      await look('empty')
      await page.getByRole('link', { name: w.home.add }).click()
      await page.getByRole('link', { name: CARDS.resident }).waitFor()
      await look('list')
      await choose(page, 'ko', CARDS.resident)
      await look('receive')
      await page.getByRole('button', { name: adding.signIn.accept }).click()
      await signIn(page, 'ko', look)
      await heading(page, w.receive.done)
      await look('received')
      expect(page.url()).toBe(`${city.url}/wallet/receive/return`)
      expect(JSON.stringify(await page.evaluate(() => history.state))).not.toContain('code=')
      await page.getByRole('link', { name: w.receive.toCards }).click()
      await page.getByRole('link', { name: CARDS.resident }).waitFor()
    })

    it('knows that it has the card already', async () => {
      const { page } = phone
      await page.getByRole('link', { name: w.home.add }).click()
      await page.getByText(adding.list.held).waitFor()
      await page.getByRole('link', { name: CARDS.resident }).click()
      await heading(page, adding.held.title)
      await look('held')
      await page.getByRole('link', { name: adding.held.look }).click()
      await page.getByText(w.card.contents).waitFor()
    })

    it('says what to do when the sign-in was stopped there, and in the city', async () => {
      const { page } = phone
      await choose(page, 'ko', CARDS.veteran)
      await page.getByRole('button', { name: adding.signIn.apply }).click()
      await page.locator('button[value="cancel"]').click()
      await page.getByRole('link', { name: /지갑/ }).click()
      await heading(page, w.failure.codes.sign_in_cancelled.title.replace(/\.$/, ''))
      await look('cancelled')
      await page.getByRole('link', { name: adding.back.anew }).click()
      await page.getByRole('link', { name: CARDS.veteran }).click()
      await page.getByRole('button', { name: adding.signIn.apply }).click()
      await findPerson(page)
      await page.locator('button[value="confirm"]').click()
      await page.getByRole('button', { name: consent.stop, exact: true }).click()
      await heading(page, w.failure.codes.sign_in_cancelled.title.replace(/\.$/, ''))
    })

    it('goes on with what was broken off, before the sign-in and after it, and refuses an answer to nothing', async () => {
      const { page } = phone
      await choose(page, 'ko', CARDS.veteran)
      await page.getByRole('button', { name: adding.signIn.apply }).click()
      await page.locator('button[value="cancel"]').waitFor()
      // As if that tab had been closed.
      await page.goto(`${city.url}/wallet/`)
      await page.getByText(w.home.signingInNext).waitFor()
      await look('broken-off')
      await page.goto(`${city.url}/wallet/receive/return?code=guessed&state=of-nobody&iss=${city.url}/oauth`)
      await heading(page, w.failure.codes.sign_in_unknown.title.replace(/\.$/, ''))
      await look('unknown')
      await page.goto(`${city.url}/wallet/`)
      await page.getByRole('button', { name: w.home.signInAgain }).click()
      await page.route('**/oauth/token', (route) => route.abort())
      await signIn(page, 'ko')
      await heading(page, w.failure.codes.network.title.replace(/\.$/, ''))
      await page.unroute('**/oauth/token')
      await page.reload()
      await heading(page, adding.applied.title)
      await look('applied')
    })

    it('waits for the officer, and the card comes by itself', async () => {
      const { page } = phone
      await page.getByRole('link', { name: w.receive.toCards }).click()
      await page.getByText(w.waiting.status).waitFor()
      expect(await page.getByText(w.home.signingInNext).count()).toBe(0)
      await look('waiting')

      await decide('approve', async (name) => inspect(officer, `ko-assurance-${name}`))
      await officer.getByText(d.applications.done.approve(person.nameKo)).waitFor()

      await page.getByText(w.arrived.title).waitFor({ timeout: 40_000 })
      await look('arrived')
      await page.getByRole('button', { name: w.arrived.close }).click()
      await page.getByRole('link', { name: CARDS.veteran }).waitFor()
      expect(await page.getByText(w.waiting.status).count()).toBe(0)
    })

    it('shows one of two cards, confirms what was asked, and goes back to who asked', async () => {
      const { page } = phone
      await page.getByText(w.card.recordPending).first().waitFor({ state: 'detached', timeout: 30_000 })
      const statement = { ko: '박물관 회원으로 가입하는 데 동의해요.', en: 'I agree to join the museum.' }
      const asked = await city.call('verifier', '/api/verifications', {
        purpose: { ko: '할인 자격 확인', en: 'Check for a discount' },
        dcql: EITHER_CARD(city.url),
        transactionData: [
          {
            type: 'kr.incheon.pass.confirmation',
            credential_ids: ['resident', 'veteran'],
            statement,
            reference: 'member-1',
          },
        ],
        redirectUri: `${city.url}/console/`,
      })
      expect(asked.status).toBe(201)
      await page.goto(asked.body.walletLink)
      await page.getByText(w.present.chooseSet(2)).waitFor()
      expect(page.url()).toBe(`${city.url}/wallet/present`)
      expect(await page.locator('.approval').textContent()).toContain(statement.ko)
      await page.getByRole('radio', { name: CARDS.veteran }).check()
      await look('alternatives')
      await page.getByRole('button', { name: w.present.approveAndSubmit, exact: true }).click()
      await page.waitForURL(`${city.url}/console/**`)
      const code = new URLSearchParams(new URL(page.url()).hash.slice(1)).get('response_code')
      const path = `/api/verifications/${asked.body.id}`
      expect((await city.call('verifier', path)).body).toMatchObject({ state: 'answered', claims: null })
      const result = await city.call('verifier', `${path}/return`, { response_code: code })
      expect(result.body).toMatchObject({ state: 'accepted', transactions: [{ text: statement }] })
      expect(Object.keys(result.body.claims)).toEqual(['veteran'])
    })

    it('has noted all of it, and no code or value', async () => {
      const { page } = phone
      await page.goto(`${city.url}/wallet/activity`)
      await page.getByText(w.activity.kinds.applied, { exact: true }).first().waitFor()
      await page.getByText(w.activity.kinds.presented, { exact: true }).first().waitFor()
      await look('activity')
      expect(await page.locator('main').textContent()).not.toContain(person.nameKo)
    })
  })

  describe('in English', () => {
    const { wallet: w, adding } = WORDS.en
    let phone: Phone
    const look = (name: string) => inspect(phone.page, `en-assurance-${name}`)

    beforeAll(async () => {
      phone = await phoneOf('en')
    })
    afterAll(() => phone?.end())

    it('receives what an office has prepared, by a sign-in', async () => {
      const { page } = phone
      const offer = {
        agency: 'residents',
        type: 'resident',
        subject: person.registerNo,
        grant: 'authorization_code',
      }
      const { body } = await city.call('officer', '/api/offers', offer)
      await page.goto(body.walletLink)
      await heading(page, w.receive.consent)
      await look('offered')
      await page.getByRole('button', { name: adding.signIn.accept }).click()
      await signIn(page, 'en', look)
      await heading(page, w.receive.done)
      await look('received')
    })

    it('reads why an officer said no', async () => {
      const { page } = phone
      await choose(page, 'en', CARDS.veteran)
      await page.getByRole('button', { name: adding.signIn.apply }).click()
      await signIn(page, 'en')
      await heading(page, adding.applied.title)
      await page.getByRole('link', { name: w.receive.toCards }).click()
      const reason = 'Please bring your certificate to our desk.'
      await decide('refuse', undefined, reason)
      await page.getByText(w.arrived.refused).waitFor({ timeout: 40_000 })
      expect(await page.locator('.banner').textContent()).toContain(reason)
      await look('refused')
      expect(await page.getByText(w.waiting.status).count()).toBe(0)
    })

    it('is told when the city has blocked it', async () => {
      const { page } = phone
      const { body } = await city.call('operator', '/api/wallet-provider/instances?state=active')
      for (const { id } of body.items)
        await city.call('operator', `/api/wallet-provider/instances/${id}/revoke`, { reason: 'a lost phone' })
      await choose(page, 'en', CARDS.veteran)
      await page.getByRole('button', { name: adding.signIn.apply }).click()
      await heading(page, w.failure.codes.wallet_revoked.title.replace(/\.$/, ''))
      await look('blocked')
    })
  })
})

const EITHER_CARD = (url: string) => {
  const query = (id: string, path: string) => ({
    id,
    format: 'dc+sd-jwt',
    meta: { vct_values: [`${url}/credential-types/${id}`] },
    claims: [{ path: [path] }],
  })
  return {
    credentials: [query('resident', 'district_name'), query('veteran', 'veteran_category')],
    credential_sets: [{ options: [['resident'], ['veteran']] }],
  }
}

/** The list does not say who is a veteran: that is a further office's business. */
async function findVeteran(city: TestCity): Promise<{ registerNo: string; nameKo: string }> {
  let cursor = ''
  for (;;) {
    const { body } = await city.call('officer', `/api/register/residents?limit=100${cursor}`)
    for (const { id } of body.items) {
      const one = (await city.call('officer', `/api/register/residents/${id}`)).body
      if (one.attributes.veteran) return one
    }
    if (!body.nextCursor) throw new Error('the sample has no veteran')
    cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
  }
}
