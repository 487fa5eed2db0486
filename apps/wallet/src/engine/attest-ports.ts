import { openAccount } from '../account/device-ports.ts'
import type { AccountPorts } from '../account/ports.ts'
import { createExclusive } from '../device/exclusive.ts'

// Apart from the lock of the points: a payment must not wait while the city vouches for this wallet.
const exclusive = createExclusive('pass.instance', navigator.locks)

/** What the attestations need of this device: the account's ports, under a lock of their own. */
export async function openAttestPorts(): Promise<AccountPorts> {
  return { ...(await openAccount()), alone: (work) => exclusive.run(work) }
}
