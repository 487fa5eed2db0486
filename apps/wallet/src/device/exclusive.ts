export type LockManagerPort = Pick<LockManager, 'request'>

/**
 * Runs one thing at a time over all tabs of this wallet: what the engine does is read, network, write, and
 * two tabs doing it at once would present the same copy twice or store over each other.
 */
export function createExclusive(name: string, locks: LockManagerPort | undefined) {
  // Browsers without Web Locks are older than three years; there, at least this tab keeps its order.
  let tail: Promise<unknown> = Promise.resolve()
  return {
    run<T>(work: () => Promise<T>): Promise<T> {
      if (locks) return locks.request(name, work) as Promise<T>
      const next = tail.then(work, work)
      tail = next.catch(() => undefined)
      return next
    },
    /** Runs the work only if nothing else is under way; gives whether it ran. */
    async runIfFree(work: () => Promise<unknown>): Promise<boolean> {
      if (!locks) {
        await this.run(work)
        return true
      }
      return locks.request(name, { ifAvailable: true }, async (lock) => {
        if (lock) await work()
        return lock !== null
      })
    },
  }
}
