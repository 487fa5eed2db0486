import { signVerifierRegistration } from '@pass/credentials'
import type { Database } from '@pass/database'
import type { CityKeyManagementSystem } from '../keys/kms.ts'
import type { Authority, Localized, Vault } from '../types.ts'
import type { LeafSubject } from './certificates.ts'
import { createCertifiedKey } from './certified-key.ts'

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
  const { vault, city, clock } = options
  const signingKey = createCertifiedKey({
    ...options,
    keyRef: SIGNING_KEY,
    setting: CHAIN_SETTING,
    subject: { commonName: city.name.ko, organization: city.name.en, sanUri: city.url },
  })

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
