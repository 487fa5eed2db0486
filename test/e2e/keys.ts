import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

/** More stops than any screen has. */
const STOPS = 60

/** Where the focus is, and whether one can see it. */
type Focus = { where: string; ring: boolean }

function focusOf(page: Page): Promise<Focus | null> {
  return page.evaluate(() => {
    const element = document.activeElement
    if (!element || element === document.body) return null
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const box = element.getBoundingClientRect()
    return {
      where: `${element.tagName.toLowerCase()} ${element.textContent?.trim().slice(0, 40) ?? ''}`,
      ring:
        outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && box.width > 0 && box.height > 0,
    }
  })
}

/** Walks with Tab (or back with Shift+Tab) until the focus is there; every stop on the way must show itself. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor()
  for (let stop = 0; stop < STOPS; stop++) {
    await page.keyboard.press(key)
    const focus = await focusOf(page)
    // After the last stop a browser goes to its own bar, and from there back to the start.
    if (focus) expect(focus, 'the focus must be seen').toMatchObject({ ring: true })
    if (await target.evaluate((element) => element === document.activeElement)) return
  }
  throw new Error(`${target} cannot be reached by ${key}`)
}

/** Walks there and presses it. */
export async function press(page: Page, target: Locator, key: 'Enter' | 'Space' = 'Enter'): Promise<void> {
  await tabTo(page, target)
  await page.keyboard.press(key)
}

/** A new page or step came by keyboard: the focus is in it, and not lost to the body. */
export async function expectFocusKept(page: Page): Promise<void> {
  await expect.poll(() => focusOf(page), { message: 'the focus was lost', timeout: 5000 }).not.toBeNull()
}
