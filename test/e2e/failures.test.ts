import { execFileSync } from 'node:child_process'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeWalletKey } from '../../apps/api/src/testing/wallet-key.ts'
import { ko as w } from '../../apps/wallet/src/text/ko.ts'
import { freePort, startCity, type TestCity } from '../city.ts'
import { inspect, launchDesk, openPhone, PATIENCE_MS, PHONE, type Phone } from './browser.ts'
import { openSwitchboard, type Switchboard } from './switchboard.ts'

type Offer = { id: string; offerUri: string; walletLink: string; txCode: string }
type Asked = { id: string; requestUri: string; walletLink: string }

describe('when something goes wrong, the wallet says what, whether anything was shared, and what to do', () => {
  let board: Switchboard
  let city: TestCity
  let browser: Browser
  let context: BrowserContext
  let page: Page
  /** Made first, so that it has run out when its turn comes. */
  let early: Offer
  let earlyAt = 0

  beforeAll(async () => {
    const port = await freePort()
    board = await openSwitchboard(() => port)
    const env = {
      PUBLIC_URL: `http://localhost:${board.port}`,
      OFFER_TTL_SECONDS: '30',
      RATE_LIMIT_FACTOR: '0',
    }
    ;[city, browser] = await Promise.all([startCity({ env, port }), launchDesk()])
    early = await offer()
    earlyAt = Date.now()
    context = await browser.newContext({ viewport: PHONE, locale: 'ko-KR', permissions: [] })
    context.setDefaultTimeout(PATIENCE_MS)
    await context.addInitScript(() => localStorage.setItem('pass.wallet.welcomed', 'yes'))
    page = await context.newPage()
  })
  afterAll(async () => {
    await browser?.close()
    await city?.end()
    await board?.end()
  })

  const origin = () => `http://localhost:${board.port}`
  const heading = (name: string, where = page) => where.getByRole('heading', { level: 1, name }).waitFor()
  const button = (name: string, where = page) => where.getByRole('button', { name, exact: true })
  const bare = (title: string) => title.replace(/\.$/, '')
  const card = (where = page) => where.getByRole('link', { name: /인천 시민증/ })

  async function offer(): Promise<Offer> {
    return (await city.call('officer', '/api/offers', city.credentials.sample)).body
  }
  async function ask(body: unknown = { template: 'age-19' }): Promise<Asked> {
    return (await city.call('verifier', '/api/verifications', body)).body
  }
  const stateOf = async ({ id }: Asked) =>
    (await city.call('verifier', `/api/verifications/${id}`)).body.state

  /** Opens a link as a tap does: a page load even from the same page. */
  async function open(link: string, where = page) {
    await where.goto('about:blank')
    await where.goto(link)
  }
  async function accept(one: Offer, where = page, code = one.txCode) {
    await open(one.walletLink, where)
    await button(w.receive.accept, where).click()
    await where.getByLabel(w.receive.codeLabel(6)).fill(code)
    await button(w.receive.accept, where).click()
  }
  /** The whole screen of a failure: its title, the way on, and whether anything left the device. */
  async function expectFailure(code: keyof typeof w.failure.codes, shared: boolean, where = page) {
    const { title, next } = w.failure.codes[code]
    // Said with what stands there instead: a timeout alone would tell nothing.
    const shown = () =>
      where
        .locator('main')
        .textContent({ timeout: 1000 })
        .catch(() => '')
    await expect.poll(shown, { timeout: PATIENCE_MS }).toContain(bare(title))
    await heading(bare(title), where)
    await where.getByText(next).waitFor()
    await where.getByText(shared ? w.failure.shared : w.failure.notShared).waitFor()
    await inspect(where, `failure-${code}`)
  }

  it('five wrong numbers lock the offer', async () => {
    const locked = await offer()
    const wrong = locked.txCode === '000000' ? '000001' : '000000'
    await accept(locked, page, wrong)
    for (const left of [4, 3, 2, 1]) {
      await page.getByText(w.receive.codeLeft(left)).waitFor()
      await page.getByLabel(w.receive.codeLabel(6)).fill(wrong)
      await button(w.receive.accept).click()
    }
    await expectFailure('offer_locked', false)
    await open(locked.walletLink)
    await expectFailure('offer_locked', false)
  })

  it('no network while receiving: nothing is lost, and trying again goes on', async () => {
    const later = await offer()
    await open(later.walletLink)
    await button(w.receive.accept).click()
    board.down = true
    await page.getByLabel(w.receive.codeLabel(6)).fill(later.txCode)
    await button(w.receive.accept).click()
    await expectFailure('network', false)
    board.down = false
    await button(w.app.again).click()
    await page.getByLabel(w.receive.codeLabel(6)).fill(later.txCode)
    await button(w.receive.accept).click()
    await heading(w.receive.done)
  })

  it('the chain stops while a card is issued: it comes, and its record follows', async () => {
    const chain = chainOf(city)
    process.kill(chain, 'SIGSTOP')
    try {
      await accept(await offer())
      await heading(w.receive.done)
      await page.goto(`${origin()}/wallet/`)
      await expect.poll(() => card().count(), { timeout: PATIENCE_MS }).toBe(2)
      await card().filter({ hasText: w.card.recordPending }).last().click()
      await page.getByText(w.card.recordPending, { exact: true }).waitFor()
      await inspect(page, 'failure-chain-stopped')
    } finally {
      process.kill(chain, 'SIGCONT')
    }
    await page.getByText(w.card.recordConfirmed).waitFor({ timeout: 45_000 })
  })

  it('the answer with the card is lost: the wallet goes on where it stopped, and holds it once', async () => {
    board.loseAnswerTo = /\/credential$/
    await accept(await offer())
    await heading(bare(w.failure.codes.network.title))
    await page.goto(`${origin()}/wallet/`)
    await button(w.home.resume).click()
    await expect.poll(() => card().count(), { timeout: PATIENCE_MS }).toBe(3)
    await page.reload()
    await heading(w.home.title)
    await expect.poll(() => card().count(), { timeout: PATIENCE_MS }).toBe(3)
    expect(await button(w.home.resume).count()).toBe(0)
  })

  it('a card that comes while a second tab is open is in both, once, and unharmed', async () => {
    const other = await context.newPage()
    await other.goto(`${origin()}/wallet/`)
    await expect.poll(() => card(other).count(), { timeout: PATIENCE_MS }).toBe(3)
    const one = await offer()
    const third = await context.newPage()
    await Promise.all([accept(one), accept(await offer(), third)])
    await Promise.all([heading(w.receive.done), heading(w.receive.done, third)])
    await expect.poll(() => card(other).count(), { timeout: PATIENCE_MS }).toBe(5)
    await third.close()
    await other.reload()
    await expect.poll(() => card(other).count(), { timeout: PATIENCE_MS }).toBe(5)
    for (const index of [0, 1, 2, 3, 4]) {
      await other.goto(`${origin()}/wallet/`)
      await card(other).nth(index).click()
      await other.getByText(w.card.contents).waitFor()
    }
    await other.close()
  })

  it('a used offer, and something that is no offer at all', async () => {
    const used = await offer()
    await accept(used)
    await heading(w.receive.done)
    await open(used.walletLink)
    await expectFailure('offer_already_used', false)
    await open(`${origin()}/wallet/receive#credential_offer=%7Bbroken`)
    await expectFailure('offer_malformed', false)
  })

  it('offline when saying yes: nothing was shared, and it works once the network is back', async () => {
    const asked = await ask()
    await open(asked.walletLink)
    await button(w.present.submit).waitFor()
    await context.setOffline(true)
    await button(w.present.submit).click()
    await expectFailure('offline', false)
    expect(await stateOf(asked)).toBe('fetched')
    await context.setOffline(false)
    await button(w.app.again).click()
    await heading(w.present.accepted)
    expect(await stateOf(asked)).toBe('accepted')
  })

  it('the answer of the verifier is lost: it may have been shared, and the activity says so', async () => {
    const asked = await ask()
    await open(asked.walletLink)
    await button(w.present.submit).waitFor()
    board.loseAnswerTo = /\/verifier\/responses\//
    await button(w.present.submit).click()
    await expectFailure('network', true)
    await page.goto(`${origin()}/wallet/activity`)
    await page.getByText(w.activity.kinds.failed).first().waitFor()
    await page.getByText(w.activity.shared).first().waitFor()
  })

  it('the server is stopped: cards open, and a request says that the connection failed', async () => {
    const asked = await ask()
    await page.goto(`${origin()}/wallet/`)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    board.down = true
    await open(asked.walletLink)
    await expectFailure('network', false)
    await page.goto(`${origin()}/wallet/`)
    await card().first().click()
    await page.getByText(w.card.contents).waitFor()
    board.down = false
    await open(asked.walletLink)
    await button(w.present.submit).waitFor()
  })

  it('a request that ran out, before and while it is looked at', async () => {
    const asked = await ask()
    await open(asked.walletLink)
    await button(w.present.submit).waitFor()
    await page.evaluate(tenMinutesLater)
    await button(w.present.submit).click()
    await expectFailure('request_expired', false)
    const late = await context.newPage()
    await late.addInitScript(tenMinutesLater)
    await late.goto((await ask()).walletLink)
    await expectFailure('request_expired', false, late)
    await late.close()
  })

  it('a request that asks for more than the city registered is shown with a warning', async () => {
    const types = (await city.call('officer', '/api/credential-types')).body as { id: string; vct?: string }[]
    const vct = types.find(({ id }) => id === 'resident')?.vct ?? `${origin()}/credential-types/resident`
    const free = await ask({
      purpose: '도서 대출',
      dcql: {
        credentials: [
          {
            id: 'card',
            format: 'dc+sd-jwt',
            meta: { vct_values: [vct] },
            claims: [{ path: ['birth_date'] }, { path: ['name_ko'] }],
          },
        ],
      },
    })
    await open(free.walletLink)
    await page.getByText(w.present.unregistered).waitFor()
    await page.getByText(w.present.unregisteredNext).waitFor()
    await inspect(page, 'failure-unregistered')
    await button(w.present.stop).click()
    await heading(w.present.stopped)
    await page.getByText(w.present.stoppedLead).waitFor()
    await expect.poll(() => stateOf(free), { timeout: PATIENCE_MS }).toBe('refused')
  })

  it('a request changed on its way is not answered', async () => {
    const { walletLink } = await ask()
    await open(
      walletLink.replace(
        /x509_hash(%3A|:)./,
        (found) => `${found.slice(0, -1)}${found.endsWith('A') ? 'B' : 'A'}`,
      ),
    )
    await expectFailure('verifier_untrusted', false)
  })

  it("a thief's request for points, shown as a link or a code, is stopped before there is anything to agree to", async () => {
    const thief = makeWalletKey()
    const { body } = await thief.call(origin(), '/api/wallet/account/verification', { json: {} })
    const link = `${origin()}/wallet/present#${body.requestUri.split('?')[1]}`
    await open(link)
    await expectFailure('asked_elsewhere', false)
    await page.reload()
    await expectFailure('asked_elsewhere', false)
    await open(`${origin()}/wallet/scan`)
    await page.getByLabel(w.scan.paste).fill(body.requestUri)
    await button(w.scan.go).click()
    await expectFailure('asked_elsewhere', false)
    const taken = await thief.call(origin(), '/api/wallet/account', { json: { verificationId: body.id } })
    expect([taken.status, taken.body.code]).toEqual([409, 'verification_pending'])
  })

  it('a revoked card is refused with the reason', async () => {
    const { items } = (await city.call('officer', '/api/credentials')).body
    for (const { id } of items)
      await city.call('officer', `/api/credentials/${id}/revoke`, { reason: '시험' })
    await open((await ask()).walletLink)
    await button(w.present.submit).click()
    await heading(w.present.refused)
    const reason = w.failure.refusals['credential_revoked']
    await page.getByText(reason?.title ?? '').waitFor()
    await page.getByText(reason?.next ?? '').waitFor()
    await page.getByText(w.present.refusedShared).waitFor()
  })

  it('an offer that ran out', async () => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, earlyAt + 31_000 - Date.now())))
    await open(early.walletLink)
    await expectFailure('offer_expired', false)
  })

  it('a refused camera gives way to pasting; a foreign link is told apart', async () => {
    await page.goto(`${origin()}/wallet/scan`)
    await page.getByText(w.scan.none).or(page.getByText(w.scan.denied)).waitFor()
    const field = page.getByLabel(w.scan.paste)
    await button(w.scan.go).click()
    await page.getByText(w.scan.pasteEmpty, { exact: true }).waitFor()
    await field.fill('https://example.com/pay?to=me')
    await button(w.scan.go).click()
    await page.getByText(w.scan.pasteNotOurs).waitFor()
    await inspect(page, 'failure-scan-paste')
    await field.fill((await ask()).walletLink)
    await button(w.scan.go).click()
    await button(w.present.submit).waitFor()
  })

  it('a new version asks before it takes over', async () => {
    await page.goto(`${origin()}/wallet/`)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await page.reload()
    const before = await page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)
    expect(before).toBeTruthy()
    await page.evaluate(() => Object.assign(window, { samePage: true }))
    board.newVersion = '\n// another version\n'
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
    await page.getByText(w.update.title).waitFor()
    await inspect(page, 'failure-update')
    const waiting = () =>
      page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting))
    expect(await waiting()).toBe(true)
    await button(w.update.later).click()
    expect(await waiting()).toBe(true)
    // Nothing was reloaded behind the person's back.
    expect(await page.evaluate(() => 'samePage' in window)).toBe(true)
    await page.reload()
    await button(w.update.now).click()
    await expect.poll(() => waiting().catch(() => true), { timeout: PATIENCE_MS }).toBe(false)
    await heading(w.home.title)
    await card().first().waitFor()
  })

  describe('with a camera', () => {
    let phone: Phone
    beforeAll(async () => {
      phone = await openPhone('ko-KR')
      await phone.page.addInitScript(() => localStorage.setItem('pass.wallet.welcomed', 'yes'))
    })
    afterAll(() => phone?.end())

    it('a code for something else is told apart, and the next one is read', async () => {
      const stage = await (await browser.newContext()).newPage()
      await stage.setContent(
        `<div id="code" style="width:330px;padding:40px;background:#fff;display:grid;grid-template-columns:repeat(21,1fr)">
         ${FOREIGN_CODE.map(cellsOf).join('')}</div>`,
      )
      await phone.show(stage.locator('#code'))
      await phone.page.goto(`${origin()}/wallet/scan`)
      await phone.page.getByText(w.scan.notOurs).waitFor()
      await inspect(phone.page, 'failure-foreign-code')
      await stage.context().close()
    })

    it('a camera that is refused', async () => {
      await phone.page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
      })
      await phone.page.goto(`${origin()}/wallet/scan`)
      await phone.page.getByText(w.scan.denied).waitFor()
      await phone.page.getByText(w.scan.deniedNext).waitFor()
      await phone.page.getByLabel(w.scan.paste).waitFor()
      await inspect(phone.page, 'failure-camera-denied')
    })
  })
})

/** The embedded chain: a child of the city's process. */
function chainOf(city: TestCity): number {
  const children = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const found = children.find(([, parent, name]) => parent === String(city.pid) && name?.includes('anvil'))
  if (!found?.[0]) throw new Error('the city runs no chain')
  return Number(found[0])
}

/** Runs in the page: its clock goes ten minutes ahead of the city's. */
function tenMinutesLater() {
  const Real = Date
  const now = () => Real.now() + 600_000
  globalThis.Date = new Proxy(Real, {
    construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}

/** A QR code of "https://a.kr/menu", row by row, a bit for each module. */
const FOREIGN_CODE = [
  2085503, 1070657, 1525085, 1527389, 1529437, 1071681, 2086271, 4608, 1891571, 10715, 1668413, 1999800,
  1538178, 4377, 2082685, 1071386, 1526691, 1525746, 1528255, 1073080, 2085553,
]

const cellsOf = (row: number) =>
  [...row.toString(2).padStart(21, '0')]
    .map((bit) => `<i style="aspect-ratio:1;background:${bit === '1' ? '#000' : '#fff'}"></i>`)
    .join('')
