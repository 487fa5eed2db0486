import type { HolderPorts } from './holder.ts'
import type { PendingIssuance } from './types.ts'

/** An offer that was opened and never authorized is forgotten after this long. */
const FORGOTTEN_AFTER_MS = 24 * 60 * 60 * 1000

/** Issuances that wait to be finished, oldest first. Those that were begun and left are cleared away on the way. */
export async function listPending(ports: HolderPorts): Promise<PendingIssuance[]> {
  const all = await ports.store.list('pending')
  const forgotten = ports.clock().getTime() - FORGOTTEN_AFTER_MS
  for (const pending of all) {
    if (pending.accessToken === undefined && pending.startedAt < forgotten) await drop(pending, ports)
  }
  return all.filter(({ accessToken }) => accessToken !== undefined).sort((a, b) => a.startedAt - b.startedAt)
}

/** Forgets an issuance and the keys it has left. */
export async function drop(pending: PendingIssuance, ports: HolderPorts): Promise<void> {
  await ports.store.delete('pending', pending.id)
  const keys = [pending.dpopKey, ...pending.configurations.flatMap(({ copyKeys }) => copyKeys)]
  await Promise.all(keys.map(({ id }) => ports.keys.remove(id)))
}
