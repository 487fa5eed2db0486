import { openWalletDatabase, type WalletDatabase } from '../../device/database.ts'
import { createExclusive } from '../../device/exclusive.ts'
import { createDeviceKeys } from '../../device/keys.ts'
import { createSealedStore } from '../../device/store.ts'
import { createCityClock } from '../city-clock.ts'
import type { AccountPorts } from '../ports.ts'

export const ORIGIN = 'https://city.example'
export const DOMAIN = { chainId: 8282, contract: `0x${'c0'.repeat(20)}` as const }

/** A request as the city gets it. */
export type Seen = { method: string; path: string; dpop: string | undefined; body: Record<string, unknown> }
/** What the city says to it; `lost` when the answer does not come through. */
export type Answer = { status?: number; body?: unknown; date?: number } | 'lost'
export type City = (request: Seen) => Answer | undefined

/** A phone with this app's own storage and keys, before a city that answers as the test says. */
export function createPhone(name: string, city: City) {
  const requests: Seen[] = []
  const opened: WalletDatabase[] = []
  let deviceNow = Date.parse('2026-11-21T10:00:00Z')

  const fetchCity: typeof fetch = async (input, init) => {
    const url = new URL(String(input))
    const headers = new Headers(init?.headers)
    const seen: Seen = {
      method: init?.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      dpop: headers.get('dpop') ?? undefined,
      body: typeof init?.body === 'string' ? JSON.parse(init.body) : {},
    }
    requests.push(seen)
    const answer = city(seen) ?? { status: 404, body: { code: 'not_found' } }
    if (answer === 'lost') throw new TypeError('connection lost')
    return new Response(answer.body === undefined ? null : JSON.stringify(answer.body), {
      status: answer.status ?? 200,
      headers: {
        'content-type': 'application/json',
        ...(answer.date === undefined ? {} : { date: new Date(answer.date).toUTCString() }),
      },
    })
  }

  return {
    requests,
    wait(milliseconds: number) {
      deviceNow += milliseconds
    },
    now: () => deviceNow,
    /** A tab of the wallet; another one, or the same after a reload, when called again. */
    async tab(): Promise<AccountPorts> {
      const db = await openWalletDatabase(name, () => undefined)
      opened.push(db)
      const store = await createSealedStore(db, () => undefined)
      const exclusive = createExclusive(name, navigator.locks)
      return {
        keys: createDeviceKeys(db),
        store,
        fetch: fetchCity,
        clock: createCityClock(store, () => deviceNow),
        origin: ORIGIN,
        alone: (work) => exclusive.run(work),
      }
    },
    close() {
      for (const db of opened.splice(0)) db.close()
    },
  }
}

export type Phone = ReturnType<typeof createPhone>

/** A wallet that is connected and has been told its balance. */
export async function connected(phone: Phone, spendable = '5000'): Promise<AccountPorts> {
  const ports = await phone.tab()
  const key = await ports.keys.generate()
  await ports.store.put('account', 'mine', { key, nonce: 0, status: 'open' })
  await ports.store.put('snapshot', 'points', { at: phone.now(), body: balanceOf(spendable) })
  return ports
}

export function balanceOf(spendable: string, lastNonce = 0) {
  return {
    spendable,
    held: '0',
    pending: '0',
    buckets: [{ points: spendable, expiresOn: '2027-12-31' }],
    lastNonce,
    domain: DOMAIN,
    settlementSeconds: 5,
    offline: { most: '30000', perDay: 3 },
  }
}
