import type { Sign } from '../crypto-port.ts'
import { signJws } from '../encoding/jws.ts'
import { REGISTRATION_TYP, type VerifierRegistration } from './registration.ts'

/** Signs a registration with the city authority's key; `x5c` is its certificate chain without the trust anchor. */
export function signVerifierRegistration(
  registration: VerifierRegistration,
  { x5c, sign }: { x5c: readonly string[]; sign: Sign },
): Promise<string> {
  return signJws({ typ: REGISTRATION_TYP, x5c }, registration, sign)
}
