import { openDevice } from '../device/device.ts'
import { createExclusive } from '../device/exclusive.ts'
import { createCityClock } from './city-clock.ts'
import type { AccountPorts } from './ports.ts'

// Apart from the lock of the cards: a payment must not wait for a card that is on its way.
const exclusive = createExclusive('pass.points', navigator.locks)

let opened: Promise<AccountPorts> | undefined

/** The account's ports on this device; opened at first use. */
export function openAccount(): Promise<AccountPorts> {
  opened ??= openDevice().then(({ keys, store }) => ({
    keys,
    store,
    fetch: (input, init) => fetch(input, init),
    clock: createCityClock(store, Date.now),
    origin: location.origin,
    alone: (work) => exclusive.run(work),
  }))
  opened.catch(() => {
    opened = undefined
  })
  return opened
}
