import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { en as consoleEn } from '../../apps/console/src/text/en.ts'
import { ko as consoleKo } from '../../apps/console/src/text/ko.ts'
import { en as walletEn } from '../../apps/wallet/src/text/en.ts'
import { ko as walletKo } from '../../apps/wallet/src/text/ko.ts'
import { startCity, type TestCity } from '../city.ts'
import { DESK, inspect, launchDesk, openPhone, PATIENCE_MS, type Phone } from './browser.ts'

const LANGUAGES = {
  ko: { wallet: walletKo, desk: consoleKo, locale: 'ko-KR' },
  en: { wallet: walletEn, desk: consoleEn, locale: 'en-GB' },
} as const
const DISTRICT = { ko: '연수구', en: 'Yeonsu-gu' }
const TEMPLATES = { ko: { age: '19세 이상', district: '군·구' }, en: { age: '19', district: 'district' } }

describe.each(['ko', 'en'] as const)('the whole journey in real browsers (%s)', (language) => {
  const { wallet: w, desk: d, locale } = LANGUAGES[language]
  let city: TestCity
  let browser: Browser
  let phone: Phone
  let subject: { nameKo: string; birthDate: string }
  const staff: Partial<Record<'officer' | 'verifier' | 'operator', Page>> = {}
  const shot = (name: string) => `${language}-${name}`

  beforeAll(async () => {
    ;[city, browser, phone] = await Promise.all([startCity(), launchDesk(), openPhone(locale)])
    subject = (await city.call('officer', `/api/register/residents/${city.credentials.sample.subject}`)).body
  })
  afterAll(async () => {
    await phone?.end()
    await browser?.close()
    await city?.end()
  })

  /** Opens the one-time link of that role in a browser context of its own and signs in. */
  async function signIn(role: 'officer' | 'verifier' | 'operator'): Promise<Page> {
    const context = await browser.newContext({ viewport: DESK, locale })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    await page.addInitScript((chosen) => localStorage.setItem('pass.language', chosen), language)
    await page.goto(city.links[role])
    await page.getByRole('button', { name: d.enrol.local }).waitFor()
    expect(page.url()).not.toContain('#')
    if (role === 'officer') await inspect(page, shot('console-enrol'))
    await page.getByRole('button', { name: d.enrol.local }).click()
    await page.getByRole('button', { name: d.signOut }).waitFor()
    staff[role] = page
    return page
  }

  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()

  it('the officer offers the resident credential', async () => {
    const officer = await signIn('officer')
    await heading(officer, d.register.title)
    await officer.getByLabel(d.register.query).fill(subject.nameKo)
    await officer
      .getByRole('link', { name: d.register.offer(subject.nameKo) })
      .first()
      .waitFor()
    await inspect(officer, shot('console-register'))
    await officer.locator(`a[href$="${city.credentials.sample.subject}"]`).click()
    await officer.getByRole('button', { name: d.offer.create }).click()
    await officer.getByRole('img', { name: d.offer.qrLabel }).waitFor()
    await inspect(officer, shot('console-offer'))
  })

  it('the citizen receives it with the camera', async () => {
    const { officer } = staff
    if (!officer) throw new Error('the officer is not signed in')
    const { page } = phone
    await page.addInitScript((chosen) => localStorage.setItem('pass.language', chosen), language)
    await page.goto(`${city.url}/`)
    for (const [index, step] of w.welcome.steps.entries()) {
      await heading(page, step.title)
      await inspect(page, shot(`wallet-welcome-${index + 1}`))
      const last = index === w.welcome.steps.length - 1
      await page.getByRole('button', { name: last ? w.welcome.start : w.app.next, exact: true }).click()
    }
    await heading(page, w.home.title)
    await inspect(page, shot('wallet-empty'))

    await phone.show(officer.getByRole('img', { name: d.offer.qrLabel }))
    await page.getByRole('link', { name: w.home.scan }).click()
    await heading(page, w.receive.consent)
    await inspect(page, shot('wallet-receive'))
    await page.getByRole('button', { name: w.receive.accept, exact: true }).click()

    const code = (await officer.locator('.code').textContent()) ?? ''
    const field = page.getByLabel(w.receive.codeLabel(6))
    await inspect(page, shot('wallet-code'))
    await field.fill(code === '000000' ? '000001' : '000000')
    await page.getByRole('button', { name: w.receive.accept, exact: true }).click()
    await page.getByText(w.receive.codeLeft(4)).waitFor()
    await inspect(page, shot('wallet-code-wrong'))
    await field.fill(code)
    await page.getByRole('button', { name: w.receive.accept, exact: true }).click()
    await heading(page, w.receive.done)
    await inspect(page, shot('wallet-received'))
    await officer.getByText(d.offer.state.issued).waitFor()
    await inspect(officer, shot('console-issued'))
  })

  it('the card stays over a reload and a restart, and its record is confirmed', async () => {
    await phone.page.reload()
    await phone.restart()
    const { page } = phone
    await page.goto(`${city.url}/wallet/`)
    await heading(page, w.home.title)
    await inspect(page, shot('wallet-home'))
    await page.getByRole('link', { name: /인천 시민증|Resident Card/ }).click()
    await page.getByText(w.card.recordConfirmed).waitFor({ timeout: 30_000 })
    await inspect(page, shot('wallet-card'))
  })

  it('the card opens without a network', async () => {
    const { page } = phone
    // The service worker must have taken hold before the network goes.
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await phone.context().setOffline(true)
    await page.goto(`${city.url}/wallet/`)
    await page.getByRole('link', { name: /인천 시민증|Resident Card/ }).click()
    await page.getByText(w.card.contents).waitFor()
    await inspect(page, shot('wallet-offline'))
    await phone.context().setOffline(false)
  })

  /** The verifier asks, the citizen scans and looks at the question. */
  async function ask(template: string, name: string): Promise<Page> {
    const verifier = staff.verifier ?? (await signIn('verifier'))
    await heading(verifier, d.desk.title)
    const choice = verifier.getByLabel(d.desk.choose)
    const options = await choice.locator('option').allInnerTexts()
    await choice.selectOption({ label: options.find((one) => one.includes(template)) ?? template })
    if (template === TEMPLATES[language].district)
      await verifier.getByLabel(d.desk.district, { exact: true }).selectOption({ label: DISTRICT[language] })
    await inspect(verifier, shot(`desk-choose-${name}`))
    await verifier.getByRole('button', { name: d.desk.show }).click()
    const code = verifier.getByRole('img', { name: d.desk.qrLabel })
    await code.waitFor()
    await inspect(verifier, shot(`desk-waiting-${name}`))
    await phone.show(code)
    const { page } = phone
    await page.goto(`${city.url}/wallet/scan`)
    await page.getByRole('button', { name: w.present.submit, exact: true }).waitFor()
    await inspect(page, shot(`wallet-consent-${name}`))
    return verifier
  }

  it('proves "19 or older" to a verifier who learns nothing else', async () => {
    const verifier = await ask(TEMPLATES[language].age, 'age')
    const { page } = phone
    expect(await page.locator('main').textContent()).not.toContain(subject.birthDate)
    await page.getByRole('button', { name: w.present.submit, exact: true }).click()
    await heading(page, w.present.accepted)
    await inspect(page, shot('wallet-accepted'))
    await verifier.getByText(d.desk.accepted, { exact: true }).waitFor()
    await inspect(verifier, shot('desk-accepted-age'))
    expect(await verifier.locator('.facts dt').count()).toBe(1)
    expect(await verifier.locator('.facts').textContent()).toContain('19')
    expect(await verifier.locator('.checks li').count()).toBe(8)
    expect(await verifier.locator('.checks').textContent()).not.toContain(d.desk.result.absent)
    await verifier.getByRole('button', { name: d.desk.again }).click()
  })

  it('proves "lives in Yeonsu-gu", and nothing else', async () => {
    const verifier = await ask(TEMPLATES[language].district, 'district')
    await phone.page.getByRole('button', { name: w.present.submit, exact: true }).click()
    await heading(phone.page, w.present.accepted)
    await verifier.getByText(d.desk.accepted, { exact: true }).waitFor()
    // The code and the name of one district: one fact, once for machines and once for people.
    expect(await verifier.locator('.facts dd').allTextContents()).toEqual(['28185', '연수구'])
    await verifier.getByRole('button', { name: d.desk.again }).click()
  })

  it('stopping shares nothing', async () => {
    await ask(TEMPLATES[language].age, 'stop')
    const { page } = phone
    await page.getByRole('button', { name: w.present.stop, exact: true }).click()
    await heading(page, w.present.stopped)
    await inspect(page, shot('wallet-stopped'))
    const { verifier } = staff
    await verifier?.getByText(d.desk.refusal['declined'] ?? '').waitFor()
    await verifier?.getByRole('button', { name: d.desk.again }).click()
  })

  it('the officer revokes it, and the next presentation is refused with the reason', async () => {
    const { officer } = staff
    if (!officer) throw new Error('the officer is not signed in')
    await officer.getByRole('link', { name: d.nav.credentials }).click()
    await officer.getByRole('button', { name: `${subject.nameKo}: ${d.credentials.act.revoke}` }).click()
    await inspect(officer, shot('console-revoke'))
    const dialog = officer.getByRole('dialog')
    await dialog.getByRole('button', { name: d.credentials.act.revoke }).click()
    await dialog.getByText(d.reasonMissing).waitFor()
    await dialog.getByLabel(d.credentials.reason).fill('전출')
    await dialog.getByRole('button', { name: d.credentials.act.revoke }).click()
    await officer.getByText(d.credentials.done.revoke).waitFor()
    await inspect(officer, shot('console-revoked'))

    const verifier = await ask(TEMPLATES[language].age, 'revoked')
    const { page } = phone
    await page.getByRole('button', { name: w.present.submit, exact: true }).click()
    await heading(page, w.present.refused)
    const reason = w.failure.refusals['credential_revoked']
    await page.getByText(reason?.title ?? 'no sentence for credential_revoked').waitFor()
    await inspect(page, shot('wallet-refused'))
    await verifier.getByText(d.desk.refusal['credential_revoked'] ?? '').waitFor()
    await inspect(verifier, shot('desk-refused'))
  })

  it('the citizen sees what happened, without values, and can delete the card', async () => {
    const { page } = phone
    await page.goto(`${city.url}/wallet/activity`)
    await heading(page, w.activity.title)
    await page.getByText(w.activity.kinds.refused).first().waitFor()
    expect(await page.locator('main').textContent()).not.toContain(subject.birthDate)
    await inspect(page, shot('wallet-activity'))
    await page.goto(`${city.url}/wallet/settings`)
    await heading(page, w.settings.title)
    await inspect(page, shot('wallet-settings'))
    await page.goto(`${city.url}/wallet/`)
    await page.getByRole('link', { name: /인천 시민증|Resident Card/ }).click()
    await page.getByRole('button', { name: w.card.delete }).click()
    await inspect(page, shot('wallet-delete'))
    await page.getByRole('dialog').getByRole('button', { name: w.card.deleteConfirm, exact: true }).click()
    await page.getByText(w.home.empty).waitFor()
  })

  it('the operator sees the anchors and who did what', async () => {
    const operator = await signIn('operator')
    await heading(operator, d.anchors.title)
    await operator.getByText(d.anchors.states.confirmed).first().waitFor({ timeout: 30_000 })
    // Every column of a confirmed batch has its value, and the chain has blocks.
    expect(await operator.locator('main').textContent()).not.toContain('–')
    expect(await operator.locator('main').textContent()).not.toContain(d.anchors.chainUp(0))
    await inspect(operator, shot('console-anchors'))
    await operator.getByRole('link', { name: d.nav.audit }).click()
    await operator.getByText('credential.revoke').first().waitFor()
    expect(await operator.locator('main').textContent()).not.toContain(subject.nameKo)
    await inspect(operator, shot('console-audit'))
  })

  it('the desk and the register stay usable on a phone', async () => {
    for (const [role, page] of Object.entries(staff)) {
      await page.setViewportSize({ width: 360, height: 780 })
      await page.goto(`${city.url}/console/`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await inspect(page, shot(`console-narrow-${role}`))
    }
  })
})
