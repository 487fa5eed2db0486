import { FetchRequest, JsonRpcProvider, Network } from 'ethers'

const REQUEST_TIMEOUT_MS = 10_000

/**
 * A provider for a network that is known beforehand, so that a chain which is down fails a call and does not keep it
 * waiting. Nothing is cached: a nonce or a block read straight after a write must be the new one.
 */
export function openProvider(rpcUrl: string, chainId: number): JsonRpcProvider {
  const network = Network.from(chainId)
  const request = new FetchRequest(rpcUrl)
  request.timeout = REQUEST_TIMEOUT_MS
  return new JsonRpcProvider(request, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    pollingInterval: 100,
    // What is asked at once still goes as one request; nothing waits for more to come.
    batchStallTime: 0,
  })
}
