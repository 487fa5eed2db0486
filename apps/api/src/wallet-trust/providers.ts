import { type KeyObject, X509Certificate } from 'node:crypto'
import { CredentialError, createCertificateVerifier, type Localized } from '@pass/credentials'
import { CityError, loadWalletProviders, type WalletProviderEntry } from '../city.ts'
import type { Context } from '../context.ts'
import { importEs256 } from '../jose/es256.ts'

/** A maker of wallets that the city trusts. */
export type WalletProvider = {
  clientIds: readonly string[]
  name: Localized
  /**
   * The key of the leaf of `x5c`, when its chain leads to this provider at `now` (seconds).
   * @throws CredentialError `untrusted_certificate`
   */
  keyOf(x5c: unknown, now: number): Promise<KeyObject>
}

/** What our own wallet calls itself: the same for every installation (OpenID4VCI 1.0 section 15.4.4). */
export const ownClientId = ({ publicUrl }: { publicUrl: string }): string => `${publicUrl}/wallet`

const MOST_KEPT = 500

/**
 * The city's own provider first, then those of the city's file and of the operator's.
 * @throws CityError for a file that cannot be used, and for providers that would be taken for each other
 */
export function walletProvidersOf({
  config,
  city,
  agent,
}: Pick<Context, 'config' | 'city' | 'agent'>): WalletProvider[] {
  const { rootCertificate } = agent.authority
  const own: WalletProviderEntry = {
    id: 'own',
    name: city.wallet,
    clientIds: [ownClientId(config)],
    rootCertificates: [rootCertificate],
    // Agencies and verifiers have certificates of the same authority: none of them makes a wallet.
    sanUri: agent.walletProvider.identifier,
  }
  const others = [
    ...city.walletProviders,
    ...(config.walletProviders === undefined ? [] : loadWalletProviders(config.walletProviders)),
  ]
  const taken = new Set(own.clientIds)
  for (const { id, clientIds, rootCertificates, sanUri } of others) {
    if (rootCertificates.includes(rootCertificate) && sanUri === undefined)
      throw new CityError(`wallet provider "${id}": under the city's own root it needs a "sanUri".`)
    for (const clientId of clientIds) {
      if (taken.has(clientId))
        throw new CityError(`wallet provider "${id}": the client id "${clientId}" is there twice.`)
      taken.add(clientId)
    }
  }
  return [own, ...others].map(({ name, clientIds, ...trusted }) => ({
    name,
    clientIds,
    keyOf: createKeyReader(trusted),
  }))
}

function createKeyReader({
  rootCertificates,
  sanUri,
}: Pick<WalletProviderEntry, 'rootCertificates' | 'sanUri'>): WalletProvider['keyOf'] {
  const verify = createCertificateVerifier({ trustedRoots: rootCertificates, maxEntries: MOST_KEPT })
  const anchors = new Set(rootCertificates)
  /** By chain: one certificate signs the attestations of many wallets. */
  const keys = new Map<string, KeyObject>()
  return async (x5c, now) => {
    // Each time: a chain that was good once runs out.
    const { publicJwk, sanUris } = await verify(x5c, now)
    const chain = x5c as string[]
    const name = chain.join()
    const kept = keys.get(name)
    if (kept) return kept
    if (sanUri !== undefined && !sanUris.includes(sanUri))
      throw untrusted('The certificate is of somebody else under this authority.')
    // HAIP 1.0 sections 4.4.1 and 4.5.1: the chain leaves the trust anchor out.
    if (chain.some((entry) => anchors.has(entry) || isSelfIssued(entry)))
      throw untrusted('The chain must not contain the trust anchor.')
    const key = importEs256(publicJwk)
    if (keys.size >= MOST_KEPT) keys.delete(keys.keys().next().value ?? '')
    keys.set(name, key)
    return key
  }
}

function isSelfIssued(entry: string): boolean {
  const { issuer, subject } = new X509Certificate(Buffer.from(entry, 'base64'))
  return issuer === subject
}

const untrusted = (message: string): CredentialError => new CredentialError('untrusted_certificate', message)
