import { changes } from '../device/device.ts'
import { fetchReceipts } from './wallet.ts'

/** The city records what it issued within some five seconds: asking sooner is asking twice. */
const SOONEST_MS = 6_000
const LATEST_MS = 120_000

/** Fetches missing receipts while the page is seen and online: soon after a card came, then ever more rarely. */
export function startReceiptsLoop(): () => void {
  let wait = SOONEST_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function round() {
    timer = undefined
    if (document.visibilityState === 'hidden' || !navigator.onLine) return
    const waiting = await fetchReceipts().catch(() => true)
    if (!waiting || stopped) return
    wait = Math.min(wait * 1.5, LATEST_MS)
    timer ??= setTimeout(round, wait)
  }
  function soon() {
    wait = SOONEST_MS
    timer ??= setTimeout(round, wait)
  }
  // What changed may be our own receipt: only a loop that has come to rest is woken by it.
  const stopListening = changes.listen(() => {
    timer ??= setTimeout(round, wait)
  })
  document.addEventListener('visibilitychange', soon)
  window.addEventListener('online', soon)
  soon()
  return () => {
    stopped = true
    clearTimeout(timer)
    stopListening()
    document.removeEventListener('visibilitychange', soon)
    window.removeEventListener('online', soon)
  }
}
