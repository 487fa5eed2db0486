import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'
import { findChromium } from '../../scripts/chromium.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
export const PHONE = { width: 360, height: 780 }
export const DESK = { width: 1280, height: 800 }

/** What a person would wait for, on a slow machine. */
export const PATIENCE_MS = 20_000

/** Where screenshots go when someone wants to look at them: SCREENSHOTS=folder npm test journeys. */
const SCREENSHOTS = process.env['SCREENSHOTS']

function executable(): string {
  const found = findChromium()
  if (!found) throw new Error('No Chromium: npm test installs it, or set CHROMIUM_PATH.')
  return found
}

/** The desk's browser: a context for each member of staff. */
export function launchDesk(flags: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: executable(), args: [...FLAGS, ...flags] })
}

/** A citizen's phone: its profile outlives the browser, and its camera sees what `show` puts before it. */
export type Phone = {
  page: Page
  /** Holds something up to the camera; the next scan sees it. */
  show(code: Locator): Promise<void>
  /** Closes the browser and opens it again, as a phone that was switched off. */
  restart(): Promise<void>
  context: () => BrowserContext
  end(): Promise<void>
}

export async function openPhone(locale: string): Promise<Phone> {
  const folder = mkdtempSync(join(tmpdir(), 'pass-phone-'))
  const film = join(folder, 'camera.mjpeg')
  const launch = () =>
    chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: executable(),
      viewport: PHONE,
      locale,
      permissions: ['camera'],
      args: [
        ...FLAGS,
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-video-capture=${film}`,
      ],
    })
  writeFileSync(film, '')
  let context = await launch()
  context.setDefaultTimeout(PATIENCE_MS)
  const phone: Phone = {
    page: await context.newPage(),
    context: () => context,
    async show(code) {
      const picture = await code.screenshot({ type: 'png' })
      const stage = await code.page().context().newPage()
      await stage.setViewportSize({ width: 640, height: 480 })
      await stage.setContent(
        `<body style="margin:0;background:#fff;display:grid;place-items:center;height:480px">
         <img style="height:440px;image-rendering:pixelated" src="data:image/png;base64,${picture.toString('base64')}">`,
      )
      const frame = await stage.screenshot({ type: 'jpeg', quality: 90 })
      await stage.close()
      writeFileSync(film, Buffer.concat(Array.from({ length: 30 }, () => frame)))
    },
    async restart() {
      await context.close()
      context = await launch()
      context.setDefaultTimeout(PATIENCE_MS)
      phone.page = await context.newPage()
    },
    async end() {
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return phone
}

/** A screen as it should be: axe finds nothing, nothing is wider than the screen, and a picture if wanted. */
export async function inspect(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS) {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
  }
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  expect(
    violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) })),
    `axe on ${name}`,
  ).toEqual([])
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(overflow, `${name} is wider than its screen`).toBeLessThanOrEqual(0)
}
