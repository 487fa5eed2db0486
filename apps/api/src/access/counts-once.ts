/**
 * Lets each name pass once for as long as it is remembered, in this process: what is done twice elsewhere must be
 * harmless all the same. When it is full, the oldest is forgotten first.
 */
export function createCountsOnce({ keepMs, most = 200_000 }: { keepMs: number; most?: number }) {
  const seen = new Map<string, number>()
  /** @param now milliseconds since 1970 */
  return (name: string, now: number): boolean => {
    if (seen.has(name)) return false
    // In the order of their coming: the first ones are the oldest.
    for (const [old, at] of seen) {
      if (at > now - keepMs && seen.size < most) break
      seen.delete(old)
    }
    seen.set(name, now)
    return true
  }
}
