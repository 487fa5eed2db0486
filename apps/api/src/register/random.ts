/** A small repeatable source of randomness for sample data; never for a secret. */
export type SeededRandom = {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number
  pick<T>(items: readonly T[]): T
  /** An item with a chance in proportion to its weight. */
  weighted<T>(items: readonly T[], weightOf: (item: T) => number): T
}

/** The same seed gives the same sequence everywhere (mulberry32 over an FNV-1a hash of the seed). */
export function seededRandom(seed: string): SeededRandom {
  let state = 2166136261
  for (const character of seed) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    below,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    weighted: <T>(items: readonly T[], weightOf: (item: T) => number) => {
      let rest = next() * items.reduce((sum, item) => sum + weightOf(item), 0)
      for (const item of items) {
        rest -= weightOf(item)
        if (rest < 0) return item
      }
      return items[items.length - 1] as T
    },
  }
}
