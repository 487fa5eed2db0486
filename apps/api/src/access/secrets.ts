import { createHash, timingSafeEqual } from 'node:crypto'

/** sha256 in lower-case hex: how keys, links and session tokens lie in the database. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** 32 random bytes, base64url: 43 characters. */
export function newSecret(random: (length: number) => Uint8Array): string {
  return Buffer.from(random(32)).toString('base64url')
}

/** Compares two hashes in a time that says nothing about where they differ. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
