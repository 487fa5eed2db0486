import { isError, type JsonRpcProvider, keccak256, type Signer, Transaction } from 'ethers'
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
  /** Whether a contract stands there: what is sent to an empty address succeeds and does nothing. */
  hasContract(address: string): Promise<boolean>
  /** Where a transaction was mined, and whether it did what it was for; null when it is in no block. */
  outcomeOf(hash: string): Promise<{ block: number; ok: boolean } | null>
  /** Whether the node has it, waiting or mined. */
  isKnown(hash: string): Promise<boolean>
  /**
   * Signs with gas price 0. With `gas` as limit the call is tried once; without, its cost is estimated.
   * @throws ChainError `reverted` when the call would fail now, `chain_unavailable`
   */
  sign(signer: Signer, request: TxRequest, nonce: number, gas?: bigint): Promise<SignedTransaction>
  /** The same transaction at a higher price; undefined when the account cannot pay it. @throws ChainError */
  raise(signer: Signer, raw: string): Promise<SignedTransaction | undefined>
  /** Hands it to the node; one that the node already has is fine. @throws ChainError `transaction_refused`, `chain_unavailable` */
  broadcast(raw: string): Promise<void>
}

type Compose = (signer: Signer, request: { to?: Hex; data: Hex }, nonce: number, gas?: bigint) => Promise<Hex>

/** The most that one transaction may have (EIP-7825, in Osaka). */
const GAS_CAP = 16_777_216n
/** Nodes take another transaction in place of a waiting one for 10% more at least. */
const LEAST_PRICE = 1_000_000_000n

/** Estimates, fills in and signs a gas-free transaction. Fails as ethers does. */
export function composer(provider: JsonRpcProvider, chainId: number): Compose {
  return async (signer, request, nonce, gas) => {
    const call = { ...request, from: await signer.getAddress(), gasPrice: 0 }
    if (gas !== undefined) await provider.call({ ...call, gasLimit: gas })
    // An estimate is exact for the state it was made on; the block that takes it may find slots warm or new.
    const ample = gas ?? ((await provider.estimateGas(call)) * 5n) / 4n
    const gasLimit = ample < GAS_CAP ? ample : GAS_CAP
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
    // A contract begins with nonce 1 (EIP-161), and its nonce is a shorter answer than its code.
    hasContract: async (address) =>
      (await reading(undefined, () => provider.getTransactionCount(address, 'latest'))) > 0,
    outcomeOf: async (hash) => {
      const receipt = await reading(undefined, () => provider.getTransactionReceipt(hash))
      return receipt && { block: receipt.blockNumber, ok: receipt.status === 1 }
    },
    isKnown: async (hash) => (await reading(undefined, () => provider.getTransaction(hash))) !== null,
    sign: async (signer, request, nonce, gas) => {
      const raw = await reading(cityErrors, () => compose(signer, request, nonce, gas))
      return { raw, hash: keccak256(raw) as Hex }
    },
    raise: (signer, before) =>
      reading(undefined, async () => {
        const { to, data, nonce, gasLimit, gasPrice } = Transaction.from(before)
        const former = gasPrice ?? 0n
        const asked = BigInt(await provider.send('eth_gasPrice', []))
        const price = [(former * 5n) / 4n + 1n, asked * 2n, LEAST_PRICE].reduce((a, b) => (a > b ? a : b))
        if ((await provider.getBalance(await signer.getAddress())) < gasLimit * price) return undefined
        const fields = { type: 0, chainId, nonce, gasPrice: price, gasLimit, value: 0 }
        const raw = (await signer.signTransaction({ ...fields, to, data })) as Hex
        return { raw, hash: keccak256(raw) as Hex }
      }),
    broadcast: async (raw) => {
      try {
        await provider.send('eth_sendRawTransaction', [raw])
      } catch (error) {
        if (isKnownAlready(error)) return
        // The node did answer, and said no.
        if (isError(error, 'UNKNOWN_ERROR')) {
          const reason = (error.error as { message?: string } | undefined)?.message
          throw new ChainError('transaction_refused', 'The node refused the transaction.', {
            cause: error,
            reason,
          })
        }
        throw asChainError(error)
      }
    },
  }
}

/** Nodes have no common code for it: anvil says "already imported", geth "already known", Besu "Known transaction". */
const isKnownAlready = (error: unknown) =>
  error instanceof Error && /already (imported|known)|known transaction/i.test(error.message)
