import type { PublicJwk } from '@pass/credentials'
import { type ResponseKey, responseKeyOf } from '../jose/jwe.ts'
import { thumbprintOf } from '../jose/jws.ts'

/** The public half, as it stands in the issuer's metadata (OpenID4VCI 1.0 section 12.2.4). */
export type RequestJwk = PublicJwk & { kid: string; alg: 'ECDH-ES'; use: 'enc' }

/** The keys to which wallets encrypt their requests to an issuer. */
export type RequestKeys = {
  /** What the metadata names now. */
  current(agencyId: string): RequestJwk
  /** The private key that goes by this `kid`, while it counts. */
  find(agencyId: string, kid: unknown): Uint8Array | undefined
}

/** A key is in the metadata for a week, and counts for another. */
const PERIOD_MS = 7 * 86_400_000

type Key = ResponseKey & { kid: string }

/**
 * The keys follow from the master key, the issuer and the week: all processes have the same ones, nothing is stored,
 * and they replace themselves. What was recorded beneath TLS opens to whoever gets the master key, who could then
 * also issue; answers are encrypted to keys of the wallet alone.
 */
export function createRequestKeys({
  mac,
  clock,
}: {
  /** HMAC in hex. */
  mac: (data: string) => string
  clock: () => Date
}): RequestKeys {
  const known = new Map<string, Key>()

  const derive = (agencyId: string, period: number): Key => {
    // One HMAC in 2^32 is no scalar of P-256; then the next one is taken.
    for (let attempt = 0; attempt < 8; attempt++) {
      try {
        const pair = responseKeyOf(Buffer.from(mac(`${agencyId}.${period}.${attempt}`), 'hex'))
        return { ...pair, kid: thumbprintOf(pair.publicJwk) }
      } catch {
        // Not below the order of the curve.
      }
    }
    throw new Error('no key can be derived')
  }

  const keyOf = (agencyId: string, period: number): Key => {
    const name = `${agencyId}.${period}`
    const key = known.get(name) ?? derive(agencyId, period)
    // Three a week for each of a few agencies; what is over is not looked up any more.
    if (!known.has(name) && known.size >= 1000) known.clear()
    known.set(name, key)
    return key
  }

  const now = () => Math.floor(clock().getTime() / PERIOD_MS)

  return {
    current: (agencyId) => {
      const { publicJwk, kid } = keyOf(agencyId, now())
      return { ...publicJwk, kid, alg: 'ECDH-ES', use: 'enc' }
    },
    find: (agencyId, kid) => {
      const period = now()
      // The one to come also counts: another process's clock may run a little ahead of ours.
      return [period, period - 1, period + 1]
        .map((each) => keyOf(agencyId, each))
        .find((key) => key.kid === kid)?.privateKey
    },
  }
}
