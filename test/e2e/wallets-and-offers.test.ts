import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWalletKey, type TestWalletKey } from '../../apps/api/src/testing/wallet-key.ts'
import { startCity, type TestCity } from '../city.ts'
import { DESK, inspect, launchDesk, PHONE } from './browser.ts'
import { DESK_WORDS, signInByLink } from './desk.ts'
import { expectFocusKept, press } from './keys.ts'

const { ko, en } = DESK_WORDS

/** An installation of the wallet, as far as its provider sees it. */
function makeInstance(city: TestCity) {
  const key = makeWalletKey()
  const attest = (client: TestWalletKey = makeWalletKey()) => {
    const iat = Math.floor(Date.now() / 1000)
    const proof = client.jws(
      { typ: 'pass-client-key+jwt' },
      { aud: `${city.url}/wallet-provider`, iat, jkt: key.jkt },
    )
    return key.call(city.url, '/api/wallet-provider/attestations', { json: { proof } })
  }
  return { attest }
}

describe('the desk for wallets, and offers that are received by signing in', () => {
  let city: TestCity
  let browser: Browser
  let operator: Page
  let officer: Page

  beforeAll(async () => {
    ;[city, browser] = await Promise.all([startCity(), launchDesk()])
    operator = await signInByLink(browser, city.links.operator, 'ko')
    officer = await signInByLink(browser, city.links.officer, 'en')
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
  })

  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

  it('says where wallets come from while there is none', async () => {
    await operator.getByRole('link', { name: ko.nav.wallets, exact: true }).click()
    await heading(operator, ko.wallets.title)
    await operator.getByText(ko.wallets.noneNext).waitFor()
    await inspect(operator, 'ko-wallets-none')
  })

  it('blocks a wallet with a reason, with the keyboard alone; it gets nothing from then on, and others do', async () => {
    const [lost, kept] = [makeInstance(city), makeInstance(city)]
    expect((await kept.attest()).status).toBe(200)
    expect((await lost.attest()).status).toBe(200)
    await operator.reload()
    const rows = operator.getByRole('row')
    await expect.poll(() => rows.count()).toBe(3)
    await inspect(operator, 'ko-wallets')

    // Newest first.
    await press(operator, operator.getByRole('button', { name: new RegExp(`${ko.wallets.revoke}$`) }).first())
    const dialog = operator.getByRole('dialog')
    await press(operator, dialog.getByRole('button', { name: ko.wallets.revoke }))
    await dialog.getByText(ko.reasonMissing).waitFor()
    await dialog.getByRole('textbox').focus()
    await operator.keyboard.insertText('분실 신고')
    await operator.setViewportSize(PHONE)
    await inspect(operator, 'ko-wallets-block')
    await operator.keyboard.press('Enter')
    await operator.getByText(ko.wallets.done).waitFor()
    await expectFocusKept(operator)
    await rows.filter({ hasText: '분실 신고' }).getByText(ko.wallets.states.revoked).waitFor()
    await inspect(operator, 'ko-wallets-blocked')
    await operator.setViewportSize(DESK)

    expect((await lost.attest()).body).toMatchObject({ code: 'wallet_instance_revoked', reason: 'revoked' })
    expect((await kept.attest()).status).toBe(200)
  })

  it('finds wallets by how they stand, and by a whole number alone', async () => {
    const rows = operator.getByRole('row')
    await operator.getByLabel(ko.credentials.status).selectOption('revoked')
    await expect.poll(() => rows.count()).toBe(2)
    await operator.getByLabel(ko.credentials.status).selectOption('')
    await expect.poll(() => rows.count()).toBe(3)
    // Luhn's check digit is the last one: this is nobody's number, and the next is none.
    await operator.getByLabel(ko.wallets.number).fill('0000-0000-00')
    await operator.getByText(ko.wallets.none).waitFor()
    await operator.getByLabel(ko.wallets.number).fill('0000000001')
    await operator.getByText(ko.error['account_number_wrong'] ?? '').waitFor()
    await operator.getByLabel(ko.wallets.number).fill('00000')
    await expect.poll(() => rows.count()).toBe(3)
  })

  it('an offer has a number to tell, unless the citizen is to sign in', async () => {
    await officer.goto(`${city.url}/console/offers/new/${city.credentials.sample.subject}`)
    await heading(officer, en.offer.title)
    const { 'pre-authorized_code': told, authorization_code: signedIn } = en.offer.hows
    expect(await officer.getByRole('radio', { name: told.label }).isChecked()).toBe(true)
    await officer.setViewportSize(PHONE)
    await inspect(officer, 'en-offer-how')
    await officer.getByRole('radio', { name: signedIn.label }).check()
    await press(officer, officer.getByRole('button', { name: en.offer.create }))
    await officer.getByText(en.offer.signIn).waitFor()
    expect(await officer.locator('.code').count()).toBe(0)
    await inspect(officer, 'en-offer-sign-in')
    await officer.setViewportSize(DESK)
  })

  it('an office that nobody has applied to says so', async () => {
    await officer.getByRole('link', { name: en.nav.applications, exact: true }).click()
    await heading(officer, en.applications.title)
    await officer.getByText(en.applications.noneNext).waitFor()
    await inspect(officer, 'en-applications-none')
  })
})
