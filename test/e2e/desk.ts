import type { Browser, Page } from 'playwright-core'
import { en } from '../../apps/console/src/text/en.ts'
import { ko } from '../../apps/console/src/text/ko.ts'
import { DESK, PATIENCE_MS } from './browser.ts'

export const DESK_WORDS = { ko, en } as const
export type Language = keyof typeof DESK_WORDS

/** A browser of its own for a member of staff, in their language. */
export async function openDeskPage(browser: Browser, language: Language): Promise<Page> {
  const context = await browser.newContext({ viewport: DESK, locale: language === 'ko' ? 'ko-KR' : 'en-GB' })
  context.setDefaultTimeout(PATIENCE_MS)
  // Only the starting point: a test may change the language, and a reload must keep it.
  await context.addInitScript((chosen) => {
    if (!localStorage.getItem('pass.language')) localStorage.setItem('pass.language', chosen)
  }, language)
  return context.newPage()
}

/** Signs in with a one-time link alone, as a newcomer does on their own machine. */
export async function signInByLink(browser: Browser, link: string, language: Language): Promise<Page> {
  const page = await openDeskPage(browser, language)
  await page.goto(link)
  await page.getByRole('button', { name: DESK_WORDS[language].enrol.local }).click()
  await page.getByRole('button', { name: DESK_WORDS[language].signOut }).waitFor()
  return page
}
