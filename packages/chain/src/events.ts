import { Interface, type JsonRpcProvider, type ParamType } from 'ethers'
import credentialAnchor from './abi/CredentialAnchor.json' with { type: 'json' }
import mileage from './abi/Mileage.json' with { type: 'json' }
import { reading } from './failures.ts'
import type { Hex } from './manifest.ts'

/** An event of a contract of ours, decoded, with its place on the chain. */
export type ChainEvent = {
  block: number
  blockHash: Hex
  /** Seconds. */
  blockTime: number
  /** Of the log in its block. */
  index: number
  txHash: Hex
  contract: Hex
  name: string
  /** By the names of the ABI, fit for JSON: whole numbers as decimal strings, addresses and bytes as lower-case hex. */
  args: Record<string, unknown>
}

/** Which events of which contract. */
export type EventSource = { contract: Hex; abi: readonly string[]; events: readonly string[] }

const eventsOf = (abi: readonly string[]) => abi.filter((entry) => entry.startsWith('event '))

/** The events of the city's contracts, as `abi` of an EventSource. */
export const cityEvents = {
  credentialAnchor: eventsOf(credentialAnchor.abi),
  mileage: eventsOf(mileage.abi),
}

/**
 * The events of `sources` in the blocks `from` to `to`, both included, in the chain's order; undefined when a block was
 * replaced while it was read.
 * @throws ChainError `chain_unavailable`
 */
export async function readEvents(
  provider: JsonRpcProvider,
  sources: readonly EventSource[],
  { from, to }: { from: number; to: number },
): Promise<ChainEvent[] | undefined> {
  const decoders = new Map<string, Interface>()
  const topics = new Set<string>()
  for (const { contract, abi, events } of sources) {
    const decoder = new Interface(abi)
    for (const name of events) {
      const event = decoder.getEvent(name)
      if (!event) throw new RangeError(`The ABI has no event ${name}.`)
      decoders.set(`${contract.toLowerCase()} ${event.topicHash}`, decoder)
      topics.add(event.topicHash)
    }
  }
  if (topics.size === 0) return []
  const logs = await reading(undefined, () =>
    provider.getLogs({
      address: [...new Set(sources.map(({ contract }) => contract))],
      topics: [[...topics]],
      fromBlock: from,
      toBlock: to,
    }),
  )
  const times = await timesOf(provider, logs)
  return (
    times &&
    logs
      .flatMap((log): ChainEvent[] => {
        const contract = log.address.toLowerCase() as Hex
        const parsed = decoders.get(`${contract} ${log.topics[0]}`)?.parseLog(log)
        if (!parsed) return []
        return [
          {
            block: log.blockNumber,
            blockHash: log.blockHash as Hex,
            blockTime: times.get(log.blockNumber) ?? 0,
            index: log.index,
            txHash: log.transactionHash as Hex,
            contract,
            name: parsed.name,
            args: argsOf(parsed.fragment.inputs, parsed.args),
          },
        ]
      })
      .sort((a, b) => a.block - b.block || a.index - b.index)
  )
}

/** Block times; undefined when one is not the block any more that a log came from. */
async function timesOf(
  provider: JsonRpcProvider,
  logs: readonly { blockNumber: number; blockHash: string }[],
): Promise<Map<number, number> | undefined> {
  const hashes = new Map(logs.map(({ blockNumber, blockHash }) => [blockNumber, blockHash]))
  const entries = await Promise.all(
    [...hashes].map(async ([number, hash]) => {
      const block = await reading(undefined, () => provider.getBlock(number))
      return block?.hash === hash ? ([number, block.timestamp] as const) : undefined
    }),
  )
  const times = new Map(entries.filter((entry) => entry !== undefined))
  return times.size === hashes.size ? times : undefined
}

function argsOf(inputs: readonly ParamType[], values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(inputs.map((type, i) => [type.name || String(i), plain(type, values[i])]))
}

function plain(type: ParamType, value: unknown): unknown {
  if (type.isArray() && Array.isArray(value)) {
    // An array of ethers yields its items by iterating, and a name of its own by index.
    return [...value].map((item) => plain(type.arrayChildren, item))
  }
  if (type.isTuple() && Array.isArray(value)) return argsOf(type.components, [...value])
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'string' && type.baseType !== 'string' ? value.toLowerCase() : value
}
