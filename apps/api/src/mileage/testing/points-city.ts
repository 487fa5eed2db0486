import { randomUUID } from 'node:crypto'
import { type CityChain, connectCity, deployCity, type Hex } from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import type { DatabaseLocation } from '@pass/database'
import { anchoring, createRelay, type Relay, type SignerName } from '@pass/relay'
import { Wallet } from 'ethers'
import type { Context } from '../../context.ts'
import { createHold } from '../../payments/hold.ts'
import { createPayerKeys } from '../../payments/keys.ts'
import { startTestApi } from '../../testing/api.ts'
import { makeWalletKey } from '../../testing/wallet-key.ts'
import { commandIn } from '../commands.ts'
import { ensureProgrammes } from '../programmes.ts'
import { mileageRoutes } from '../routes.ts'
import { createMileage, type Mileage } from '../service.ts'

const CHAIN_ID = 8282
const SETTLE_SECONDS = 7 * 24 * 60 * 60

export type PointsCity = Awaited<ReturnType<typeof openPointsCity>>
export type Holder = Awaited<ReturnType<PointsCity['citizen']>>

/**
 * The points' API over real HTTP, on a chain of its own, with the relay in the test's hands: nothing reaches the
 * chain before `relay.tick()` or `settle()`.
 */
export async function openPointsCity({
  database,
  ...chainOptions
}: {
  database?: DatabaseLocation
  newestStateOnly?: boolean
} = {}) {
  const anvil = await startAnvil({ chainId: CHAIN_ID, ...chainOptions })
  const account = () => new Wallet(Wallet.createRandom().privateKey)
  const accounts: Record<SignerName, Wallet> = {
    anchorer: account(),
    settler: account(),
    treasurer: account(),
    approver: account(),
  }
  const addressOf = (name: SignerName) => accounts[name].address as Hex
  const manifest = await deployCity({
    rpcUrl: anvil.rpcUrl,
    chainId: CHAIN_ID,
    deployer: Wallet.createRandom(),
    registrar: Wallet.createRandom().address as Hex,
    anchorer: addressOf('anchorer'),
    settler: addressOf('settler'),
    treasurer: addressOf('treasurer'),
    approver: addressOf('approver'),
  })
  const chain: CityChain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
  let offset = 0
  const clock = () => new Date(Date.now() + offset)
  let made: { context: Context; mileage: Mileage } | undefined
  const api = await startTestApi({
    ...(database === undefined ? {} : { database }),
    context: { chain, clock, agent: { chainSigner: async (name: SignerName) => accounts[name] } },
    routes: ({ context, audit, db }) => {
      const accountBy = async (number: string) => {
        const found = await db.prisma.walletAccount.findUniqueOrThrow({ where: { number } })
        return { id: found.id }
      }
      const deps = { audit, accountByNumber: accountBy, accountByPass: accountBy, ring: () => {} }
      made = { context, mileage: createMileage(context, deps) }
      return mileageRoutes(made.mileage)
    },
  })
  if (!made) throw new Error('The routes were not made.')
  const { context, mileage } = made
  const { db } = api
  const hold = createHold(context, { keys: createPayerKeys(db), ring: () => {} })

  /** One more, as another process on the same database has it. */
  const makeRelay = (changes: { confirmations?: number } = {}): Relay => {
    const anchors = anchoring({ db, chain, batchAgeMs: 0 })
    return createRelay({
      db,
      chain,
      signerOf: async (name) => accounts[name].connect(chain.provider),
      lanes: [anchors.lane, ...mileage.lanes],
      projections: [anchors.projection, ...mileage.projections],
      clock,
      log: api.context.log,
      ...changes,
    })
  }
  const relay = makeRelay()

  const rpc = (method: string, ...params: unknown[]): Promise<unknown> => chain.provider.send(method, params)
  /** City and chain go on together. */
  const advance = async (seconds: number) => {
    offset += seconds * 1000
    await rpc('evm_increaseTime', seconds)
    await rpc('evm_mine')
  }
  const unsettled = async () => {
    const [row] = await db.sql<{ count: number }>`
      SELECT (SELECT count(*) FROM "Award" WHERE "status" IN ('pending', 'batched'))::int
        + (SELECT count(*) FROM "Redemption" WHERE "status" IN ('held', 'batched'))::int
        + (SELECT count(*) FROM "ChainCommand" WHERE "status" = 'pending')::int AS "count"`
    return row?.count ?? 0
  }
  /** Until nothing waits any more; what waits for others waits in the city's time. */
  const settle = async (rounds = 20) => {
    for (let round = 0; round < rounds && (await unsettled()) > 0; round++) {
      offset += 1000
      await relay.tick()
    }
  }

  /** A citizen with a connected wallet, and no points. */
  const citizen = async (subjectId: string = randomUUID()) => {
    const wallet = makeWalletKey(clock)
    const { address, jkt, publicJwk } = wallet
    const id = randomUUID()
    const number = String(Math.floor(Math.random() * 1e10)).padStart(10, '0')
    await db.prisma.walletAccount.create({
      data: { id, number, subjectId, address, jkt, status: 'open', publicJwk },
    })
    let nonce = 0
    return {
      wallet,
      id,
      number,
      subjectId,
      address: address as Hex,
      /** Signs and holds a payment. */
      pay: (payee: number, amount: bigint, changes: { requestId?: string; nonce?: number } = {}) => {
        const deadline = Math.floor(clock().getTime() / 1000) + SETTLE_SECONDS + 60
        const payment = { payee, amount, nonce: changes.nonce ?? ++nonce, deadline }
        const domain = { chainId: CHAIN_ID, contract: manifest.contracts.mileage }
        const signature = new Uint8Array(Buffer.from(wallet.signPayment(domain, payment), 'base64url'))
        const { requestId } = changes
        return hold(
          { address, ...payment, signature, ...(requestId === undefined ? {} : { requestId }) },
          { via: 'phone' },
        )
      },
      points: async () => (await wallet.call(api.url, '/api/wallet/points')).body,
      history: async (query = '') => (await wallet.call(api.url, `/api/wallet/points/history${query}`)).body,
    }
  }

  const mirror = async () => {
    const rows = await db.sql<{ address: string; epoch: number; points: bigint }>`
      SELECT "address", "epoch", "points" FROM "HolderEpoch" WHERE "points" <> 0 ORDER BY "address", "epoch"`
    const totals = await db.prisma.pointTotal.findMany({
      where: { points: { not: 0n } },
      orderBy: { name: 'asc' },
    })
    const spending = await db.prisma.programmeSpending.findMany({
      where: { points: { not: 0n } },
      orderBy: [{ programmeId: 'asc' }, { day: 'asc' }],
    })
    return { rows, totals, spending }
  }

  return {
    ...api,
    context,
    mileage,
    chain,
    relay,
    makeRelay,
    accounts,
    rpc,
    advance,
    clock,
    settle,
    citizen,
    mirror,
    /** Programmes of the city's files, active on the chain. */
    begin: async () => {
      await ensureProgrammes(context)
      await settle()
    },
    keyOf: async (programmeId: number) =>
      (await api.apiKeys.create({ name: `owner ${randomUUID()}`, role: 'programme', programmeId })).key,
    operatorKey: async () =>
      (await api.apiKeys.create({ name: `city ${randomUUID()}`, role: 'operator' })).key,
    /** A payee on its way to the chain. */
    payee: async (kind: 'merchant' | 'fund' = 'fund') => {
      const { id } = await db.prisma.payee.create({
        data: { kind, nameKo: '푸른인천', nameEn: 'Green Incheon', status: 'approved' },
      })
      await commandIn(db.sql, { key: `payee:${id}:register`, call: 'registerPayee', args: { id, kind } })
      return id
    },
    /** A merchant's request over an amount. */
    request: async (payeeId: number, amount: bigint) => {
      const expiresAt = new Date(clock().getTime() + 180_000)
      const row = { id: randomUUID(), payeeId, amount, createdBy: 'test', expiresAt }
      return (await db.prisma.paymentRequest.create({ data: row })).id
    },
    award: (
      key: string,
      programmeId: number,
      award: { to: { number: string }; rule: string; quantity: number; idempotencyKey?: string },
    ) =>
      api.call(`/api/programmes/${programmeId}/awards`, {
        key,
        headers: { 'idempotency-key': award.idempotencyKey ?? randomUUID() },
        json: { to: { number: award.to.number }, rule: award.rule, quantity: award.quantity },
      }),
    /** As a chain that is restored from before, or lost its newest blocks. */
    forget: async (work: () => Promise<void>) => {
      const snapshot = await rpc('evm_snapshot')
      await work()
      await rpc('evm_revert', snapshot)
      await rpc('evm_mine')
    },
    end: async () => {
      await api.close()
      await chain.close()
      await anvil.stop()
    },
  }
}
