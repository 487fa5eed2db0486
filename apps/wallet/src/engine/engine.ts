// Loaded only when it is needed: the protocols and certificates weigh several times what the screens do.
import { createHolder, type Holder, type Trust } from '@pass/holder'
import { openDevice } from '../device/device.ts'
import { createAttest } from './attest.ts'
import { openAttestPorts } from './attest-ports.ts'

const PATIENCE_MS = 20_000

function patientFetch(callOff: AbortSignal | undefined): typeof fetch {
  return (input, init) => {
    const signals = [AbortSignal.timeout(PATIENCE_MS), callOff, init?.signal].filter(
      (signal) => signal != null,
    )
    return fetch(input, { ...init, signal: AbortSignal.any(signals) })
  }
}

let trusted: Trust | undefined

async function trust(): Promise<Trust> {
  if (trusted) return trusted
  const response = await fetch('/api/trust', { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (!response.ok) throw new Error(`/api/trust answered ${response.status}`)
  trusted = (await response.json()) as Trust
  return trusted
}

/** The wallet's engine on this device's keys and storage. `callOff` ends its requests, for work that may wait. */
export async function createEngine(callOff?: AbortSignal): Promise<Holder> {
  const { keys, store } = await openDevice()
  return createHolder({
    keys,
    store,
    fetch: patientFetch(callOff),
    clock: () => new Date(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    trust,
    attest: createAttest(await openAttestPorts()),
    clientId: `${location.origin}/wallet`,
    // A city on somebody's own machine is served without TLS; any other is not.
    allowInsecure: location.protocol === 'http:',
  })
}
