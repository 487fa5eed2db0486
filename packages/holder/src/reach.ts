import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'

/** The network as the holder uses it: see `createReach`. */
export type Reach = (url: string | URL, init?: RequestInit) => Promise<Response>

const TIMEOUT_MS = 20_000
const LARGEST_BYTES = 4_000_000
/** Answers that may not carry a body (Fetch standard, null body status). */
const BODILESS = new Set([204, 205, 304])

/**
 * A fetch whose answer is whole: a connection that breaks half-way fails here, as `network`, and nowhere else.
 * Sends no cookies and no referrer, follows no redirect with a body in hand, refuses http: unless allowed.
 *
 * @throws HolderError `network`, `insecure_address`, `busy` (429, 503) or `server_error` (other 5xx)
 */
export function createReach(ports: Pick<HolderPorts, 'fetch' | 'allowInsecure'>): Reach {
  return async (url, init = {}) => {
    const target = addressOf(url, ports.allowInsecure ?? false)
    const response = await whole(() =>
      ports.fetch(target, {
        ...init,
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        redirect: init.method?.toUpperCase() === 'POST' ? 'error' : 'follow',
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
  return target
}

async function whole(request: () => Promise<Response>): Promise<Response> {
  try {
    const response = await request()
    const body = await response.arrayBuffer()
    if (body.byteLength > LARGEST_BYTES) throw new RangeError(`${body.byteLength} bytes are too many`)
    const { status, statusText, headers } = response
    return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers })
  } catch (cause) {
    throw new HolderError('network', cause instanceof Error ? cause.message : 'no answer', { cause })
  }
}
