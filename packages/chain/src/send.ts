import { isError, type JsonRpcProvider, type Signer, type TransactionReceipt } from 'ethers'
import { cityErrors } from './city-errors.ts'
import { ChainError } from './error.ts'
import { asChainError } from './failures.ts'
import type { Hex } from './manifest.ts'
import { composer } from './transaction.ts'

const MINED_WITHIN_MS = 60_000
const POLL_MS = 50
const ATTEMPTS = 5

export type Sender = (signer: Signer, request: { to?: Hex; data: Hex }) => Promise<TransactionReceipt>

/**
 * Signs and sends one transaction after the other per account, at gas price 0, and waits until each is mined.
 * Throws ChainError, see CityChain.send.
 */
export function createSender(provider: JsonRpcProvider, chainId: number): Sender {
  const queues = new Map<string, Promise<unknown>>()
  return async (signer, request) => {
    const from = await signer.getAddress()
    const turn = (queues.get(from) ?? Promise.resolve()).then(() =>
      sendNow(provider, chainId, signer, from, request),
    )
    queues.set(
      from,
      turn.catch(() => {}),
    )
    return turn
  }
}

async function sendNow(
  provider: JsonRpcProvider,
  chainId: number,
  signer: Signer,
  from: string,
  request: { to?: Hex; data: Hex },
): Promise<TransactionReceipt> {
  const compose = composer(provider, chainId)
  for (let attempt = 1; ; attempt++) {
    try {
      const nonce = await provider.getTransactionCount(from, 'pending')
      const raw = await compose(signer, request, nonce)
      const { hash } = await provider.broadcastTransaction(raw)
      return await mined(provider, hash)
    } catch (error) {
      // Another process of ours used the same account in between: nothing was sent, so ask for the nonce again.
      const nonceTaken = isError(error, 'NONCE_EXPIRED') || isError(error, 'REPLACEMENT_UNDERPRICED')
      if (!nonceTaken || attempt === ATTEMPTS) throw asChainError(error, cityErrors)
    }
  }
}

async function mined(provider: JsonRpcProvider, hash: string): Promise<TransactionReceipt> {
  const deadline = Date.now() + MINED_WITHIN_MS
  while (Date.now() < deadline) {
    const receipt = await provider.getTransactionReceipt(hash)
    if (receipt?.status === 0) throw new ChainError('reverted', `Transaction ${hash} was mined and reverted.`)
    if (receipt) return receipt
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  throw new ChainError('not_mined', `Transaction ${hash} was not mined within ${MINED_WITHIN_MS / 1000} s.`)
}
