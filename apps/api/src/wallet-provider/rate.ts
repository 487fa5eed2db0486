import { Problem } from '../http/problem.ts'

const WINDOW_MS = 60_000
const MOST_KEPT = 100_000

/**
 * Lets each key pass so many times a minute in this process, whatever address it asks from.
 * @param factor multiplies the limit; 0 lifts it
 */
export function createRateByKey({ perMinute, factor }: { perMinute: number; factor: number }) {
  const windows = new Map<string, { until: number; count: number }>()
  const limit = perMinute * factor
  /** @param now milliseconds @throws Problem `too_many_requests` */
  return (jkt: string, now: number): void => {
    if (factor === 0) return
    const kept = windows.get(jkt)
    if (kept && kept.until > now) {
      kept.count += 1
      if (kept.count > limit)
        throw new Problem(
          'too_many_requests',
          'Too many requests from this wallet. Wait a minute and try again.',
        )
      return
    }
    windows.delete(jkt)
    // In the order of their coming: the first ones end first.
    for (const [old, { until }] of windows) {
      if (until > now && windows.size < MOST_KEPT) break
      windows.delete(old)
    }
    windows.set(jkt, { until: now + WINDOW_MS, count: 1 })
  }
}
