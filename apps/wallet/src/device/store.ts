import type { Records, StorePort } from '@pass/holder'
import type { Sealed, WalletDatabase } from './database.ts'

const AES = { name: 'AES-GCM', length: 256 }

/**
 * The holder's records, sealed with a key that this browser will not give out. Who copies the files of the
 * database, or exports its rows, gets no claim value. (Who runs code in this page can open them, as we do.)
 */
export async function createSealedStore(db: WalletDatabase, onChange: () => void): Promise<StorePort> {
  const key = await sealingKey(db)

  // The place of a record is authenticated with it: rows cannot be swapped for one another.
  const sealedAt = (kind: string, id: string) => new TextEncoder().encode(JSON.stringify([kind, id]))

  async function seal(kind: string, id: string, value: unknown): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const plain = new TextEncoder().encode(JSON.stringify(value))
    const cipher = { name: 'AES-GCM', iv, additionalData: sealedAt(kind, id) }
    return { iv, data: await crypto.subtle.encrypt(cipher, key, plain) }
  }

  async function open<K extends keyof Records>(
    kind: K,
    id: string,
    { iv, data }: Sealed,
  ): Promise<Records[K]> {
    const cipher = { name: 'AES-GCM', iv, additionalData: sealedAt(kind, id) }
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(cipher, key, data)))
  }

  return {
    async put(kind, id, value) {
      const sealed = await seal(kind, id, value)
      // Strict: on disk before the promise settles, so that a power cut after a receipt loses nothing.
      const transaction = db.transaction('records', 'readwrite', { durability: 'strict' })
      await Promise.all([transaction.store.put(sealed, [kind, id]), transaction.done])
      onChange()
    },
    async get(kind, id) {
      const sealed = await db.get('records', [kind, id])
      return sealed && open(kind, id, sealed)
    },
    async list(kind) {
      const range = IDBKeyRange.bound([kind], [kind, []])
      const transaction = db.transaction('records')
      const [places, sealed] = await Promise.all([
        transaction.store.getAllKeys(range),
        transaction.store.getAll(range),
        transaction.done,
      ])
      const pairs = sealed.flatMap((record, index) => {
        const place = places[index]
        return place ? [{ id: place[1], record }] : []
      })
      return Promise.all(pairs.map(({ id, record }) => open(kind, id, record)))
    },
    async delete(kind, id) {
      await db.delete('records', [kind, id])
      onChange()
    },
  }
}

/** The sealing key, made at first use. Two tabs that start at once agree on whichever was stored first. */
async function sealingKey(db: WalletDatabase): Promise<CryptoKey> {
  const stored = await db.get('seal', 'records')
  if (stored) return stored
  const made = await crypto.subtle.generateKey(AES, false, ['encrypt', 'decrypt'])
  const transaction = db.transaction('seal', 'readwrite')
  const already = await transaction.store.get('records')
  if (!already) await transaction.store.put(made, 'records')
  await transaction.done
  return already ?? made
}
