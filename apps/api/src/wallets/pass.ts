import { createCountsOnce } from '../access/counts-once.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { decodeJws, isSignedBy, publicJwkIn, thumbprintOf } from '../jose/jws.ts'

/** How long a pass counts after it was made. */
const PASS_SECONDS = 60
/** By how much a phone's clock may run ahead. */
const AHEAD_SECONDS = 60
const MAX_JTI = 200

/**
 * Reads what a wallet shows for a merchant or an organiser to scan: a link that carries a JWS of the wallet's key. It
 * counts once and for a minute: a photograph of somebody's phone is worth nothing.
 * The result answers the thumbprint of the key.
 * @throws Problem `bad_signature`, `code_expired`, `code_used`
 */
export function createPassReader({ clock }: Pick<Context, 'clock'>): (code: string) => string {
  const countsOnce = createCountsOnce({ keepMs: (PASS_SECONDS + AHEAD_SECONDS) * 2000 })
  return (code) => {
    const now = clock().getTime()
    const jws = decodeJws(code.slice(code.indexOf('#') + 1))
    const jwk = jws && publicJwkIn(jws.header['jwk'])
    if (
      !jws ||
      !jwk ||
      jws.header['typ'] !== 'pass+jwt' ||
      jws.header['alg'] !== 'ES256' ||
      'crit' in jws.header
    )
      throw new Problem('bad_signature', 'This code is no pass of a wallet.')
    const { iat, jti } = jws.payload
    if (typeof iat !== 'number' || typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI)
      throw new Problem('bad_signature', 'This code is no pass of a wallet.')
    if (!isSignedBy(jwk, jws))
      throw new Problem('bad_signature', 'The signature of this pass does not match.')
    const age = now / 1000 - iat
    if (age > PASS_SECONDS || age < -AHEAD_SECONDS)
      throw new Problem('code_expired', 'This pass has run out: show it anew.')
    const jkt = thumbprintOf(jwk)
    if (!countsOnce(`${jkt}.${jti}`, now))
      throw new Problem('code_used', 'This pass was scanned already: show it anew.')
    return jkt
  }
}
