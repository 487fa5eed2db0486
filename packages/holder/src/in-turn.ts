import type { HolderPorts } from './holder.ts'
import type { StoredCredential } from './types.ts'

const queues = new WeakMap<HolderPorts['store'], Promise<unknown>>()

/**
 * Runs one piece of work on the stored credentials after the other: a copy that is being presented must not be
 * replaced meanwhile, nor be taken for a second presentation, nor lose its receipt. Work in turn must not wait for
 * another turn.
 */
export function inTurn<T>(store: HolderPorts['store'], work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(store) ?? Promise.resolve()).then(work)
  queues.set(
    store,
    turn.catch(() => undefined),
  )
  return turn
}

/** Changes a stored credential, in turn. @returns whether the credential was still there */
export function updateCredential(
  store: HolderPorts['store'],
  id: string,
  change: (credential: StoredCredential) => void,
): Promise<boolean> {
  return inTurn(store, async () => {
    const credential = await store.get('credential', id)
    if (!credential) return false
    change(credential)
    await store.put('credential', id, credential)
    return true
  })
}
