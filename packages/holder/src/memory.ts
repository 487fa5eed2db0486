import { HolderError } from './error.ts'
import type { KeyPort, PublicJwk, Records, StorePort } from './types.ts'

/** Keys held by WebCrypto in this process, not extractable: for tests, benchmarks and machines. */
export function createMemoryKeys(): KeyPort {
  const keys = new Map<string, CryptoKey>()
  return {
    async generate() {
      const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
        'sign',
        'verify',
      ])
      const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
      if (x === undefined || y === undefined) throw new TypeError('WebCrypto exported no P-256 point')
      const id = crypto.randomUUID()
      keys.set(id, pair.privateKey)
      return { id, publicJwk: { kty: 'EC', crv: 'P-256', x, y } satisfies PublicJwk }
    },
    async sign(id, data) {
      const key = keys.get(id)
      if (!key) throw new HolderError('not_found', `no key ${id}`)
      const bytes = new Uint8Array(data)
      return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes))
    },
    async remove(id) {
      keys.delete(id)
    },
  }
}

/** A store that lives as long as this process. What comes out is a copy, as from a database. */
export function createMemoryStore(): StorePort {
  const tables: { [K in keyof Records]: Map<string, Records[K]> } = {
    credential: new Map(),
    pending: new Map(),
    activity: new Map(),
    account: new Map(),
    payment: new Map(),
    snapshot: new Map(),
    instance: new Map(),
  }
  return {
    async put(kind, id, value) {
      tables[kind].set(id, structuredClone(value))
    },
    async get(kind, id) {
      return structuredClone(tables[kind].get(id))
    },
    async list(kind) {
      return structuredClone([...tables[kind].values()])
    },
    async delete(kind, id) {
      tables[kind].delete(id)
    },
  }
}
