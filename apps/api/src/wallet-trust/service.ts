import type { KeyObject } from 'node:crypto'
import { CredentialError } from '@pass/credentials'
import type { Context } from '../context.ts'
import { OAuthError } from '../http/problem.ts'
import { instanceStands } from '../wallet-provider/instances.ts'
import { readKeyAttestation } from './key-attestation.ts'
import { ownClientId, type WalletProvider, walletProvidersOf } from './providers.ts'
import type { WalletTrust } from './types.ts'

/** @throws CityError when the files of trusted providers cannot be used */
export function createWalletTrust({
  config,
  city,
  agent,
  db,
  clock,
}: Pick<Context, 'config' | 'city' | 'agent' | 'db' | 'clock'>): WalletTrust {
  const providers = walletProvidersOf({ config, city, agent })
  const byClient = new Map<unknown, WalletProvider>(
    providers.flatMap((provider) => provider.clientIds.map((clientId) => [clientId, provider] as const)),
  )
  const own = ownClientId(config)

  /** The key of a chain that leads to any of these, or `undefined`. */
  async function keyOf(
    trusted: readonly WalletProvider[],
    x5c: unknown,
    now: number,
  ): Promise<KeyObject | undefined> {
    for (const provider of trusted) {
      try {
        return await provider.keyOf(x5c, now)
      } catch (error) {
        if (!(error instanceof CredentialError)) throw error
      }
    }
    return undefined
  }

  return {
    attestationKey: async ({ x5c }, { sub }) => {
      const provider = byClient.get(sub)
      if (!provider)
        throw new OAuthError('invalid_client_attestation', 'No trusted wallet provider names this client.')
      const key = await keyOf([provider], x5c, clock().getTime() / 1000)
      if (!key)
        throw new OAuthError(
          'invalid_client_attestation',
          'The certificate chain of the attestation does not lead to the provider of this client.',
        )
      return key
    },

    stands: async (clientId, thumbprint) => clientId !== own || instanceStands(db.sql, thumbprint),

    nameOf: (clientId) => byClient.get(clientId)?.name,

    keyAttestation: (jwt, expected) =>
      readKeyAttestation(jwt, expected, async (x5c) => {
        const key = await keyOf(providers, x5c, expected.now)
        if (!key)
          throw new OAuthError(
            'invalid_proof',
            'The certificate chain of the key attestation does not lead to a trusted wallet provider.',
          )
        return key
      }),
  }
}
