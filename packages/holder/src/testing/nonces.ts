import { randomBytes } from 'node:crypto'

/** Nonces of a server that takes each of them once, which is as strict as the specifications allow. */
export type Nonces = { asked: number; fresh(): string; take(nonce: unknown): boolean }

export function createNonces(): Nonces {
  const good = new Set<unknown>()
  return {
    asked: 0,
    fresh() {
      const nonce = randomBytes(8).toString('hex')
      good.add(nonce)
      this.asked++
      return nonce
    },
    take: (nonce) => good.delete(nonce),
  }
}

/** The payload of a compact JWT, unverified. */
export function payloadOf(jwt: string | null | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt?.split('.')[1] ?? 'e30', 'base64url').toString() || '{}')
}
