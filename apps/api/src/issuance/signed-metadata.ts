import { signJws } from '@pass/credentials'
import type { Context } from '../context.ts'
import type { JsonObject } from '../jose/jws.ts'

/** What wallets ask for with this media type, and get when the issuer has a key. */
export const SIGNED = 'application/jwt'

/** How long a signature is handed out again, and for how long it counts. */
const REUSE_SECONDS = 60
const VALID_SECONDS = 24 * 60 * 60

type Signed = { jwt: string; iat: number; of: string }

/**
 * Signs an issuer's metadata with its credential key (OpenID4VCI 1.0 section 12.2.3, HAIP 1.0 section 4.1): the chain
 * in `x5c` leads to the city's root, which is not in it. Strangers may ask as often as they like: what was signed a
 * moment ago is given again. Answers `undefined` for an agency that has no key at the moment.
 */
export function createMetadataSigner({ agent, clock }: Pick<Context, 'agent' | 'clock'>) {
  const last = new Map<string, Signed>()
  return async (agencyId: string, issuer: string, metadata: JsonObject): Promise<string | undefined> => {
    const key = await agent.agencies.activeKey(agencyId).catch((error: unknown) => {
      if (Object(error).code !== 'unknown_agency') throw error
      return undefined
    })
    if (!key) return undefined
    const iat = Math.floor(clock().getTime() / 1000)
    const of = JSON.stringify([key.didUrl, key.x5c, metadata])
    const known = last.get(agencyId)
    if (known && known.of === of && iat >= known.iat && iat - known.iat < REUSE_SECONDS) return known.jwt
    const header = { typ: 'openidvci-issuer-metadata+jwt', kid: key.didUrl, x5c: key.x5c }
    const payload = { ...metadata, iss: issuer, sub: issuer, iat, exp: iat + VALID_SECONDS }
    const jwt = await signJws(header, payload, agent.signer(key.keyRef))
    last.set(agencyId, { jwt, iat, of })
    return jwt
  }
}
