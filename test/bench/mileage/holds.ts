import { createPublicKey, randomUUID, sign, verify } from 'node:crypto'
import { join } from 'node:path'
import type { MileageDomain } from '@pass/chain/authorisations'
import { openDatabase } from '@pass/database'
import type { TestWalletKey } from '../../../apps/api/src/testing/wallet-key.ts'
import type { TestCity } from '../../city.ts'
import { newKey } from '../../conformance/jose.ts'
import { reconcile } from '../../reconcile.ts'
import { digest } from '../bare-wallet.ts'
import { benchCity } from '../bench-city.ts'
import { cpuSeconds, type Floor, measureFloor, profile, report, round } from '../measure.ts'
import { insertAccounts } from './accounts.ts'

const ACCOUNTS = 2000
const WARM_UP = 4000
const HOLDS = 6000
const PROFILED = 1500
const PARALLEL = 4
const SETTLEMENT_SECONDS = 7 * 86_400 + 60
/** Making the requests included, which are good for three minutes. */
const SETTLED_WITHIN_MS = 240_000

type Payer = { key: TestWalletKey; number: string; nonce: number }
type Shop = { city: TestCity; domain: MileageDomain; payee: number; payers: Payer[]; turn: number }

/**
 * Payments at a counter as fast as the city takes them, each of another citizen than the last two thousand, while the
 * settlement goes on behind. Afterwards `npm run reconcile` agrees, or it fails.
 */
export async function measureHolds(database: 'embedded' | 'server') {
  const started = await benchCity(database)
  const { inspectorPort, end } = started
  let { city } = started
  try {
    await city.stop()
    const folder = join(city.dataDir, 'database')
    const db = await openDatabase(started.databaseUrl ? { url: started.databaseUrl } : { folder })
    const accounts = await insertAccounts(db, ACCOUNTS)
    await db.close()
    city = await city.restart()
    const payers = accounts.flatMap(({ key, number }) => (key ? [{ key, number, nonce: 0 }] : []))
    const shop = await openShop(city, payers)
    await earn(shop)

    await holdAll(shop, await requests(shop, WARM_UP))
    await settled(shop)
    const toPay = await requests(shop, HOLDS)
    const bare = measureFloor(await floor())
    const [cpu, before, began] = [cpuSeconds(city.pid), await redeemed(city), performance.now()]
    const latencies = await holdAll(shop, toPay)
    const seconds = (performance.now() - began) / 1000
    const [held, after] = [cpuSeconds(city.pid), await redeemed(city)]
    await settled(shop)
    const [all, behind] = [cpuSeconds(city.pid), (performance.now() - began) / 1000 - seconds]

    const toProfile = await requests(shop, PROFILED)
    const spentOn = await profile(inspectorPort, () => holdAll(shop, toProfile))
    await settled(shop)
    const { code, last, output } = await reconcile(
      city,
      started.databaseUrl ? { DATABASE_URL: started.databaseUrl } : {},
    )
    if (code !== 0) throw new Error(output)
    const { perSecond, cpuMsPerOp, ...figures } = report(
      {
        operations: HOLDS,
        perSecond: round(HOLDS / seconds),
        cpuMsPerOp: round(((held - cpu) * 1000) / HOLDS),
      },
      bare,
      spentOn,
    )
    return {
      database,
      holdsPerSecond: perSecond,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      cpuMsPerHold: cpuMsPerOp,
      cpuMsPerHoldAndSettlement: round(((all - cpu) * 1000) / HOLDS),
      settledPerSecondMeanwhile: round(Number(after - before) / seconds),
      settledPerSecond: round(HOLDS / (seconds + behind)),
      allSettledAfterSeconds: round(behind),
      ...figures,
      reconciled: last,
    }
  } finally {
    await city.stop()
    await end()
  }
}

/**
 * What no server can do without, when it has the citizen's key at hand: one check of the payment's signature, and the
 * hashes of the payment, its message, and its leaf in the tree of the batch.
 */
async function floor(): Promise<Floor> {
  const { privateKey, jwk: publicJwk } = await newKey()
  const publicKey = createPublicKey({ key: publicJwk, format: 'jwk' })
  const message = Buffer.alloc(66, 1)
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const der = sign('sha256', message, privateKey)
  return {
    verify: {
      times: 1,
      run: () => verify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature),
      cheapest: () => verify('sha256', message, publicKey, der),
    },
    // Of the payment and its message; of the leaf three, and one node of the tree. Keccak counts as SHA-256.
    shortHash: { times: 6, run: () => digest(message) },
  }
}

async function openShop(city: TestCity, payers: Payer[]): Promise<Shop> {
  const { body: session } = await city.call('merchant', '/api/session')
  const [first] = payers
  if (!first) throw new Error('There is nobody to pay.')
  const { body: points } = await first.key.call(city.url, '/api/wallet/points')
  return { city, domain: points.domain, payee: Number(session.payee.id), payers, turn: 0 }
}

/** A day's volunteering for everyone, given as an owner's machine gives it, and confirmed on the chain. */
async function earn({ city, payers }: Shop): Promise<void> {
  const awarded = async () => BigInt((await city.call('operator', '/api/chain-totals')).body.awarded)
  const before = await awarded()
  let given = 0n
  await inLanes(payers, async ({ number }) => {
    const { status, body } = await city.call(
      'programme',
      '/api/programmes/1/awards',
      { to: { number }, rule: 'hour', quantity: 1 },
      { 'idempotency-key': randomUUID() },
    )
    if (status !== 201) throw new Error(`not given: ${JSON.stringify(body)}`)
    given += BigInt(body.points)
  })
  await until(async () => (await awarded()) - before === given, 'every award is on the chain')
}

/** Open requests of the merchant over one point each. */
async function requests({ city }: Shop, count: number): Promise<string[]> {
  const ids: string[] = []
  await inLanes(Array(count).fill('1'), async (amount) => {
    const { status, body } = await city.call('merchant', '/api/merchant/payment-requests', { amount })
    if (status !== 201) throw new Error(`no request: ${JSON.stringify(body)}`)
    ids.push(body.id)
  })
  return ids
}

/** Pays each request; milliseconds from the sending of the payment to its answer. */
async function holdAll(shop: Shop, requestIds: readonly string[]): Promise<number[]> {
  const { city, domain, payee, payers } = shop
  const latencies: number[] = []
  await inLanes(requestIds, async (requestId) => {
    const payer = payers[shop.turn++ % payers.length]
    if (!payer) return
    const deadline = Math.floor(Date.now() / 1000) + SETTLEMENT_SECONDS
    const payment = { payee, amount: 1n, nonce: ++payer.nonce, deadline }
    const signature = payer.key.signPayment(domain, payment)
    const body = JSON.stringify({ ...payment, amount: '1', requestId, address: payer.key.address, signature })
    const began = performance.now()
    const response = await fetch(`${city.url}/api/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer = await response.text()
    latencies.push(performance.now() - began)
    if (response.status !== 201) throw new Error(`not held: ${response.status} ${answer}`)
  })
  return latencies
}

/** Each payment is over one point. */
const redeemed = async (city: TestCity) =>
  BigInt((await city.call('operator', '/api/chain-totals')).body.redeemed)

/** Everything that was held has been settled. */
const settled = ({ city, turn }: Shop) =>
  until(async () => (await redeemed(city)) === BigInt(turn), 'every payment is settled')

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item)
  }
  await Promise.all(Array.from({ length: PARALLEL }, lane))
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + SETTLED_WITHIN_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${SETTLED_WITHIN_MS / 1000} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}
