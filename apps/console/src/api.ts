/** A refusal of the API: RFC 9457 with a stable `code`; `offline` when nothing answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly status: number
  /** What exactly is wrong, where the API knows it better than the code tells. */
  readonly reason: Localized | undefined

  constructor(code: string, status: number, detail: string, reason?: Localized) {
    super(`${code}: ${detail}`)
    this.code = code
    this.status = status
    this.reason = reason
  }
}

const unauthenticated = new EventTarget()

/** Calls `listener` whenever the API says that nobody is signed in any more; answers how to stop. */
export function onUnauthenticated(listener: () => void): () => void {
  unauthenticated.addEventListener('ended', listener)
  return () => unauthenticated.removeEventListener('ended', listener)
}

/**
 * Calls the API as the member of staff who is signed in.
 * @throws ApiError for every answer but 2xx, and when there is none.
 */
export async function call<Answer>(
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const isFile = body instanceof Blob
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      // The header no foreign page can send: writes by cookie need it.
      headers: {
        'x-requested-with': 'pass',
        ...headers,
        ...(body === undefined ? {} : { 'content-type': isFile ? 'text/csv' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    })
  } catch {
    throw new ApiError('offline', 0, '')
  }
  const text = await response.text()
  const answer: unknown = text === '' ? undefined : parse(text)
  if (response.ok) return answer as Answer
  const problem = (answer ?? {}) as { code?: string; detail?: string; message?: Localized }
  // The session's own addresses answer this for reasons of their own.
  if (problem.code === 'unauthenticated' && !path.startsWith('/api/session'))
    unauthenticated.dispatchEvent(new Event('ended'))
  throw new ApiError(problem.code ?? 'internal', response.status, problem.detail ?? '', problem.message)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Localized = { ko: string; en: string }
export type Page<Item> = { items: Item[]; nextCursor: string | null }

export type Role = 'officer' | 'verifier' | 'operator' | 'organiser' | 'merchant' | 'programme'
type Named = { id: string; name: Localized }

export type Session = {
  name: string
  role: Role
  /** What one acts for: exactly the one that the role has. */
  agency: Named | null
  verifier: Named | null
  organisation: Named | null
  payee: Named | null
  programme: Named | null
  /** Signed in by a link while the city runs on localhost. */
  local: boolean
}

export type Resident = {
  id: string
  registerNo: string
  nameKo: string
  nameEn: string
  birthDate: string
  districtCode: string
  neighbourhoodCode: string
  residentSince: string
}

export type District = {
  code: string
  name: Localized
  neighbourhoods: { code: string; name: Localized }[]
}

export type Agency = { id: string; name: Localized; types: string[] }
export type CredentialType = {
  id: string
  name: Localized
  description: Localized
  /** Whether a citizen can get it by signing in. */
  signIn: boolean
}

export type Template = {
  id: string
  name: Localized
  purpose: Localized
  params?: Record<string, { kind: string }>
}

export type Offer = {
  id: string
  offerUri: string
  walletLink: string
  /** None when the citizen signs in. */
  txCode?: string
  expiresAt: string
}
export type OfferState = { id: string; state: 'open' | 'redeemed' | 'issued' | 'expired' | 'locked' }

export type CredentialRow = {
  id: string
  type: string
  subject: { id: string; name: string }
  status: 'valid' | 'suspended' | 'revoked'
  statusReason: string | null
  issuedAt: string
  expiresAt: string
  copies: number
  anchored: number
}

export type ImportPreview = {
  id: string
  added: number
  changed: number
  unchanged: number
  /** The first twenty that are right. */
  rows: Omit<Resident, 'id'>[]
  errorCount: number
  /** The first five hundred. */
  errors: { row: number; column: string; message: Localized }[]
}

export type VerificationStart = { id: string; requestUri: string; walletLink: string; expiresAt: string }

export type Check = {
  credential: string
  check: string
  result: 'passed' | 'failed' | 'absent'
  code?: string
}
export type Verification = {
  id: string
  state: 'created' | 'fetched' | 'answered' | 'accepted' | 'refused' | 'expired'
  refusal: string | null
  checks: Check[]
  claims: Record<string, unknown> | null
  claimsDropped: boolean
  /** What the citizen was asked to confirm. */
  transactions: { type: string; text: Localized }[]
}
