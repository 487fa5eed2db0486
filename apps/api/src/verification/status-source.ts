import {
  type CertificateVerifier,
  type CryptoPort,
  getStatus,
  STATUS,
  type VerifiedStatusList,
  verifyStatusListToken,
} from '@pass/credentials'
import type { Context } from '../context.ts'

/** A status of Token Status List section 7.1 in one of our own lists. `undefined`: no such list or index. */
export type OwnStatus = (listId: string, index: number) => Promise<number | undefined>

export type StatusVerdict = 'valid' | 'revoked' | 'suspended' | 'unavailable'

const MAX_LISTS = 200
const MAX_BYTES = 4_194_304
const TIMEOUT_MS = 3_000
/** For a list that names no `ttl`, and the most that is taken from one that names a long one. */
const DEFAULT_TTL_SECONDS = 300
const MAX_TTL_SECONDS = 3_600
/** How long a list that could not be fetched is not asked for again. */
const RETRY_SECONDS = 5

type Kept = { list?: VerifiedStatusList; freshUntil: number }

/**
 * Where credentials' states come from: our own lists without the network and up to the last act, others' signed
 * lists fetched once and kept until their `ttl`. A list that cannot be renewed counts on until its `exp`.
 */
export function createStatusSource(
  context: Pick<Context, 'config' | 'clock' | 'fetch'>,
  deps: { own: OwnStatus; certificates: CertificateVerifier; crypto: CryptoPort },
): (status: { idx: number; uri: string }, issuer: string) => Promise<StatusVerdict> {
  const ownPrefix = `${context.config.publicUrl}/status-lists/`
  const kept = new Map<string, Kept>()
  const under = new Map<string, Promise<Kept>>()
  const now = () => Math.floor(context.clock().getTime() / 1000)

  return async ({ idx, uri }, issuer) => {
    if (uri.startsWith(ownPrefix)) return verdictOf(await deps.own(uri.slice(ownPrefix.length), idx))
    const { list } = await current(uri, issuer)
    if (!list || (list.exp !== undefined && list.exp <= now())) return 'unavailable'
    try {
      return verdictOf(getStatus(list.bitmap, list.bits, idx))
    } catch {
      return 'unavailable'
    }
  }

  async function current(uri: string, issuer: string): Promise<Kept> {
    // A list counts for the issuer it was verified for, and no other.
    const key = `${issuer} ${uri}`
    const held = kept.get(key)
    if (held && held.freshUntil > now()) return held
    const pending = under.get(key) ?? renew(uri, issuer, held).finally(() => under.delete(key))
    under.set(key, pending)
    const renewed = await pending
    kept.delete(key)
    if (kept.size >= MAX_LISTS) kept.delete(kept.keys().next().value ?? '')
    kept.set(key, renewed)
    return renewed
  }

  async function renew(uri: string, issuer: string, held: Kept | undefined): Promise<Kept> {
    try {
      const token = await fetchToken(uri)
      const { certificates, crypto } = deps
      const list = await verifyStatusListToken(token, { uri, issuer, now: now(), certificates, crypto })
      const ttl = Math.min(list.ttl ?? DEFAULT_TTL_SECONDS, MAX_TTL_SECONDS)
      return { list, freshUntil: now() + ttl }
    } catch {
      return { ...held, freshUntil: now() + RETRY_SECONDS }
    }
  }

  async function fetchToken(uri: string): Promise<string> {
    // Plain HTTP only where this installation itself has nothing better: on a developer's machine.
    if (!uri.startsWith('https:') && !context.config.publicUrl.startsWith('http:'))
      throw new TypeError('not https')
    const response = await context.fetch(uri, {
      headers: { accept: 'application/statuslist+jwt' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    if (!response.ok || !response.body) throw new TypeError('no status list')
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of response.body) {
      length += chunk.length
      if (length > MAX_BYTES) throw new RangeError('status list too large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8').trim()
  }
}

/** A state that we have no word for (section 7.1 reserves some to applications) is not a valid one. */
function verdictOf(status: number | undefined): StatusVerdict {
  switch (status) {
    case STATUS.valid:
      return 'valid'
    case STATUS.revoked:
      return 'revoked'
    case STATUS.suspended:
      return 'suspended'
    default:
      return 'unavailable'
  }
}
