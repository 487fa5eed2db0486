import { changes } from '../device/device.ts'

export type Loop = {
  /** Does what there is to do; gives whether there is more to come. A failure counts as more to come. */
  round: () => Promise<boolean>
  soonestMs: number
  /** Each round waits half as long again as the one before, up to this. */
  latestMs: number
}

/**
 * Background work while the page is seen and online: soon after something changed, then ever more rarely, at rest when
 * there is nothing to do. Gives how to stop it.
 */
export function startLoop({ round, soonestMs, latestMs }: Loop): () => void {
  let wait = soonestMs
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false

  async function turn() {
    timer = undefined
    if (document.visibilityState === 'hidden' || !navigator.onLine) return
    const more = await round().catch(() => true)
    if (stopped) return
    wait = more ? Math.min(wait * 1.5, latestMs) : soonestMs
    if (!more) return
    timer ??= setTimeout(turn, wait)
  }
  function soon() {
    wait = soonestMs
    timer ??= setTimeout(turn, wait)
  }
  // What changed may be our own doing: only a loop that has come to rest is woken by it.
  const stopListening = changes.listen(() => {
    timer ??= setTimeout(turn, wait)
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
