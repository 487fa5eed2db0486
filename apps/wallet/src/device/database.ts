import { type DBSchema, type IDBPDatabase, openDB } from 'idb'

/** One record, unreadable without the sealing key. */
export type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer }

interface Schema extends DBSchema {
  /** The one AES-GCM key that seals the records; not extractable. */
  seal: { key: 'records'; value: CryptoKey }
  /** P-256 private keys; not extractable. */
  keys: { key: string; value: CryptoKey }
  /** What the holder keeps, by kind and id. */
  records: { key: [kind: string, id: string]; value: Sealed }
}

export type WalletDatabase = IDBPDatabase<Schema>

/** Opens the database of this device. `onGone` is called when another tab needs it gone or the browser took it. */
export async function openWalletDatabase(name: string, onGone: () => void): Promise<WalletDatabase> {
  const db = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('seal')
      fresh.createObjectStore('keys')
      fresh.createObjectStore('records')
    },
    blocking() {
      db.close()
      onGone()
    },
    terminated: onGone,
  })
  return db
}
