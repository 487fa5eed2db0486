import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { en as w } from '../../apps/wallet/src/text/en.ts'
import { startCity, type TestCity } from '../city.ts'
import { DESK, inspect, launchDesk, PATIENCE_MS, PHONE } from './browser.ts'
import { DESK_WORDS, openDeskPage } from './desk.ts'
import { expectFocusKept, press, tabTo } from './keys.ts'

const { en: d } = DESK_WORDS

describe('with the keyboard alone', () => {
  let city: TestCity
  let browser: Browser
  let officer: Page
  let citizen: Page
  let subject: { nameKo: string; registerNo: string }
  let offered: { link: string; code: string }

  beforeAll(async () => {
    ;[city, browser] = await Promise.all([startCity(), launchDesk()])
    subject = (await city.call('officer', `/api/register/residents/${city.credentials.sample.subject}`)).body
    officer = await openDeskPage(browser, 'en')
    const context = await browser.newContext({ viewport: PHONE, locale: 'en-GB' })
    context.setDefaultTimeout(PATIENCE_MS)
    citizen = await context.newPage()
    await citizen.addInitScript(() => localStorage.setItem('pass.language', 'en'))
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
  })

  const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

  it('the officer signs in, finds the resident and offers the credential', async () => {
    await officer.goto(city.links.officer)
    await press(officer, button(officer, d.enrol.local))
    await heading(officer, d.register.title)
    await expectFocusKept(officer)
    await tabTo(officer, officer.getByLabel(d.register.query))
    await officer.keyboard.insertText(subject.registerNo)
    await expect.poll(() => officer.getByRole('row').count()).toBe(2)
    await press(officer, officer.getByRole('link', { name: d.register.offer(subject.nameKo) }))
    await heading(officer, d.offer.title)
    await expectFocusKept(officer)
    await press(officer, button(officer, d.offer.create))
    await officer.getByRole('img', { name: d.offer.qrLabel }).waitFor()
    await expectFocusKept(officer)
    await tabTo(officer, officer.getByRole('link', { name: d.offer.sameDevice }))
    offered = {
      link: (await officer.getByRole('link', { name: d.offer.sameDevice }).getAttribute('href')) ?? '',
      code: (await officer.locator('.code').textContent()) ?? '',
    }
  })

  it('the citizen is welcomed, pastes the link and receives the card', async () => {
    await citizen.goto(`${city.url}/wallet/`)
    for (const [index, { title }] of w.welcome.steps.entries()) {
      await heading(citizen, title)
      const last = index === w.welcome.steps.length - 1
      await press(citizen, button(citizen, last ? w.welcome.start : w.app.next), last ? 'Space' : 'Enter')
      await expectFocusKept(citizen)
    }
    await press(citizen, citizen.getByRole('link', { name: w.home.scan }))
    await heading(citizen, w.scan.title)
    await expectFocusKept(citizen)
    await tabTo(citizen, citizen.getByLabel(w.scan.paste))
    await citizen.keyboard.insertText(offered.link)
    await press(citizen, button(citizen, w.scan.go))
    await heading(citizen, w.receive.consent)
    await expectFocusKept(citizen)
    await press(citizen, button(citizen, w.receive.accept))

    const field = citizen.getByLabel(w.receive.codeLabel(6))
    await expectFocusKept(citizen)
    await tabTo(citizen, field)
    await citizen.keyboard.type(offered.code === '000000' ? '000001' : '000000')
    await citizen.keyboard.press('Enter')
    await citizen.getByText(w.receive.codeLeft(4)).waitFor()
    // Straight back into the field, to type again.
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true)
    await citizen.keyboard.type(offered.code)
    await press(citizen, button(citizen, w.receive.accept))
    await heading(citizen, w.receive.done)
    await expectFocusKept(citizen)
    await press(citizen, citizen.getByRole('link', { name: w.receive.toCards }))
    await heading(citizen, w.home.title)
    await expectFocusKept(citizen)
  })

  it('the citizen shows it, going back and forth before saying yes', async () => {
    const asked = (await city.call('verifier', '/api/verifications', { template: 'age-19' })).body
    await press(citizen, citizen.getByRole('link', { name: w.home.scan }))
    await tabTo(citizen, citizen.getByLabel(w.scan.paste))
    await citizen.keyboard.insertText(asked.walletLink)
    await press(citizen, button(citizen, w.scan.go))
    await tabTo(citizen, button(citizen, w.present.stop))
    await expectFocusKept(citizen)
    await tabTo(citizen, button(citizen, w.present.submit), 'Shift+Tab')
    await citizen.keyboard.press('Space')
    await heading(citizen, w.present.accepted)
    await expectFocusKept(citizen)
    await press(citizen, citizen.getByRole('link', { name: w.app.home, exact: true }))
    await heading(citizen, w.home.title)
    await expectFocusKept(citizen)
  })

  it('the skip link leads past the menu', async () => {
    await citizen.goto(`${city.url}/wallet/settings`)
    await heading(citizen, w.settings.title)
    await citizen.keyboard.press('Tab')
    await citizen.keyboard.press('Enter')
    await citizen.keyboard.press('Tab')
    expect(await citizen.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
  })

  it('a dialog keeps the focus, gives it back on Escape, and deleting does not lose it', async () => {
    await citizen.goto(`${city.url}/wallet/`)
    await press(citizen, citizen.getByRole('link', { name: /Resident Card/ }))
    await expectFocusKept(citizen)
    const opener = button(citizen, w.card.delete)
    await press(citizen, opener)
    const dialog = citizen.getByRole('dialog')
    await dialog.waitFor()
    for (let stop = 0; stop < 5; stop++) {
      await citizen.keyboard.press('Tab')
      const outside = await citizen.evaluate(() => {
        const at = document.activeElement
        return at !== document.body && at?.closest('dialog') === null
      })
      expect(outside, 'the focus left the open dialog').toBe(false)
    }
    await citizen.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true)
    await citizen.keyboard.press('Enter')
    await press(citizen, dialog.getByRole('button', { name: w.card.deleteConfirm, exact: true }))
    await citizen.getByText(w.home.empty).waitFor()
    await expectFocusKept(citizen)
  })

  it('the officer revokes it', async () => {
    await officer.getByText(d.offer.state.issued).waitFor()
    await expectFocusKept(officer)
    await press(officer, officer.getByRole('link', { name: d.nav.credentials }))
    await heading(officer, d.credentials.title)
    await expectFocusKept(officer)
    const opener = officer.getByRole('button', { name: `${subject.nameKo}: ${d.credentials.act.revoke}` })
    await press(officer, opener)
    await officer.getByRole('dialog').waitFor()
    await officer.keyboard.press('Escape')
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true)
    await officer.keyboard.press('Enter')
    const dialog = officer.getByRole('dialog')
    await dialog.waitFor()
    // Straight into the reason, where there is something to do.
    expect(
      await dialog.getByLabel(d.credentials.reason).evaluate((element) => element === document.activeElement),
    ).toBe(true)
    await officer.keyboard.insertText('moved away')
    await press(officer, dialog.getByRole('button', { name: d.credentials.act.revoke }))
    await officer.getByText(d.credentials.done.revoke).waitFor()
    await opener.waitFor({ state: 'detached' })
    await expectFocusKept(officer)
  })

  it('the verifier asks and cancels', async () => {
    const verifier = await openDeskPage(browser, 'en')
    await verifier.goto(city.links.verifier)
    await press(verifier, button(verifier, d.enrol.local))
    await heading(verifier, d.desk.title)
    await press(verifier, button(verifier, d.desk.show))
    await verifier.getByRole('img', { name: d.desk.qrLabel }).waitFor()
    await expectFocusKept(verifier)
    await press(verifier, button(verifier, d.cancel))
    await button(verifier, d.desk.show).waitFor()
    await expectFocusKept(verifier)
  })

  describe.each([PHONE, DESK])('with letters twice as large on $width x $height', (viewport) => {
    let large: Browser
    let reader: Page
    let clerk: Page
    beforeAll(async () => {
      // The reader's own letter size, as a browser's settings have it.
      large = await launchDesk(['--blink-settings=defaultFontSize=32,defaultFixedFontSize=26'])
      reader = await openDeskPage(large, 'en')
      clerk = await openDeskPage(large, 'en')
      await clerk.context().addCookies(await officer.context().cookies(`${city.url}/api/session`))
      for (const page of [reader, clerk]) await page.setViewportSize(viewport)
    })
    afterAll(() => large?.close())

    async function check(page: Page, name: string) {
      const size = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.body).fontSize))
      expect(size).toBeGreaterThanOrEqual(32)
      await inspect(page, `large-${viewport.width}-${name}`)
      expect(await cutOff(page), `cut off on ${name}`).toEqual([])
    }
    async function look(page: Page, path: string) {
      await page.goto(`${city.url}${path}`)
      await page
        .locator('main :is(table, select, input, button, dl, .card-link, .entry, .ui-empty, .ui-button)')
        .first()
        .waitFor()
      await check(page, path.split('/').slice(1, 3).join('-'))
    }

    it('the wallet fits', async () => {
      const offer = (await city.call('officer', '/api/offers', city.credentials.sample)).body
      const asked = (await city.call('verifier', '/api/verifications', { template: 'identity' })).body
      await reader.goto(offer.walletLink)
      await heading(reader, w.receive.consent)
      await check(reader, 'receive')
      await button(reader, w.receive.accept).click()
      await reader.getByLabel(w.receive.codeLabel(6)).fill(offer.txCode)
      await check(reader, 'code')
      await button(reader, w.receive.accept).click()
      await heading(reader, w.receive.done)
      await reader.goto(asked.walletLink)
      await button(reader, w.present.submit).waitFor()
      await check(reader, 'consent')
      for (const path of ['', 'add', 'scan', 'activity', 'settings']) await look(reader, `/wallet/${path}`)
      await reader.goto(`${city.url}/wallet/`)
      await reader
        .getByRole('link', { name: /Resident Card/ })
        .first()
        .click()
      await button(reader, w.card.delete).click()
      await check(reader, 'delete')
    })

    it('the console fits', async () => {
      const { subject: id } = city.credentials.sample
      for (const path of ['register', 'import', 'credentials', 'applications', `offers/new/${id}`])
        await look(clerk, `/console/${path}`)
      await button(clerk, d.offer.create).click()
      await clerk.getByRole('img', { name: d.offer.qrLabel }).waitFor()
      await check(clerk, 'offer-shown')
      const lines = await clerk.locator('.code').evaluate((element) => {
        const range = document.createRange()
        range.selectNodeContents(element)
        return range.getClientRects().length
      })
      expect(lines, 'a number read out over the counter stands in one line').toBe(1)
    })
  })
})

/** Texts that end outside the screen, or under the edge of what hides its overflow. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const scrolls = '.ui-table-scroll, .ui-hidden, .ui-skip, textarea, input'
    return [...document.querySelectorAll('body *')]
      .filter((element) =>
        [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
      )
      .filter((element) => element.checkVisibility() && !element.closest(scrolls))
      .filter((element) => {
        const range = document.createRange()
        range.selectNodeContents(element)
        const text = range.getBoundingClientRect()
        if (text.right > window.innerWidth + 1 || text.left < -1) return true
        for (let box: Element | null = element; box; box = box.parentElement) {
          if (getComputedStyle(box).overflowX === 'visible' || box === document.documentElement) continue
          const edge = box.getBoundingClientRect()
          if (text.right > edge.right + 1 || text.bottom > edge.bottom + 1) return true
        }
        return false
      })
      .map((element) => element.textContent?.trim().slice(0, 60) ?? '')
  })
}
