import type { KeyPort, StorePort } from '@pass/holder'
import type { CityClock } from './city-clock.ts'

/** What an account needs of its device. */
export type AccountPorts = {
  keys: KeyPort
  store: StorePort
  fetch: typeof fetch
  /** The device's clock corrected by the city's. */
  clock: CityClock
  /** Where the city's endpoints are: scheme, host and port. */
  origin: string
  /** Runs one thing at a time over all tabs: two must not sign with the same number. */
  alone<T>(work: () => Promise<T>): Promise<T>
}
