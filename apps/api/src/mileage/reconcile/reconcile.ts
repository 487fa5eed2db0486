import type { ChainEvent, CityChain } from '@pass/chain'
import type { Database } from '@pass/database'
import { type Books, readBooks } from './books.ts'
import { type ChainBooks, chainBooks } from './chain-books.ts'

export type Reconciliation = {
  /** One line for each, fit for a log: addresses and ids, no person. */
  differences: string[]
  /** The newest block that the database has read: what was compared is as of it. */
  block: number
  /** Newest block of the chain. */
  head: number
  /** On its way, which is no difference. */
  waiting: { awards: number; payments: number; commands: number }
}

/**
 * Compares what the database says of points with what the chain says, to the point: per holder and year, in all, per
 * payment and payee, per programme and period. Trusts no table that the other side does not bear out.
 * @throws ChainError `chain_unavailable`
 */
export async function reconcile(db: Database, chain: CityChain): Promise<Reconciliation> {
  const books = await readBooks(db)
  const { cursor, waiting } = books
  const head = await chain.blockNumber()
  const place = { block: cursor.block, head, waiting }
  if (cursor.block < chain.manifest.deployBlock)
    return { ...place, differences: ['the database has read nothing of the chain yet'] }
  const there = await chain.blockAt(cursor.block)
  if (there?.hash !== cursor.hash)
    return {
      ...place,
      differences: [`block ${cursor.block}: the database has read another one than the chain has`],
    }
  const onChain = chainBooks(chain, cursor.block)
  if (!(await onChain.isReadable()))
    return {
      ...place,
      differences: [
        `block ${cursor.block}: the node keeps no books of it any more, and the database has not read on to ${head}`,
      ],
    }
  const events = await onChain.events()
  const differences = [
    ...books.faults,
    ...(await holders(books, onChain)),
    ...(await sums(books, onChain)),
    ...payments(books, events),
    ...payeeSums(books, events),
    ...(await payees(books, onChain)),
    ...awards(books, events),
    ...(await programmes(books, onChain)),
    ...corrections(books, events),
  ]
  return { ...place, differences }
}

const arg = (event: ChainEvent, name: string) => String(event.args[name])
const points = (event: ChainEvent, name: string) => BigInt(arg(event, name))

/** "what: database a, chain b", when they are not the same. */
function differs(what: string, database: unknown, chain: unknown): string[] {
  return String(database) === String(chain) ? [] : [`${what}: database ${database}, chain ${chain}`]
}

function sumBy<T>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => bigint,
): Map<string, bigint> {
  const result = new Map<string, bigint>()
  for (const item of items) result.set(key(item), (result.get(key(item)) ?? 0n) + value(item))
  return result
}

async function holders(books: Books, chain: ChainBooks): Promise<string[]> {
  const mirrored = new Map(books.holders.map(({ address, epoch, points }) => [`${address} ${epoch}`, points]))
  const addresses = [...new Set(books.holders.map(({ address }) => address))]
  return (await chain.bucketsOf(addresses)).flatMap(({ holder, epoch, current, previous }) => [
    ...differs(`holder ${holder}, ${epoch - 1}`, mirrored.get(`${holder} ${epoch - 1}`) ?? 0n, previous),
    ...differs(`holder ${holder}, ${epoch}`, mirrored.get(`${holder} ${epoch}`) ?? 0n, current),
  ])
}

/** A holder that the database does not know would show here. */
async function sums(books: Books, chain: ChainBooks): Promise<string[]> {
  const byEpoch = sumBy(
    books.holders,
    ({ epoch }) => String(epoch),
    ({ points }) => points,
  )
  const years = await Promise.all(
    [...byEpoch].map(async ([epoch, sum]) =>
      differs(`points of ${epoch}`, sum, await chain.outstandingOf(Number(epoch))),
    ),
  )
  const all = [...byEpoch.values()].reduce((sum, points) => sum + points, 0n)
  const [supply, expired, totals] = [await chain.supply(), await chain.expired(), await chain.totals()]
  const mirrored = new Map(books.totals.map(({ name, points }) => [name, points]))
  return [
    ...years.flat(),
    ...differs('all points, expired ones too', all, supply + expired),
    ...Object.entries(totals).flatMap(([name, sum]) => differs(`all ${name}`, mirrored.get(name) ?? 0n, sum)),
  ]
}

function payments(books: Books, events: readonly ChainEvent[]): string[] {
  const redeemed = events.filter(({ name }) => name === 'Redeemed')
  const known = new Map(books.payments.map((payment) => [payment.digest, payment]))
  const settled = new Map(redeemed.map((event) => [arg(event, 'digest'), event]))
  const returned = sumBy(
    events.filter(({ name }) => name === 'Refunded'),
    (event) => arg(event, 'digest'),
    (event) => points(event, 'amount'),
  )
  return [
    ...redeemed
      .filter((event) => !known.has(arg(event, 'digest')))
      .map((event) => `payment ${arg(event, 'digest')}: settled on the chain, unknown to the database`),
    ...books.payments.flatMap((payment) => {
      const { id, digest, status, payeeId, amount, epoch, fromPrevious } = payment
      const event = settled.get(digest)
      const isSettled = status === 'settled'
      if (isSettled !== (event !== undefined))
        return [`payment ${id}: database ${status}, chain ${event ? 'settled' : 'not settled'}`]
      if (!event) return []
      return [
        ...differs(`payment ${id}, payee`, payeeId, arg(event, 'payee')),
        ...differs(`payment ${id}, amount`, amount, arg(event, 'amount')),
        ...differs(`payment ${id}, year`, epoch, arg(event, 'epoch')),
        ...differs(`payment ${id}, points of the year before`, fromPrevious, arg(event, 'fromPrevious')),
        ...differs(`payment ${id}, given back`, payment.returned, returned.get(digest) ?? 0n),
      ]
    }),
  ]
}

/** What each payee has got, less what it gave back. */
function payeeSums(books: Books, events: readonly ChainEvent[]): string[] {
  const database = sumBy(
    books.payments.filter(({ status }) => status === 'settled'),
    ({ payeeId }) => String(payeeId),
    ({ amount, returned }) => amount - returned,
  )
  const chain = sumBy(
    events.filter(({ name }) => name === 'Redeemed' || name === 'Refunded'),
    (event) => arg(event, 'payee'),
    (event) => (event.name === 'Redeemed' ? 1n : -1n) * points(event, 'amount'),
  )
  const ids = [...new Set([...database.keys(), ...chain.keys()])].sort((a, b) => Number(a) - Number(b))
  return ids.flatMap((id) => differs(`payee ${id}, in all`, database.get(id) ?? 0n, chain.get(id) ?? 0n))
}

/** What is ordered and on its way may differ until it is there. */
async function payees(books: Books, chain: ChainBooks): Promise<string[]> {
  const settled = books.payees.filter(({ id }) => !books.pendingChanges.includes(`Payee ${id}`))
  const found = await Promise.all(
    settled.map(async ({ id, kind, status }) => {
      const payee = await chain.payeeOf(id)
      const actual = !payee ? 'unknown' : payee.frozen ? 'frozen' : 'active'
      const expected = status === 'active' || status === 'frozen' ? status : 'unknown'
      return [
        ...differs(`payee ${id}`, expected, actual),
        ...(payee ? differs(`payee ${id}, kind`, kind === 'fund' ? 'fund' : 'merchant', payee.kind) : []),
      ]
    }),
  )
  return found.flat()
}

function awards(books: Books, events: readonly ChainEvent[]): string[] {
  const settled = events.filter(({ name }) => name === 'AwardsSettled')
  const byRoot = new Map(settled.map((event) => [arg(event, 'root'), event]))
  const known = new Set(books.batches.map(({ root }) => root))
  return [
    ...settled
      .filter((event) => !known.has(arg(event, 'root')))
      .map((event) => `awards ${arg(event, 'root')}: on the chain, unknown to the database`),
    ...books.batches.flatMap(({ root, status, programmeId, total, awarded }) => {
      const event = byRoot.get(root)
      if ((status === 'confirmed') !== (event !== undefined))
        return [`awards ${root}: database ${status}, chain ${event ? 'confirmed' : 'not there'}`]
      return [
        ...differs(`awards ${root}, single awards`, awarded, total),
        ...(event ? differs(`awards ${root}, sum`, total, arg(event, 'total')) : []),
        ...(event ? differs(`awards ${root}, programme`, programmeId, arg(event, 'programme')) : []),
      ]
    }),
  ]
}

async function programmes(books: Books, chain: ChainBooks): Promise<string[]> {
  const found = await Promise.all(
    books.programmes.map(async ({ id, slug, status, startDay, periodDays, ...terms }) => {
      const what = `programme ${id} (${slug})`
      const there = await chain.programmeOf(id)
      if (!there) return status === 'pending' ? [] : [`${what}: database ${status}, chain unknown`]
      const spent = sumBy(
        books.spending.filter(({ programmeId }) => programmeId === id),
        ({ day }) => String(Math.floor((day - startDay) / periodDays)),
        ({ points }) => points,
      )
      const periods = await Promise.all(
        [...spent].map(async ([period, sum]) =>
          differs(`${what}, period ${period}`, sum, await chain.spentOf(id, Number(period))),
        ),
      )
      const own = [
        ...differs(`${what}, first day`, startDay, there.startDay),
        ...differs(`${what}, period`, periodDays, there.periodDays),
        ...differs(`${what}, budget`, terms.budget, there.budget),
        ...differs(`${what}, day limit`, terms.dayLimit, there.dayLimit),
        ...differs(`${what}, last day`, terms.endDay, there.endDay),
        ...differs(what, status, there.stopped ? 'stopped' : 'active'),
      ]
      return [...(books.pendingChanges.includes(`Programme ${id}`) ? [] : own), ...periods.flat()]
    }),
  )
  return found.flat()
}

function corrections(books: Books, events: readonly ChainEvent[]): string[] {
  const corrected = new Map(
    events.filter(({ name }) => name === 'Corrected').map((event) => [arg(event, 'id'), event]),
  )
  const known = new Set(books.corrections.map(({ id }) => String(id)))
  return [
    ...[...corrected.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `correction ${id}: on the chain, unknown to the database`),
    ...books.corrections.flatMap(({ id, status, debited }) => {
      const event = corrected.get(String(id))
      if ((status === 'settled') !== (event !== undefined))
        return [`correction ${id}: database ${status}, chain ${event ? 'settled' : 'not there'}`]
      return event ? differs(`correction ${id}`, debited, arg(event, 'amount')) : []
    }),
  ]
}
