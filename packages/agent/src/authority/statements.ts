import { signVerifierRegistration } from '@pass/credentials'
import type { Database } from '@pass/database'
import { type CityKeyManagementSystem, publicJwkOf } from '../keys/kms.ts'
import type { Authority, Localized, Vault } from '../types.ts'
import type { LeafSubject } from './certificates.ts'

const SIGNING_KEY = 'authority/signing'
const CHAIN_SETTING = 'authoritySigningCertificate'

/** What the authority says under its own name, with a key that is not the root's. */
export function createStatements(options: {
  db: Database
  vault: Vault
  kms: CityKeyManagementSystem
  city: { name: Localized; url: string }
  clock: () => Date
  renewed(x5c: readonly string[], subject: LeafSubject): Promise<string[]>
}): Pick<Authority, 'signingKey' | 'signRegistration'> {
  const { db, vault, kms, city, clock, renewed } = options
  let current: { x5c: string[] } | undefined

  async function signingKey() {
    const publicJwk = await publicJwkOf(kms, SIGNING_KEY)
    const stored = await db.prisma.setting.findUnique({ where: { key: CHAIN_SETTING } })
    const known = current?.x5c ?? (stored ? (stored.value as string[]) : [])
    const subject = { publicJwk, commonName: city.name.ko, organization: city.name.en, sanUri: city.url }
    const x5c = await renewed(known, subject)
    if (x5c[0] !== known[0]) {
      const value = { value: x5c }
      await db.prisma.setting.upsert({
        where: { key: CHAIN_SETTING },
        create: { key: CHAIN_SETTING, ...value },
        update: value,
      })
    }
    current = { x5c }
    return { keyRef: SIGNING_KEY, publicJwk, x5c }
  }

  return {
    signingKey,
    async signRegistration({ verifier, purpose, credentials, validSeconds }) {
      const { x5c, keyRef } = await signingKey()
      const iat = Math.floor(clock().getTime() / 1000)
      return signVerifierRegistration(
        { iss: city.url, sub: verifier, purpose, credentials, iat, exp: iat + validSeconds },
        { x5c, sign: vault.signer(keyRef) },
      )
    },
  }
}
