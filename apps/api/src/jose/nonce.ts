import { sameHash } from '../access/secrets.ts'

/** Nonces that no table remembers: the time and randomness, authenticated under a key of the city. */
export type Nonces = {
  create(scope: string): string
  /** Whether it was made here for this scope, at most five minutes ago. */
  isFresh(nonce: unknown, scope: string): boolean
}

type NonceOptions = {
  /** HMAC in hex. */
  mac: (data: string) => string
  random: (length: number) => Uint8Array
  clock: () => Date
}

export const NONCE_SECONDS = 300
const FORM = /^([0-9a-z]{1,10})\.([\w-]{16})\.([\w-]{22})$/

/**
 * A nonce may be used again while it is fresh (OpenID4VCI 1.0 section 7): what works once is the access token
 * that it comes with. So several processes need to share nothing but the master key.
 */
export function createNonces({ mac, random, clock }: NonceOptions): Nonces {
  const seconds = () => Math.floor(clock().getTime() / 1000)
  const tagOf = (time: string, salt: string, scope: string) =>
    Buffer.from(mac(`${time}.${salt}.${scope}`), 'hex')
      .subarray(0, 16)
      .toString('base64url')
  return {
    create: (scope) => {
      const time = seconds().toString(36)
      const salt = Buffer.from(random(12)).toString('base64url')
      return `${time}.${salt}.${tagOf(time, salt, scope)}`
    },
    isFresh: (nonce, scope) => {
      const [, time, salt, tag] = (typeof nonce === 'string' && FORM.exec(nonce)) || []
      if (!time || !salt || !tag || !sameHash(tag, tagOf(time, salt, scope))) return false
      const age = seconds() - Number.parseInt(time, 36)
      // Another process's clock may run a little ahead of ours.
      return age >= -5 && age <= NONCE_SECONDS
    },
  }
}
