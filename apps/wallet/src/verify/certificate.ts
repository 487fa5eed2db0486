import type { Localized } from '@pass/ui'
import { compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'

/** A key with which an agency signs certificates: GET /api/trust/certificate-keys. */
export type CertificateKey = {
  kid: string
  agency: { id: string; name: Localized }
  jwk: JWK
  /** ISO 8601. */
  validFrom: string
  /** Null while it is in use. */
  validUntil: string | null
}

/** What a certificate of volunteering says. */
export type Facts = {
  certificateNo: string
  name: string
  activity: Localized
  organisation: string
  /** `YYYY-MM-DD`, in Korea. */
  date: string
  minutes: number
  school: boolean
  /** When it was made out, milliseconds since 1970. */
  issuedAt: number
}

export type Verdict =
  | { state: 'genuine'; facts: Facts; agency: Localized }
  /** Not a certificate at all: another code, or cut short. */
  | { state: 'unreadable' }
  /** Signed with a key that is not on the list: a forgery, or a list that is older than the certificate. */
  | { state: 'unknown_key' }
  | { state: 'altered' }
  /** Signed with a key of an agency outside of the time in which that key counted. */
  | { state: 'key_not_valid'; agency: Localized }

/** `typ` of the signed facts. */
const TYPE = 'volunteer-certificate+jwt'
/** Clocks differ by this much, milliseconds. */
const SKEW_MS = 60_000

/**
 * Checks a certificate with keys that are at hand; asks nobody. The keys came from the page's own origin, as the page
 * itself did, so their certificates would prove nothing more to it.
 *
 * @param text the compact JWS, or the address that carries it in its fragment
 */
export async function checkCertificate(text: string, keys: readonly CertificateKey[]): Promise<Verdict> {
  const jws = jwsIn(text)
  if (jws === undefined) return { state: 'unreadable' }
  const header = readHeader(jws)
  if (header?.typ !== TYPE || header.alg !== 'ES256') return { state: 'unreadable' }
  const key = keys.find(({ kid }) => kid === header.kid)
  if (!key) return { state: 'unknown_key' }
  const payload = await signedPayload(jws, key.jwk)
  if (payload === undefined) return { state: 'altered' }
  const facts = factsOf(payload)
  if (!facts) return { state: 'unreadable' }
  const early = facts.issuedAt + SKEW_MS < Date.parse(key.validFrom)
  const late = key.validUntil !== null && facts.issuedAt > Date.parse(key.validUntil)
  if (early || late) return { state: 'key_not_valid', agency: key.agency.name }
  return { state: 'genuine', facts, agency: key.agency.name }
}

/** The certificate in what was scanned, opened or pasted; white space in it is where a line was broken. */
export function jwsIn(text: string): string | undefined {
  return /(?:^|#)([\w-]+\.[\w-]+\.[\w-]+)$/.exec(text.replace(/\s+/g, ''))?.[1]
}

function readHeader(jws: string) {
  try {
    return decodeProtectedHeader(jws)
  } catch {
    return undefined
  }
}

async function signedPayload(jws: string, jwk: JWK): Promise<unknown> {
  try {
    const { payload } = await compactVerify(jws, await importJWK(jwk, 'ES256'), { algorithms: ['ES256'] })
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}

/** The facts, when all of them are there in their form: half a certificate is none. */
function factsOf(payload: unknown): Facts | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  const { certificateNo, name, activity, organisation, date, minutes, school, iat } = payload as Record<
    string,
    unknown
  >
  const complete =
    isText(certificateNo) &&
    isText(name) &&
    isLocalized(activity) &&
    isText(organisation) &&
    isText(date) &&
    /^\d{4}-\d\d-\d\d$/.test(date) &&
    isCount(minutes) &&
    typeof school === 'boolean' &&
    isCount(iat)
  if (!complete) return undefined
  return { certificateNo, name, activity, organisation, date, minutes, school, issuedAt: iat * 1000 }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isLocalized = (value: unknown): value is Localized =>
  typeof value === 'object' &&
  value !== null &&
  isText((value as Localized).ko) &&
  isText((value as Localized).en)
