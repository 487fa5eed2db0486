import type { Sign } from '../crypto-port.ts'
import { signJws } from '../encoding/jws.ts'
import type { StatusBits } from './bitmap.ts'
import { encodeStatusList } from './encode.ts'

export type StatusListTokenOptions = {
  bitmap: Uint8Array
  bits: StatusBits
  /** Where the list is served: `sub`, and `uri` in each credential. */
  uri: string
  /** Seconds. */
  iat: number
  exp: number
  /** For how many seconds a copy may be used before it is fetched again. */
  ttl: number
  /** Base64 DER, leaf first, without the trust anchor. */
  x5c: readonly string[]
  kid?: string
  sign: Sign
}

/** A status list token (Token Status List section 5.1), media type `application/statuslist+jwt`. */
export async function signStatusListToken(options: StatusListTokenOptions): Promise<string> {
  const { bitmap, bits, uri, iat, exp, ttl, x5c, kid, sign } = options
  const header = { typ: 'statuslist+jwt', ...(kid === undefined ? {} : { kid }), x5c }
  const payload = { sub: uri, iat, exp, ttl, status_list: { bits, lst: await encodeStatusList(bitmap) } }
  return signJws(header, payload, sign)
}
