import type { HolderPorts } from '../holder.ts'
import type { Reach } from '../reach.ts'

/**
 * What a server asked to see in the next proof: a DPoP nonce (RFC 9449 section 8) and an attestation challenge
 * (Attestation-Based Client Authentication section 6.2). Remembered so that most requests go through at once; kept per
 * server and not per host, because one host may be several servers with nonces of their own.
 */
type Remembered = { nonce?: string; challenge?: string }

const memories = new WeakMap<HolderPorts, Map<string, Remembered>>()

function memoryOf(server: string, ports: HolderPorts): Remembered {
  let servers = memories.get(ports)
  if (!servers) {
    servers = new Map()
    memories.set(ports, servers)
  }
  let remembered = servers.get(server)
  if (!remembered) {
    remembered = {}
    servers.set(server, remembered)
  }
  return remembered
}

/** A `reach` that remembers what the server's answers ask for. `server` is its identifier. */
export function attentively(server: string, ports: HolderPorts, reach: Reach): Reach {
  return async (url, init, most) => {
    const response = await reach(url, init, most)
    const remembered = memoryOf(server, ports)
    remembered.nonce = response.headers.get('dpop-nonce') ?? remembered.nonce ?? ''
    remembered.challenge =
      response.headers.get('oauth-client-attestation-challenge') ?? remembered.challenge ?? ''
    return response
  }
}

/** The nonce for the next DPoP proof; good until the server gives another. */
export function dpopNonceOf(server: string, ports: HolderPorts): { nonce?: string } {
  const { nonce } = memoryOf(server, ports)
  return nonce ? { nonce } : {}
}

/** The challenge for the next attestation proof. Each is used once: a server may take it only once. */
export function takeChallenge(server: string, ports: HolderPorts): string | undefined {
  const remembered = memoryOf(server, ports)
  const { challenge } = remembered
  remembered.challenge = ''
  return challenge || undefined
}
