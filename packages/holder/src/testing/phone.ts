import { createHolder, createMemoryKeys, createMemoryStore, type Holder, type HolderPorts } from '../index.ts'
import type { KeyPort, StorePort, Trust } from '../types.ts'

export const CITY = 'https://pass.example'

/** A wallet with its storage, and what it did with it. */
export type Phone = {
  holder: Holder
  ports: HolderPorts
  keys: KeyPort
  store: StorePort
  /** Keys that exist now. */
  keyIds: Set<string>
  /** Addresses asked, in order. */
  requests: string[]
  /** Milliseconds that its clock is ahead. */
  ahead: number
  /** The same phone after the page was closed. */
  restarted(): Holder
}

/** A phone that trusts these roots. `attestedBy` gets its keys, so that a test provider can vouch for them. */
export function createPhone(
  trust: Trust,
  {
    attestedBy,
    ...more
  }: Partial<HolderPorts> & { attestedBy?: (keys: KeyPort) => HolderPorts['attest'] } = {},
): Phone {
  const memory = createMemoryKeys()
  const keyIds = new Set<string>()
  const keys: KeyPort = {
    ...memory,
    async generate() {
      const key = await memory.generate()
      keyIds.add(key.id)
      return key
    },
    async remove(id) {
      keyIds.delete(id)
      await memory.remove(id)
    },
  }
  const attest = attestedBy?.(memory)
  const phone: Phone = {
    keys,
    store: createMemoryStore(),
    keyIds,
    requests: [],
    ahead: 0,
    get ports(): HolderPorts {
      return ports
    },
    get holder(): Holder {
      return holder
    },
    restarted: () => createHolder({ ...ports }),
  }
  const ports: HolderPorts = {
    keys,
    store: phone.store,
    fetch: (input, init) => {
      phone.requests.push(String(input))
      return fetch(input, init)
    },
    clock: () => new Date(Date.now() + phone.ahead),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust: async () => trust,
    allowInsecure: true,
    ...(attest ? { attest } : {}),
    ...more,
  }
  const holder = createHolder(ports)
  return phone
}

/** What a browser does with a sign-in whose person agrees at once: gives the address that it comes back to. */
export async function browse(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' })
  const location = response.headers.get('location')
  if (!location) throw new Error(`the server answered ${response.status}: ${await response.text()}`)
  return location
}
