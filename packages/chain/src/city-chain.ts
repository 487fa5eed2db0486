import type { JsonRpcProvider, Signer, TransactionReceipt } from 'ethers'
import type { Anchors } from './anchors.ts'
import type { Issuers } from './issuers.ts'
import type { Manifest } from './manifest.ts'
import type { Mileage } from './mileage.ts'
import type { Transactions, TxRequest } from './transaction.ts'

/** The city's chain through typed clients. Reading needs no key; writes come back as requests to be signed. */
export type CityChain = {
  chainId: number
  manifest: Manifest
  /** Never caches, since a nonce or a block read after a write must be the new one. */
  provider: JsonRpcProvider
  issuers: Issuers
  anchors: Anchors
  mileage: Mileage
  /** Whether the node answers, and for the manifest's network. */
  isUp(): Promise<boolean>
  /** @throws ChainError `chain_unavailable` */
  blockNumber(): Promise<number>
  /** A block's number and hash; undefined when the chain is not that long (any more). */
  blockAt(which: number | 'latest'): Promise<{ number: number; hash: string } | undefined>
  /**
   * Signs with gas price 0, sends, and waits until it is mined. Calls for one signer queue up in this process; a
   * nonce that another process took in between is noticed and the call sent again.
   * @throws ChainError `reverted` (with the contract's error name in `reason`), `chain_unavailable`,
   * `transaction_refused`, `not_mined`
   */
  send(signer: Signer, request: TxRequest): Promise<TransactionReceipt>
  /** The steps of `send` one by one, for whoever keeps transactions in a database before they leave. */
  transactions: Transactions
  close(): Promise<void>
}
