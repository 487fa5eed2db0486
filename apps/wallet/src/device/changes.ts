/** Tells every screen, in this tab and in the others, that what is stored has changed. */
export type Changes = { announce(): void; listen(listener: () => void): () => void }

export function createChanges(name: string): Changes {
  const listeners = new Set<() => void>()
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)
  const tell = () => {
    for (const listener of listeners) listener()
  }
  if (channel) channel.onmessage = tell
  return {
    announce() {
      tell()
      channel?.postMessage('changed')
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
