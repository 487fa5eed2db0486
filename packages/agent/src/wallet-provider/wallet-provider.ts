import type { Database } from '@pass/database'
import type { CityAuthority } from '../authority/authority.ts'
import { createCertifiedKey } from '../authority/certified-key.ts'
import type { CityKeyManagementSystem } from '../keys/kms.ts'
import type { Localized, WalletProviderKeys } from '../types.ts'

/**
 * What the attestations of the city's own wallet are signed with. The certificate is under the same root as those of
 * agencies and verifiers: whoever trusts it looks at its name too.
 */
export function createWalletProviderKeys(options: {
  db: Database
  kms: CityKeyManagementSystem
  authority: Pick<CityAuthority, 'renewed'>
  city: { name: Localized; url: string }
}): WalletProviderKeys {
  const { db, kms, authority, city } = options
  const identifier = `${city.url}/wallet-provider`
  return {
    identifier,
    signingKey: createCertifiedKey({
      db,
      kms,
      renewed: authority.renewed,
      keyRef: 'wallet-provider/signing',
      setting: 'walletProviderCertificate',
      subject: { commonName: city.name.ko, organization: city.name.en, sanUri: identifier },
    }),
  }
}
