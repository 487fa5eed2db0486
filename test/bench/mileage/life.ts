import { randomUUID } from 'node:crypto'
import { AWARD_BATCH, REDEMPTION_BATCH } from '@pass/chain'
import { startPostgres } from '@pass/database/testing'
import { openPointsCity, type PointsCity } from '../../../apps/api/src/mileage/testing/points-city.ts'
import { createHold, type Hold } from '../../../apps/api/src/payments/hold.ts'
import { createPayerKeys } from '../../../apps/api/src/payments/keys.ts'
import { round } from '../measure.ts'
import { type Account, insertAccounts } from './accounts.ts'
import { childNamed, cpuOf, memoryOf } from './processes.ts'

/** The volunteering programme of the city's files. */
const PROGRAMME = 1
const POINTS = 500
const PAID = 200n
const MONTHS = 12
/** One citizen of so many pays, once a month in which they earned. */
const PAYERS = 10
const PARALLEL = 4
const SETTLEMENT_SECONDS = 7 * 86_400 + 60

/** Milliseconds for each one: of the clock, and of the processors of the city, the database and the chain. */
type Cost = { ms: number; cpuMs: number; databaseCpuMs: number; chainCpuMs: number }
type Month = {
  month: string
  awards: number
  award: Cost
  payments: number
  payment: Cost
  databaseMb: number
  memoryMb: number
  chainMemoryMb: number
}

/**
 * A year of a programme: each month as many citizens earn, and some of them pay at a merchant's, signatures and all.
 * Before it a month of trial in the year before; the last month is a January, in which what is left of the trial's
 * points has expired. City and chain agree to the point afterwards, or it fails.
 */
export async function liveAYear(citizens: number) {
  const server = await startPostgres()
  const city = await openPointsCity({ database: { url: server.url }, newestStateOnly: true })
  try {
    return await year(city, citizens)
  } finally {
    await city.end()
    await server.stop()
  }
}

async function year(city: PointsCity, citizens: number) {
  await city.begin()
  const payeeId = await city.payee('merchant')
  await city.settle()
  const accounts = await insertAccounts(city.db, citizens, {
    signs: (index) => Math.floor(index / MONTHS) % PAYERS === 0,
    clock: city.clock,
  })
  const hold = createHold(city.context, { keys: createPayerKeys(city.db), ring: () => {} })
  const groupOf = (month: number) => accounts.filter((_, index) => index % MONTHS === month)
  const ofMonth = async (at: Date, group: readonly Account[], trial = false): Promise<Month> => {
    await city.advance(Math.round((at.getTime() - city.clock().getTime()) / 1000))
    const payers = trial ? [] : group.filter(({ key }) => key)
    const award = await charged(group.length, () => give(city, group))
    const payment = await charged(payers.length, () => pay(city, { hold, payeeId, payers }))
    const [size] = await city.db.sql<{ bytes: bigint }>`
      SELECT pg_database_size(current_database()) AS "bytes"`
    const month = {
      month: at.toISOString().slice(0, 7),
      awards: group.length,
      award,
      payments: payers.length,
      payment,
      databaseMb: Math.round(Number(size?.bytes ?? 0n) / 1e6),
      memoryMb: Math.round(process.memoryUsage().rss / 1e6),
      chainMemoryMb: memoryOf(childNamed('anvil')),
    }
    // The test's city keeps every line of its log.
    city.logged.length = 0
    console.log(JSON.stringify(month))
    return month
  }
  const [trialAt, ...months] = moments(city.clock())
  if (!trialAt) throw new Error('A year has no months.')
  await city.db.sql`ANALYZE`
  await ofMonth(trialAt, groupOf(MONTHS - 1), true)
  // A month is minutes here, and autovacuum looks once in a minute at how tables that were empty have become large.
  await city.db.sql`ANALYZE`
  const lived: Month[] = []
  for (const [index, at] of months.entries()) lived.push(await ofMonth(at, groupOf(index)))

  const totals = await city.mileage.totals()
  const lost = BigInt(groupOf(MONTHS - 1).length * POINTS)
  if (BigInt(totals.expired) !== lost)
    throw new Error(`Of the trial ${lost} points are over, and ${totals.expired} have expired.`)
  const began = performance.now()
  const { differences } = await city.mileage.reconcile()
  if (differences.length > 0)
    throw new Error(`${differences.length} differences: ${differences.slice(0, 5).join('; ')}`)
  return {
    citizens,
    awards: sum(lived, ({ awards }) => awards),
    payments: sum(lived, ({ payments }) => payments),
    expired: totals.expired,
    reconciled: 'database and chain agree',
    reconcileSeconds: round((performance.now() - began) / 1000),
    drift: driftOf(lived),
    months: lived,
  }
}

/** Noon in Korea: the trial's, some day soon, then one in each month from the next February to the January after. */
function moments(now: Date): Date[] {
  const trial = new Date(now.getTime() + 2 * 86_400_000)
  trial.setUTCHours(3, 0, 0, 0)
  const february = Date.UTC(trial.getUTCFullYear() + 1, 1, 15, 3)
  const months = Array.from({ length: MONTHS }, (_, month) => {
    const at = new Date(february)
    at.setUTCMonth(1 + month)
    return at
  })
  return [trial, ...months]
}

/** Each batch is on the chain and back before the next one is given. */
async function give(city: PointsCity, group: readonly Account[]): Promise<void> {
  for (let from = 0; from < group.length; from += AWARD_BATCH) {
    await city.db.transaction(async (sql) => {
      for (const { id: accountId } of group.slice(from, from + AWARD_BATCH))
        await city.mileage.awardIn(sql, {
          programmeId: PROGRAMME,
          accountId,
          points: POINTS,
          ruleId: 'hour',
          reason: { ko: '봉사 활동', en: 'Volunteering' },
          source: 'bench',
          idempotencyKey: randomUUID(),
        })
    })
    await city.settle()
  }
}

async function pay(
  city: PointsCity,
  { hold, payeeId, payers }: { hold: Hold; payeeId: number; payers: readonly Account[] },
): Promise<void> {
  const domain = { chainId: city.chain.chainId, contract: city.chain.manifest.contracts.mileage }
  for (let from = 0; from < payers.length; from += REDEMPTION_BATCH) {
    const waiting = payers.slice(from, from + REDEMPTION_BATCH).map((payer) => ({ payer, id: randomUUID() }))
    await city.db.sql`
      INSERT INTO "PaymentRequest" ("id", "payeeId", "amount", "createdBy", "createdAt", "expiresAt")
      SELECT "id", ${payeeId}::int, ${PAID}::bigint, 'bench', ${city.clock()}::timestamptz,
        ${city.clock()}::timestamptz + interval '3 minutes'
      FROM unnest(${waiting.map(({ id }) => id)}::uuid[]) AS "id"`
    const counter = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { payer, id: requestId } = next
        if (!payer.key) continue
        const deadline = Math.floor(city.clock().getTime() / 1000) + SETTLEMENT_SECONDS
        const payment = { payee: payeeId, amount: PAID, nonce: 1, deadline }
        const signature = new Uint8Array(Buffer.from(payer.key.signPayment(domain, payment), 'base64url'))
        await hold({ ...payment, address: payer.key.address, requestId, signature }, { via: 'phone' })
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, counter))
    await city.settle()
  }
}

/** What `work` on so many took, for each. */
async function charged(count: number, work: () => Promise<void>): Promise<Cost> {
  const cpu = () => {
    const { user, system } = process.cpuUsage()
    return {
      own: (user + system) / 1000,
      database: cpuOf(childNamed('postgres')),
      chain: cpuOf(childNamed('anvil')),
    }
  }
  const [before, began] = [cpu(), performance.now()]
  await work()
  const [after, ms] = [cpu(), performance.now() - began]
  const each = (value: number) => round(value / Math.max(1, count))
  return {
    ms: each(ms),
    cpuMs: each(after.own - before.own),
    databaseCpuMs: each((after.database - before.database) * 1000),
    chainCpuMs: each((after.chain - before.chain) * 1000),
  }
}

/** Mean of the last quarter over that of the first: 1 is a straight line. */
function driftOf(months: readonly Month[]) {
  const [first, last] = [months.slice(0, 3), months.slice(-3)]
  const ratio = (value: (month: Month) => number) => round(sum(last, value) / sum(first, value))
  const of = (cost: (month: Month) => Cost) => ({
    ms: ratio((month) => cost(month).ms),
    cpuMs: ratio((month) => cost(month).cpuMs),
    databaseCpuMs: ratio((month) => cost(month).databaseCpuMs),
    chainCpuMs: ratio((month) => cost(month).chainCpuMs),
  })
  return { award: of(({ award }) => award), payment: of(({ payment }) => payment) }
}

const sum = <T>(items: readonly T[], value: (item: T) => number) =>
  items.reduce((total, item) => total + value(item), 0)
