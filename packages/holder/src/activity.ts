import { toBase64url } from './encoding.ts'
import type { HolderPorts } from './holder.ts'
import type { ActivityEntry } from './types.ts'

/** A new identifier, unguessable. */
export function newId(ports: Pick<HolderPorts, 'random'>): string {
  return toBase64url(ports.random(16))
}

/** Notes what happened. Failing to note it must not undo what happened, so this never throws. */
export async function note(ports: HolderPorts, entry: Omit<ActivityEntry, 'id' | 'at'>): Promise<void> {
  const id = newId(ports)
  try {
    await ports.store.put('activity', id, { ...entry, id, at: ports.clock().getTime() })
  } catch {
    // The store is full or closed; the act itself went through.
  }
}
