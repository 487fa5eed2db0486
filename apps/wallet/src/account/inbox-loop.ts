import { openDevice } from '../device/device.ts'

const EVERY_MS = 30_000

/**
 * Looks for new cards, for the outcome of payments and for whoever takes the points, while the page is seen and online. A wallet that was never
 * connected loads nothing for it.
 */
export function startInboxLoop(): () => void {
  let running = false

  async function round() {
    if (running || document.visibilityState === 'hidden' || !navigator.onLine) return
    running = true
    try {
      const account = await (await openDevice()).store.get('account', 'mine')
      if (account?.status !== 'open' && account?.status !== 'waiting') return
      const { lookAround } = await import('./look-around.ts')
      await lookAround()
    } catch {
      // The next round asks again.
    } finally {
      running = false
    }
  }
  const again = () => void round()
  const timer = setInterval(again, EVERY_MS)
  document.addEventListener('visibilitychange', again)
  window.addEventListener('online', again)
  again()
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', again)
    window.removeEventListener('online', again)
  }
}
