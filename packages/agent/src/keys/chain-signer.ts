import {
  AbstractSigner,
  type BlockTag,
  computeAddress,
  copyRequest,
  getAddress,
  getBytes,
  JsonRpcApiProvider,
  type Provider,
  resolveAddress,
  Transaction,
  type TransactionLike,
  type TransactionRequest,
  TypedDataEncoder,
  toNumber,
  toUtf8Bytes,
} from 'ethers'
import type { CityKeyManagementSystem } from './kms.ts'

/** An ethers signer over the Secp256k1 key `kid`, which is made when it does not exist yet. */
export async function createChainSigner(
  kms: CityKeyManagementSystem,
  kid: string,
  provider?: Provider,
): Promise<CitySigner> {
  const { publicKeyHex } = await kms.createKey({ type: 'Secp256k1', kid })
  return new CitySigner(kms, kid, computeAddress(`0x${publicKeyHex}`), provider ?? null)
}

/** Signs inside the key management system. Gas is free on the city chain: transactions default to price zero. */
class CitySigner extends AbstractSigner {
  readonly #kms: CityKeyManagementSystem
  readonly #kid: string
  readonly #address: string

  constructor(kms: CityKeyManagementSystem, kid: string, address: string, provider: Provider | null) {
    super(provider)
    this.#kms = kms
    this.#kid = kid
    this.#address = address
  }

  override async getAddress(): Promise<string> {
    return this.#address
  }

  override connect(provider: Provider | null): CitySigner {
    return new CitySigner(this.#kms, this.#kid, this.#address, provider)
  }

  /** Asks the node itself: ethers answers from a cache for 250 ms, which is stale straight after a block. */
  override async getNonce(blockTag: BlockTag = 'pending'): Promise<number> {
    if (!(this.provider instanceof JsonRpcApiProvider) || typeof blockTag !== 'string') {
      return super.getNonce(blockTag)
    }
    return toNumber(await this.provider.send('eth_getTransactionCount', [this.#address, blockTag]))
  }

  override async populateTransaction(request: TransactionRequest): Promise<TransactionLike<string>> {
    const priced = request.type != null || request.gasPrice != null || request.maxFeePerGas != null
    return super.populateTransaction(priced ? request : { ...request, type: 0, gasPrice: 0n })
  }

  override async signTransaction(request: TransactionRequest): Promise<string> {
    const { to, from, ...rest } = copyRequest(request)
    if (from != null && getAddress(await resolveAddress(from, this.provider)) !== this.#address) {
      throw new TypeError(`A transaction of ${String(from)} is not for ${this.#address} to sign.`)
    }
    const target = to == null ? {} : { to: await resolveAddress(to, this.provider) }
    const transaction = Transaction.from({ ...rest, ...target } as TransactionLike<string>)
    return this.#sign('eth_signTransaction', getBytes(transaction.unsignedSerialized))
  }

  override async signMessage(message: string | Uint8Array): Promise<string> {
    return this.#sign('eth_signMessage', typeof message === 'string' ? toUtf8Bytes(message) : message)
  }

  override async signTypedData(...typed: Parameters<typeof TypedDataEncoder.hash>): Promise<string> {
    return this.#sign('eth_rawSign', getBytes(TypedDataEncoder.hash(...typed)))
  }

  #sign(algorithm: string, data: Uint8Array): Promise<string> {
    return this.#kms.sign({ keyRef: { kid: this.#kid }, algorithm, data })
  }
}
