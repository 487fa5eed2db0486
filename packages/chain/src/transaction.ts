import { isError, type JsonRpcProvider, keccak256, type Signer } from 'ethers'
import { cityErrors } from './city-errors.ts'
import { ChainError } from './error.ts'
import { asChainError, reading } from './failures.ts'
import type { Hex } from './manifest.ts'

/** A call that writes, ready to be signed: whoever holds the role signs and sends it. */
export type TxRequest = { to: Hex; data: Hex }

/** A signed transaction and the hash it has on the chain. */
export type SignedTransaction = { raw: Hex; hash: Hex }

export type Transactions = {
  /** How many transactions of the account are in blocks: its next nonce, if none is waiting. */
  nonceOf(account: string): Promise<number>
  /** In which block a transaction is; null when in none. */
  blockOf(hash: string): Promise<number | null>
  /** Signs with gas price 0. @throws ChainError `reverted` when the call would fail now, `chain_unavailable` */
  sign(signer: Signer, request: TxRequest, nonce: number): Promise<SignedTransaction>
  /** Hands it to the node; one that the node already has is fine. @throws ChainError `transaction_refused`, `chain_unavailable` */
  broadcast(raw: string): Promise<void>
}

type Compose = (signer: Signer, request: { to?: Hex; data: Hex }, nonce: number) => Promise<Hex>

/** Estimates, fills in and signs a gas-free transaction. Fails as ethers does. */
export function composer(provider: JsonRpcProvider, chainId: number): Compose {
  return async (signer, request, nonce) => {
    const gas = await provider.estimateGas({ ...request, from: await signer.getAddress(), gasPrice: 0 })
    // An estimate is exact for the state it was made on; the block that takes it may find slots warm or new.
    const gasLimit = (gas * 5n) / 4n
    const raw = await signer.signTransaction({
      ...request,
      type: 0,
      chainId,
      nonce,
      gasPrice: 0,
      gasLimit,
      value: 0,
    })
    return raw as Hex
  }
}

/** See CityChain.transactions. */
export function transactionsOn(provider: JsonRpcProvider, chainId: number): Transactions {
  const compose = composer(provider, chainId)
  return {
    nonceOf: (account) => reading(undefined, () => provider.getTransactionCount(account, 'latest')),
    blockOf: async (hash) => {
      const receipt = await reading(undefined, () => provider.getTransactionReceipt(hash))
      return receipt?.blockNumber ?? null
    },
    sign: async (signer, request, nonce) => {
      const raw = await reading(cityErrors, () => compose(signer, request, nonce))
      return { raw, hash: keccak256(raw) as Hex }
    },
    broadcast: async (raw) => {
      try {
        await provider.send('eth_sendRawTransaction', [raw])
      } catch (error) {
        if (isKnownAlready(error)) return
        // The node did answer, and said no.
        if (isError(error, 'UNKNOWN_ERROR')) {
          throw new ChainError('transaction_refused', 'The node refused the transaction.', { cause: error })
        }
        throw asChainError(error)
      }
    },
  }
}

/** Nodes have no common code for it: anvil says "already imported", geth "already known", Besu "Known transaction". */
const isKnownAlready = (error: unknown) =>
  error instanceof Error && /already (imported|known)|known transaction/i.test(error.message)
