import { type ChainEvent, type CityChain, cityEvents, readEvents } from '@pass/chain'
import { Contract } from 'ethers'

/** Events that move points. */
const EVENTS = ['AwardsSettled', 'Redeemed', 'Refunded', 'Corrected']
const PAGE_BLOCKS = 2_000
/** Questions to the node at once. */
const AT_ONCE = 500

const VIEWS = [
  'function bucketsOf(address) view returns (uint16 epoch, uint40 current, uint40 previous)',
  'function outstandingOf(uint16) view returns (uint256)',
  'function totalSupply() view returns (uint256)',
  'function expired() view returns (uint256)',
  'function totals() view returns (uint64 awarded, uint64 redeemed, uint64 donated, uint64 refunded, uint64 corrected)',
  'function programmeOf(uint16) view returns (tuple(address operator, uint64 budgetPerPeriod, uint16 periodDays, uint16 dayLimit, uint16 startDay, uint16 endDay, uint8 halt))',
  'function spentOf(uint16, uint256) view returns (uint256)',
  'function payeeOf(uint32) view returns (tuple(uint8 kind, bool frozen))',
]

export type ChainBooks = ReturnType<typeof chainBooks>

/** What the contract says, all of it as of one block. Reads only the chain. */
export function chainBooks({ manifest, provider }: CityChain, block: number) {
  const { mileage } = manifest.contracts
  const contract = new Contract(mileage, VIEWS, provider)
  const view = <T>(name: string, ...args: unknown[]): Promise<T> =>
    contract.getFunction(name).staticCall(...args, { blockTag: block }) as Promise<T>
  return {
    /** Nodes forget the state of older blocks. */
    isReadable: () =>
      view<bigint>('totalSupply').then(
        () => true,
        () => false,
      ),
    events: async (): Promise<ChainEvent[]> => {
      const source = { contract: mileage, abi: cityEvents.mileage, events: EVENTS }
      const all: ChainEvent[] = []
      for (let from = manifest.deployBlock; from <= block; from += PAGE_BLOCKS) {
        const to = Math.min(from + PAGE_BLOCKS - 1, block)
        const page = await readEvents(provider, [source], { from, to })
        if (!page) throw new Error('The chain changed while it was read: try again.')
        all.push(...page)
      }
      return all
    },
    bucketsOf: (holders: readonly string[]) =>
      inTurns(holders, async (holder) => {
        const [epoch, current, previous] = await view<[bigint, bigint, bigint]>('bucketsOf', holder)
        return { holder, epoch: Number(epoch), current, previous }
      }),
    outstandingOf: (epoch: number) => view<bigint>('outstandingOf', epoch),
    totals: async (): Promise<Record<string, bigint>> => {
      const [awarded, redeemed, donated, refunded, corrected] =
        await view<[bigint, bigint, bigint, bigint, bigint]>('totals')
      return { awarded, redeemed, donated, refunded, corrected }
    },
    supply: () => view<bigint>('totalSupply'),
    expired: () => view<bigint>('expired'),
    programmeOf: async (id: number) => {
      const raw = await view<[string, bigint, bigint, bigint, bigint, bigint, bigint]>('programmeOf', id)
      const [operator, budget, periodDays, dayLimit, startDay, endDay, halt] = raw
      return BigInt(operator) === 0n
        ? undefined
        : { budget, periodDays, dayLimit, startDay, endDay, stopped: halt !== 0n }
    },
    spentOf: (id: number, period: number) => view<bigint>('spentOf', id, period),
    payeeOf: async (id: number) => {
      const [kind, frozen] = await view<[bigint, boolean]>('payeeOf', id)
      return kind === 0n ? undefined : { kind: kind === 2n ? 'fund' : 'merchant', frozen }
    },
  }
}

async function inTurns<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (let from = 0; from < items.length; from += AT_ONCE)
    answers.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(ask))))
  return answers
}
