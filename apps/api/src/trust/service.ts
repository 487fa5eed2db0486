import type { TransactionType } from '@pass/credentials'
import type { Context } from '../context.ts'

/** What a wallet or a verifier elsewhere needs before it can trust anything that this city signs. */
export type TrustDocument = {
  /** base64 DER. */
  rootCertificates: string[]
  /** The name under which the city's authority signs registrations: a SAN URI of its certificate. */
  authority: string
  chain: { chainId: number; contracts: Record<string, string> }
  city: { name: { ko: string; en: string } }
  /** What a verifier of this city can ask a citizen to confirm; a wallet refuses what it does not find here. */
  transactionTypes: readonly TransactionType[]
}

export type Trust = { document(): TrustDocument }

export function createTrust({ agent, chain, city }: Pick<Context, 'agent' | 'chain' | 'city'>): Trust {
  const { rootCertificate, identifier } = agent.authority
  const { chainId, contracts } = chain.manifest
  return {
    document: () => ({
      rootCertificates: [rootCertificate],
      authority: identifier,
      chain: { chainId, contracts: { ...contracts } },
      city: { name: city.name },
      transactionTypes: city.transactionTypes,
    }),
  }
}
