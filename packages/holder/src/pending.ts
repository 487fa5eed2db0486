import type { HolderPorts } from './holder.ts'
import type { PendingIssuance } from './types.ts'

/** An offer that was opened, or a sign-in that was begun, and never authorized is forgotten after this long. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000

/** Issuances that wait to be finished, oldest first. Those that were begun and left are cleared away on the way. */
export async function listPending(ports: HolderPorts): Promise<PendingIssuance[]> {
  const all = await ports.store.list('pending')
  const forgotten = ports.clock().getTime() - FORGOTTEN_AFTER_MS
  const listed: PendingIssuance[] = []
  for (const stored of all) {
    const pending = withState(stored)
    // All of it has come, and the page was closed before this was noted.
    const over = pending.configurations.length === 0
    if (over || (pending.accessToken === undefined && pending.startedAt < forgotten))
      await drop(pending, ports)
    else if (pending.state !== 'begun') listed.push(pending)
  }
  return listed.sort((a, b) => a.startedAt - b.startedAt)
}

/** What an earlier version of the wallet kept has no state: it knew only codes, and tokens when it had them. */
function withState(stored: Omit<PendingIssuance, 'state'> & Partial<PendingIssuance>): PendingIssuance {
  const { state = stored.accessToken === undefined ? 'begun' : 'authorized' } = stored
  return { ...stored, state }
}

/** Forgets an issuance and the keys it has left. */
export async function drop(pending: PendingIssuance, ports: HolderPorts): Promise<void> {
  await ports.store.delete('pending', pending.id)
  await removeTokenKey(pending.dpopKey.id, ports)
  const keys = pending.configurations.flatMap(({ copyKeys }) => copyKeys)
  await Promise.all(keys.map(({ id }) => ports.keys.remove(id)))
}

/** Removes a key that tokens are bound to, unless a credential is renewed by it still. */
export async function removeTokenKey(keyId: string, ports: HolderPorts): Promise<void> {
  const credentials = await ports.store.list('credential')
  const issuances = await ports.store.list('pending')
  const used =
    credentials.some(({ renewal }) => renewal?.dpopKey.id === keyId) ||
    issuances.some(({ dpopKey }) => dpopKey.id === keyId)
  if (!used) await ports.keys.remove(keyId)
}
