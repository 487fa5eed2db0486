import type { CertificateKey } from './certificate.ts'

const CACHE = 'pass.certificate-keys'
const ADDRESS = '/api/trust/certificate-keys'
const PATIENCE_MS = 10_000

export type Keys = {
  keys: CertificateKey[] /** Milliseconds since 1970, when the city gave them. */
  from: number
}

/** The keys as the city gives them now; kept on this device for when there is no network. */
export async function fetchKeys(): Promise<Keys> {
  const response = await fetch(ADDRESS, { signal: AbortSignal.timeout(PATIENCE_MS), cache: 'no-cache' })
  if (!response.ok) throw new Error(`${ADDRESS} answered ${response.status}`)
  const kept = new Response(await response.text(), {
    headers: { 'content-type': 'application/json', 'x-kept-at': String(Date.now()) },
  })
  const cache = await caches.open(CACHE)
  await cache.put(ADDRESS, kept.clone())
  return read(kept)
}

/** The keys from the last time; undefined when this device never had them. */
export async function keptKeys(): Promise<Keys | undefined> {
  const kept = await (await caches.open(CACHE)).match(ADDRESS)
  return kept && read(kept)
}

async function read(response: Response): Promise<Keys> {
  const body = (await response.json()) as CertificateKey[] | { keys: CertificateKey[] }
  return {
    keys: Array.isArray(body) ? body : body.keys,
    from: Number(response.headers.get('x-kept-at')),
  }
}
