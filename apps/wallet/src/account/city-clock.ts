import type { StorePort } from '@pass/holder'

/** Smaller differences are the way of a message and the whole seconds of its date. */
const TOLERATED_MS = 5_000

/**
 * The time as the city has it. A payment says until when it counts, and a phone whose clock is wrong would say
 * something else; also without a network, so the difference is kept.
 */
export type CityClock = {
  /** Milliseconds since 1970. */
  now(): Promise<number>
  /** Learns from an answer of the city when it was made. */
  learn(cityTime: number): Promise<void>
}

export function createCityClock(store: StorePort, deviceNow: () => number): CityClock {
  let known: number | undefined
  const offset = async (): Promise<number> => {
    if (known !== undefined) return known
    const kept = (await store.get('snapshot', 'clock'))?.body
    known = typeof kept === 'number' ? kept : 0
    return known
  }
  return {
    now: async () => deviceNow() + (await offset()),
    async learn(cityTime) {
      const difference = cityTime - deviceNow()
      if (!Number.isFinite(difference) || Math.abs(difference - (await offset())) <= TOLERATED_MS) return
      known = Math.abs(difference) <= TOLERATED_MS ? 0 : difference
      await store.put('snapshot', 'clock', { at: deviceNow(), body: known })
    },
  }
}
