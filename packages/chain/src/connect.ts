import { anchorsAt } from './anchors.ts'
import type { CityChain } from './city-chain.ts'
import { reading } from './failures.ts'
import { issuersAt } from './issuers.ts'
import type { Manifest } from './manifest.ts'
import { mileageAt } from './mileage.ts'
import { openProvider } from './provider.ts'
import { createSender } from './send.ts'
import { transactionsOn } from './transaction.ts'

/** Typed clients for a deployed city. Connects to nothing yet, so it works while the chain is down. */
export function connectCity({ rpcUrl, manifest }: { rpcUrl: string; manifest: Manifest }): CityChain {
  const { chainId, contracts } = manifest
  const provider = openProvider(rpcUrl, chainId)
  return {
    chainId,
    manifest,
    provider,
    issuers: issuersAt(contracts.issuerRegistry, provider),
    anchors: anchorsAt(contracts.credentialAnchor, provider),
    mileage: mileageAt(contracts.mileage, provider),
    isUp: () =>
      provider.send('eth_chainId', []).then(
        (id) => Number(id) === chainId,
        () => false,
      ),
    blockNumber: () => reading(undefined, () => provider.getBlockNumber()),
    blockAt: async (which) => {
      const block = await reading(undefined, () => provider.getBlock(which))
      return block?.hash ? { number: block.number, hash: block.hash } : undefined
    },
    send: createSender(provider, chainId),
    transactions: transactionsOn(provider, chainId),
    close: async () => provider.destroy(),
  }
}
