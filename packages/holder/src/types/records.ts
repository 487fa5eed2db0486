/** Everything that is stored. */

import type { AccountRecord, ActivityEntry, InstanceRecord, PaymentRecord, Snapshot } from './device.ts'
import type { PendingIssuance } from './issuance.ts'
import type { StoredCredential } from './stored.ts'

/** What the holder keeps. All of it is plain JSON. */
export type Records = {
  credential: StoredCredential
  pending: PendingIssuance
  activity: ActivityEntry
  /** The key of points; the one record is `mine`. */
  account: AccountRecord
  /** Payments that this device signed, by request or attempt. */
  payment: PaymentRecord
  /** What the city last answered, to be shown without a network. */
  snapshot: Snapshot
  /** What vouches for this wallet; kept by the host, the one record is `mine`. */
  instance: InstanceRecord
}

/** Storage that survives a restart; the host encrypts it. `get` of something absent gives undefined. */
export type StorePort = {
  put<K extends keyof Records>(kind: K, id: string, value: Records[K]): Promise<void>
  get<K extends keyof Records>(kind: K, id: string): Promise<Records[K] | undefined>
  list<K extends keyof Records>(kind: K): Promise<Records[K][]>
  delete(kind: keyof Records, id: string): Promise<void>
}
