import type { KeyPort, StorePort } from '@pass/holder'
import { createChanges } from './changes.ts'
import { openWalletDatabase, type WalletDatabase } from './database.ts'
import { createExclusive } from './exclusive.ts'
import { createDeviceKeys } from './keys.ts'
import { createSealedStore } from './store.ts'

const NAME = 'pass.wallet'

export const changes = createChanges(NAME)
export const exclusive = createExclusive(NAME, navigator.locks)

export type Device = { keys: KeyPort; store: StorePort }

let opened: Promise<{ db: WalletDatabase; device: Device }> | undefined

function openOnce() {
  const forget = () => {
    opened = undefined
  }
  opened ??= openWalletDatabase(NAME, forget).then(async (db) => ({
    db,
    device: { keys: createDeviceKeys(db), store: await createSealedStore(db, changes.announce) },
  }))
  opened.catch(forget)
  return opened
}

/** Keys and storage of this device; opened at first use. */
export async function openDevice(): Promise<Device> {
  return (await openOnce()).device
}

/** Empties this device: cards, keys and records. There is no way back. */
export async function eraseDevice(): Promise<void> {
  const { db } = await openOnce()
  // The sealing key stays: another tab may be holding it, and would seal under a key that is gone.
  const transaction = db.transaction(['keys', 'records'], 'readwrite', { durability: 'strict' })
  await Promise.all([
    transaction.objectStore('keys').clear(),
    transaction.objectStore('records').clear(),
    transaction.done,
  ])
  changes.announce()
}

/** Whether the browser promised not to clear this site's data by itself. */
export async function isPersisted(): Promise<boolean> {
  return (await navigator.storage?.persisted?.()) ?? false
}

/** Asks the browser for that promise; most decide without asking the person. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false
}
