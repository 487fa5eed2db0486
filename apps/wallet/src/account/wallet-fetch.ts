import type { HeldKey } from '@pass/holder'
import { dpopProof } from '@pass/holder/wallet-key'
import { ApiError } from './api-error.ts'
import type { AccountPorts } from './ports.ts'

const PATIENCE_MS = 8_000

export type WalletRequest = {
  method?: 'GET' | 'POST'
  /** JSON. */
  body?: unknown
  /** Signs the request: whose account it is about. */
  key?: HeldKey
  patienceMs?: number
}

/**
 * Asks the city, as this wallet when a key is given. A device whose clock is far off is told the time by the city
 * and asks again with that.
 *
 * @param path with its query
 * @throws ApiError
 */
export async function walletFetch<T>(
  ports: AccountPorts,
  path: string,
  request: WalletRequest = {},
): Promise<T> {
  try {
    return await ask(ports, path, request)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'device_clock_wrong') throw error
    const serverTime = Date.parse(String(error.extra['serverTime']))
    if (!Number.isFinite(serverTime)) throw error
    await ports.clock.learn(serverTime)
    return ask(ports, path, request)
  }
}

async function ask<T>(
  ports: AccountPorts,
  path: string,
  { method = 'GET', body, key, patienceMs = PATIENCE_MS }: WalletRequest,
): Promise<T> {
  const url = new URL(path, ports.origin)
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (key) {
    const signer = { keys: ports.keys, key, now: await ports.clock.now() }
    headers['dpop'] = await dpopProof(signer, { method, url: `${url.origin}${url.pathname}` })
  }
  const answer = await whole(() =>
    ports.fetch(url, {
      method,
      headers,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )
  await ports.clock.learn(Date.parse(answer.date ?? ''))
  if (answer.status < 300) return answer.body as T
  const { code, detail, ...extra } = Object(answer.body) as Record<string, unknown>
  if (answer.status === 429 || answer.status === 503) throw new ApiError('busy', `${path} is busy`, extra)
  if (answer.status >= 500) throw new ApiError('server_error', `${path} answered ${answer.status}`)
  throw new ApiError(typeof code === 'string' ? code : 'server_error', String(detail ?? path), extra)
}

/** The whole answer: a connection that breaks half-way is no answer. */
async function whole(send: () => Promise<Response>) {
  try {
    const response = await send()
    const text = await response.text()
    const json = /\bjson\b/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      date: response.headers.get('date'),
      body: json && text !== '' ? (JSON.parse(text) as unknown) : undefined,
    }
  } catch (cause) {
    throw new ApiError('network', cause instanceof Error ? cause.message : 'no answer')
  }
}
