import type { HolderPorts } from './holder.ts'
import type { StoredCredential } from './types.ts'

const queues = new WeakMap<HolderPorts['store'], Promise<unknown>>()

/**
 * Changes a stored credential, one change after the other: a receipt that arrives while a copy is being presented
 * must not undo the note that the copy was used.
 *
 * @returns whether the credential was still there
 */
export function updateCredential(
  store: HolderPorts['store'],
  id: string,
  change: (credential: StoredCredential) => void,
): Promise<boolean> {
  const turn = (queues.get(store) ?? Promise.resolve()).then(async () => {
    const credential = await store.get('credential', id)
    if (!credential) return false
    change(credential)
    await store.put('credential', id, credential)
    return true
  })
  queues.set(
    store,
    turn.catch(() => undefined),
  )
  return turn
}
