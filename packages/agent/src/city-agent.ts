import { randomBytes } from 'node:crypto'
import { createAgencies } from './agencies/agencies.ts'
import { createRegistrar } from './agencies/registrar.ts'
import { isComplete, keyOfRow } from './agencies/signing-keys.ts'
import { openAuthority, sanUriOf } from './authority/authority.ts'
import { createSdJwtVcProvider, type IssuerKey } from './credentials/sd-jwt-vc-provider.ts'
import { createVeramo } from './dids/veramo.ts'
import { AgentError } from './errors.ts'
import { openVaultAndKms } from './keys/vault.ts'
import type { CityAgent, CityAgentOptions } from './types.ts'
import { createVerifiers } from './verifiers/verifiers.ts'
import { createWalletProviderKeys } from './wallet-provider/wallet-provider.ts'

/**
 * Opens the city's agent: keys, DIDs, certificates, agencies, verifiers, credentials. It sends nothing to the
 * chain before an agency is ensured, so that it opens while the chain is down.
 * @throws AgentError `master_key_wrong` when the database was set up with another master key.
 */
export async function createCityAgent(options: CityAgentOptions): Promise<CityAgent> {
  const { db, masterKey, chain, city, clock = () => new Date(), random = randomBytes } = options
  const { vault, kms } = await openVaultAndKms({ db, masterKey })
  const authority = await openAuthority({ db, vault, kms, city, clock, random })
  const network = {
    chainId: chain.chainId,
    registry: chain.manifest.contracts.didRegistry,
    provider: chain.provider,
  }

  /** The key `keyRef` of the agency with this DID, or the one it signs with now. */
  async function issuerKey(did: string, keyRef?: string): Promise<IssuerKey> {
    const rows = await db.prisma.signingKey.findMany({
      where: { agency: { did }, ...(keyRef ? { keyRef } : { validUntil: null }) },
      orderBy: { validFrom: 'asc' },
    })
    const key = rows.map(keyOfRow).findLast(isComplete)
    if (!key)
      throw new AgentError('unknown_agency', `No agency signs as ${did}${keyRef ? ` with ${keyRef}` : ''}.`)
    const { didUrl, x5c } = key
    return { didUrl, x5c, issuerUrl: sanUriOf(x5c[0] ?? ''), sign: vault.signer(key.keyRef) }
  }

  const sdJwtVc = createSdJwtVcProvider({ issuerKey, rootCertificate: authority.rootCertificate, clock })
  const veramo = createVeramo({ db, kms, network, sdJwtVc })
  const registrar = createRegistrar({
    chain,
    signer: () => vault.chainSigner('registrar', chain.provider),
    clock,
  })
  return {
    ...vault,
    chainSigner: (name, provider = chain.provider) => vault.chainSigner(name, provider),
    veramo,
    authority: {
      identifier: authority.identifier,
      rootCertificate: authority.rootCertificate,
      issueCertificate: authority.issueCertificate,
      signingKey: authority.signingKey,
      signRegistration: authority.signRegistration,
    },
    agencies: createAgencies({ db, kms, veramo, network, authority, registrar, clock }),
    verifiers: createVerifiers({ db, kms, authority }),
    walletProvider: createWalletProviderKeys({ db, kms, authority, city }),
  }
}
