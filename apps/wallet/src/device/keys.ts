import type { KeyPort } from '@pass/holder'
import type { WalletDatabase } from './database.ts'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' }

/** Keys that WebCrypto made and will not give out; the database holds handles to them, never their bytes. */
export function createDeviceKeys(db: WalletDatabase): KeyPort {
  return {
    async generate() {
      const pair = await crypto.subtle.generateKey(P256, false, ['sign', 'verify'])
      const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
      if (x === undefined || y === undefined) throw new TypeError('WebCrypto exported no P-256 point')
      const id = crypto.randomUUID()
      await db.put('keys', pair.privateKey, id)
      return { id, publicJwk: { kty: 'EC', crv: 'P-256', x, y } }
    },
    async sign(id, data) {
      const key = await db.get('keys', id)
      if (!key) throw new Error(`This device has no key ${id}`)
      const signature = await crypto.subtle.sign(
        { name: 'ECDSA', hash: 'SHA-256' },
        key,
        new Uint8Array(data),
      )
      return new Uint8Array(signature)
    },
    async remove(id) {
      await db.delete('keys', id)
    },
  }
}
