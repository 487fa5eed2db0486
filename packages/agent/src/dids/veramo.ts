import type { Database } from '@pass/database'
import {
  createAgent,
  type ICredentialPlugin,
  type IDIDManager,
  type IKeyManager,
  type IResolver,
} from '@veramo/core'
import { CredentialProviderJWT } from '@veramo/credential-jwt'
import { CredentialPlugin, type ICredentialProvider } from '@veramo/credential-w3c'
import { DIDManager } from '@veramo/did-manager'
import { EthrDIDProvider } from '@veramo/did-provider-ethr'
import { DIDResolverPlugin } from '@veramo/did-resolver'
import { KeyManager } from '@veramo/key-manager'
import type { Provider } from 'ethers'
import { PrismaKeyStore } from '../keys/key-store.ts'
import { type CityKeyManagementSystem, KMS } from '../keys/kms.ts'
import type { Hex, VeramoAgent } from '../types.ts'
import { PrismaDidStore } from './did-store.ts'
import { cityDidResolver } from './resolver.ts'

/** The city's chain as did:ethr sees it. */
export type DidNetwork = { chainId: number; registry: Hex; provider: Provider }

/** Name of the provider, and what every DID of the city starts with: `did:ethr:0x205a`. */
export const didPrefix = (chainId: number) => `did:ethr:0x${chainId.toString(16)}`

/** Veramo's agent over our key management, our stores and the city's chain. */
export function createVeramo(options: {
  db: Database
  kms: CityKeyManagementSystem
  network: DidNetwork
  sdJwtVc: ICredentialProvider
}): VeramoAgent {
  const { db, kms, network, sdJwtVc } = options
  const { chainId, registry, provider } = network
  const name = `0x${chainId.toString(16)}`
  return createAgent<IKeyManager & IDIDManager & IResolver & ICredentialPlugin>({
    plugins: [
      new KeyManager({ store: new PrismaKeyStore(db.prisma), kms: { [KMS]: kms } }),
      new DIDManager({
        store: new PrismaDidStore(db.prisma),
        defaultProvider: didPrefix(chainId),
        providers: {
          [didPrefix(chainId)]: new EthrDIDProvider({
            defaultKms: KMS,
            networks: [{ name, chainId, registry, provider }],
          }),
        },
      }),
      new DIDResolverPlugin(cityDidResolver(network)),
      // Each is asked in turn whether it can read a document, and the JWT provider takes any string.
      new CredentialPlugin([sdJwtVc, new CredentialProviderJWT()]),
    ],
  })
}
