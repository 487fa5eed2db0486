import { bindInstance } from '../engine/attest.ts'
import { openAttestPorts } from '../engine/attest-ports.ts'
import { settleOpen } from '../points/payments.ts'
import { refreshAccount } from './account.ts'
import { openAccount } from './device-ports.ts'
import { receiveInbox } from './inbox.ts'

/** What a connected wallet does by itself: hears how its account stands and what became of payments, receives cards. */
export async function lookAround(): Promise<void> {
  const ports = await openAccount()
  const account = await refreshAccount(ports)
  if (account?.status !== 'open') return
  await settleOpen(ports).catch(() => undefined)
  await bindInstance(await openAttestPorts()).catch(() => undefined)
  await receiveInbox()
}
