/** Tells the relay that something waits, for those who are made before it. */
export type Bell = {
  ring(): void
  /** One listener, the newest. */
  listen(listener: () => void): void
}

/** A bell that nobody hears yet. */
export function createBell(): Bell {
  let listener = () => {}
  return {
    ring: () => listener(),
    listen: (next) => {
      listener = next
    },
  }
}
