import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'

/** The network as the holder uses it: see `createReach`. `most` is how many bytes an answer may have. */
export type Reach = (url: string | URL, init?: RequestInit, most?: number) => Promise<Response>

/** The largest answer of each kind, in bytes: several times what any honest one has. */
export const LARGEST = {
  /** Tokens, nonces, receipts, and whatever is not named here. */
  answer: 65_536,
  offer: 65_536,
  requestObject: 262_144,
  /** Of an issuer, of an authorization server, of a credential type. */
  metadata: 524_288,
  /** Ten copies, perhaps with a portrait in each. */
  credentials: 4_194_304,
} as const

const TIMEOUT_MS = 20_000
/** Answers that may not carry a body (Fetch standard, null body status). */
const BODILESS = new Set([204, 205, 304])

/**
 * A fetch whose answer is whole: a connection that breaks half-way fails here, as `network`, and nowhere else.
 * Sends no cookies and no referrer, follows no redirect (OpenID4VP 1.0 section 14.5), reads no more than it may, and
 * refuses http: unless allowed.
 *
 * @throws HolderError `network`, `insecure_address`, `too_large`, `busy` (429, 503) or `server_error` (other 5xx)
 */
export function createReach(ports: Pick<HolderPorts, 'fetch' | 'allowInsecure'>): Reach {
  return async (url, init = {}, most = LARGEST.answer) => {
    const target = addressOf(url, ports.allowInsecure ?? false)
    const response = await whole(most, () =>
      ports.fetch(target, {
        ...init,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        redirect: 'error',
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }),
    )
    const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
    const retryAfter = Number.isFinite(wait) ? { retryAfter: wait } : {}
    if (response.status === 429 || response.status === 503) {
      throw new HolderError('busy', `${target.host} answered ${response.status}`, retryAfter)
    }
    if (response.status >= 500) {
      throw new HolderError('server_error', `${target.host} answered ${response.status}`, retryAfter)
    }
    return response
  }
}

/** The address, if it may be visited: https:, or http: when the host allows it. */
export function addressOf(url: string | URL, allowInsecure: boolean): URL {
  let target: URL
  try {
    target = new URL(url)
  } catch (cause) {
    throw new HolderError('insecure_address', 'not an address', { cause })
  }
  if (target.protocol !== 'https:' && !(allowInsecure && target.protocol === 'http:')) {
    throw new HolderError('insecure_address', `refusing to visit a ${target.protocol} address`)
  }
  // fetch refuses these with an error that looks like a broken network.
  if (target.username !== '' || target.password !== '') {
    throw new HolderError('insecure_address', 'refusing an address with a password in it')
  }
  return target
}

async function whole(most: number, request: () => Promise<Response>): Promise<Response> {
  try {
    const response = await request()
    const body = await bodyOf(response, most)
    const { status, statusText, headers } = response
    return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers })
  } catch (cause) {
    if (cause instanceof HolderError) throw cause
    throw new HolderError('network', cause instanceof Error ? cause.message : 'no answer', { cause })
  }
}

/** Reads as it comes, so that an endless answer is not kept until it ends. */
async function bodyOf(response: Response, most: number): Promise<Blob | null> {
  if (!response.body) return null
  const parts: Uint8Array<ArrayBuffer>[] = []
  let length = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Blob(parts)
    length += value.byteLength
    if (length > most) {
      await reader.cancel().catch(() => undefined)
      throw new HolderError('too_large', `more than ${most} bytes`)
    }
    parts.push(value)
  }
}
