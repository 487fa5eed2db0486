import { ApiError, call, type Verification, type VerificationStart } from '../api.ts'

/** What the desk asks: a template of the city with its parameters. */
export type Question = { template: string; params?: { district: string } }

const AWAY = 'pass.desk.away'
/** Where the browser comes back to; only what follows the `#` is ever secret. */
const RETURN_PATH = '/console/desk/return'

/** Asks so that any phone can answer. */
export const askByCode = (question: Question): Promise<VerificationStart> =>
  call('POST', '/api/verifications', question)

/**
 * Asks so that this browser comes back with the answer, and gives the address to leave for. Which request it was stays
 * in this browser: an answer to it counts nowhere else (OpenID4VP 1.0 section 14.2).
 */
export async function askOnThisDevice(question: Question): Promise<string> {
  const { id, walletLink } = await call<VerificationStart>('POST', '/api/verifications', {
    ...question,
    redirectUri: location.origin + RETURN_PATH,
  })
  // Not the session's storage: another maker's wallet may open the address in a new tab.
  localStorage.setItem(AWAY, id)
  return walletLink
}

/**
 * Takes the code that the browser came back with, and at once out of the address, so that nobody finds it in the
 * history.
 * @throws ApiError `returned_elsewhere` when this browser has asked nothing
 */
export async function takeReturn(): Promise<Verification> {
  const code = new URLSearchParams(location.hash.slice(1)).get('response_code')
  const id = localStorage.getItem(AWAY)
  history.replaceState(history.state, '', location.pathname)
  localStorage.removeItem(AWAY)
  if (!code || !id) throw new ApiError('returned_elsewhere', 0, '')
  return call('POST', `/api/verifications/${id}/return`, { response_code: code })
}

type BrowserStart = { id: string; digitalCredentialRequest: { protocol: string; data: unknown } }
type DigitalCredentials = {
  get(options: {
    mediation: 'required'
    digital: { requests: unknown[] }
  }): Promise<{ data?: unknown } | null>
}
declare const DigitalCredential: { userAgentAllowsProtocol?: (protocol: string) => boolean } | undefined

const PROTOCOL = 'openid4vp-v1-signed'

/** Whether this browser can ask a wallet on the device itself (Digital Credentials API). */
export function hasBrowserWallets(): boolean {
  if (typeof DigitalCredential === 'undefined') return false
  return DigitalCredential.userAgentAllowsProtocol?.(PROTOCOL) ?? true
}

/**
 * Asks a wallet through the browser (OpenID4VP 1.0 appendix A) and gives the result.
 * @throws ApiError `browser_wallet` when the wallet or the citizen gave nothing
 */
export async function askBrowserWallet(question: Question): Promise<Verification> {
  const { origin } = location
  const { id, digitalCredentialRequest } = await call<BrowserStart>('POST', '/api/verifications', {
    ...question,
    channel: 'dc_api',
    origins: [origin],
  })
  const credentials = navigator.credentials as unknown as DigitalCredentials
  const credential = await credentials
    .get({ mediation: 'required', digital: { requests: [digitalCredentialRequest] } })
    .catch(() => null)
  const { response, error } = answerIn(credential?.data)
  if (typeof response === 'string')
    return call('POST', `/api/verifications/${id}/dc-api`, { origin, response })
  if (typeof error === 'string') return call('POST', `/api/verifications/${id}/dc-api`, { origin, error })
  throw new ApiError('browser_wallet', 0, '')
}

/** Browsers gave it as text before they gave it as an object. */
function answerIn(data: unknown): { response?: unknown; error?: unknown } {
  try {
    return Object(typeof data === 'string' ? JSON.parse(data) : data)
  } catch {
    return {}
  }
}
