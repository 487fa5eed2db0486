import { Contract, type Provider } from 'ethers'
import credentialAnchor from './abi/CredentialAnchor.json' with { type: 'json' }
import { reading } from './failures.ts'
import { statusListId } from './identifiers.ts'
import type { Hex } from './manifest.ts'
import type { TxRequest } from './transaction.ts'

/** When the contract took a root. `sequence` counts from 1, `time` is the block's, in seconds. */
export type AnchoredRoot = { sequence: number; block: number; time: number; leafCount: number }

/**
 * CredentialAnchor. Roots and hashes are bytes32 as 0x hex; status lists go by their identifier.
 * What writes returns the call to sign; only the anchorer's account may send it.
 */
export type Anchors = {
  anchor(root: Hex, leafCount: number): TxRequest
  commitStatusList(listId: string, version: number, hash: Hex): TxRequest
  /** What the chain holds of a root; undefined when it was never anchored. */
  timeOf(root: Hex): Promise<AnchoredRoot | undefined>
  /** Whether the credential hash is a leaf under the anchored root. */
  verify(hash: Hex, path: readonly Hex[], root: Hex): Promise<boolean>
  count(): Promise<number>
  /** Running hash over all roots, see ICredentialAnchor. */
  head(): Promise<Hex>
  /** Newest committed version of a list; undefined when there is none. */
  statusList(listId: string): Promise<{ version: number; time: number; hash: Hex } | undefined>
  /** Hash of one committed version; undefined when it was not committed. */
  statusListHash(listId: string, version: number): Promise<Hex | undefined>
}

const isZero = (hash: string) => /^0x0*$/.test(hash)

/** Typed client of the CredentialAnchor at `address`. Reads throw ChainError `chain_unavailable`. */
export function anchorsAt(address: Hex, provider: Provider): Anchors {
  const contract = new Contract(address, credentialAnchor.abi, provider)
  const call = (name: string, ...args: unknown[]): TxRequest => ({
    to: address,
    data: contract.interface.encodeFunctionData(name, args) as Hex,
  })
  const view = <T>(name: string, ...args: unknown[]): Promise<T> =>
    reading(contract.interface, () => contract.getFunction(name).staticCall(...args) as Promise<T>)

  const statusListHash = async (listId: string, version: number): Promise<Hex | undefined> => {
    const hash = await view<Hex>('statusListHash', statusListId(listId), version)
    return isZero(hash) ? undefined : hash
  }
  return {
    anchor: (root, leafCount) => call('anchor', root, leafCount),
    commitStatusList: (listId, version, hash) =>
      call('commitStatusList', statusListId(listId), version, hash),
    timeOf: async (root) => {
      type Raw = { sequence: bigint; blockNumber: bigint; time: bigint; leafCount: bigint }
      const raw = await view<Raw>('anchorOf', root)
      if (raw.sequence === 0n) return undefined
      return {
        sequence: Number(raw.sequence),
        block: Number(raw.blockNumber),
        time: Number(raw.time),
        leafCount: Number(raw.leafCount),
      }
    },
    verify: (hash, path, root) => view('verify', hash, path, root),
    count: async () => Number(await view<bigint>('count')),
    head: () => view('head'),
    statusList: async (listId) => {
      const [version, time] = await view<[bigint, bigint]>('statusListOf', statusListId(listId))
      const hash = await statusListHash(listId, Number(version))
      return hash === undefined ? undefined : { version: Number(version), time: Number(time), hash }
    },
    statusListHash,
  }
}
