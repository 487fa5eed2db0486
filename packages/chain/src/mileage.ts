import { Contract, type Provider, toBigInt } from 'ethers'
import mileage from './abi/Mileage.json' with { type: 'json' }
import { coordinate, type Payment } from './authorisations.ts'
import { reading } from './failures.ts'
import type { Hex } from './manifest.ts'
import type { TxRequest } from './transaction.ts'

/**
 * How many holders a batch of awards may have, and how many payments one of redemptions, so that its transaction stays
 * under the 16,777,216 gas that Osaka (EIP-7825) allows one, even when each is the dearest kind there is.
 */
export const AWARD_BATCH = 500
export const REDEMPTION_BATCH = 400

/** A gas limit that fits `holders` awards, all of them to new holders. Spares the sender a slow estimate. */
export const awardGas = (holders: number): bigint => 250_000n + 30_000n * BigInt(holders)

/** A gas limit that fits `payments` redemptions where P256VERIFY is a precompile. */
export const redemptionGas = (payments: number): bigint => 250_000n + 35_000n * BigInt(payments)

/** Points of one programme and day, net per holder, with the root over the single awards. */
export type AwardBatch = {
  programme: number
  /** Days since 1970 on the city's calendar; not later than today, not more than 30 days ago. */
  day: number
  root: Hex
  leafCount: number
  /** 1 to 65535 points each. */
  entries: readonly { holder: Hex; amount: bigint }[]
}

/** A payment with the key (base64url coordinates) and its ES256 signature, 64 bytes, low s. */
export type Redemption = Omit<Payment, 'holder'> & {
  key: { x: string; y: string }
  signature: Uint8Array
}

/** What goes back of a settled payment. `epoch` and `fromPrevious` as its Redeemed event said. */
export type Refund = Payment & {
  epoch: number
  fromPrevious: bigint
  /** What went back earlier: names this refund, so that it is taken once. */
  refundedBefore: bigint
  amountBack: bigint
  root: Hex
  /** Siblings from the payment's leaf to the root. */
  proof: readonly Hex[]
}

export type Programme = {
  operator: Hex
  budgetPerPeriod: bigint
  periodDays: number
  /** For one holder and day. */
  dayLimit: number
  startDay: number
  /** The last day. */
  endDay: number
  halt: 'running' | 'by_operator' | 'by_treasurer'
}
export type Payee = { kind: 'merchant' | 'fund'; frozen: boolean }
export type Correction = {
  holder: Hex
  programme: number
  amount: bigint
  state: 'proposed' | 'approved' | 'rejected'
  proposer: Hex
  reasonHash: Hex
}
/** `readyAt` in seconds. It counts for nothing once the holder's nonce is another. */
export type Recovery = { to: Hex; readyAt: number; nonce: number }

/**
 * Mileage, see IMileage. Points are bigint, days count from 1970 on the city's calendar, an epoch is a calendar year.
 * What writes returns the call to sign, by the account that the comment names.
 */
export type Mileage = {
  /** Settler. */
  settleAwards(batch: AwardBatch): TxRequest
  redeem(redemptions: readonly Redemption[]): TxRequest
  refund(refund: Refund): TxRequest
  requestRecovery(from: Hex, to: Hex): TxRequest
  cancelRecovery(from: Hex): TxRequest
  completeRecovery(from: Hex): TxRequest
  /** Treasurer. `id` is 1 to 4095. */
  createProgramme(id: number, programme: Omit<Programme, 'halt'>): TxRequest
  changeProgramme(id: number, change: Pick<Programme, 'budgetPerPeriod' | 'dayLimit' | 'endDay'>): TxRequest
  /** Treasurer, or the programme's operator. */
  stopProgramme(id: number): TxRequest
  resumeProgramme(id: number): TxRequest
  /** Treasurer. `id` is 1 or more. */
  registerPayee(id: number, kind: Payee['kind']): TxRequest
  setPayeeFrozen(id: number, frozen: boolean): TxRequest
  proposeCorrection(
    id: bigint,
    correction: Pick<Correction, 'holder' | 'programme' | 'amount' | 'reasonHash'>,
  ): TxRequest
  pause(): TxRequest
  unpause(): TxRequest
  /** Approver, another account than the proposer's. */
  approveCorrection(id: bigint): TxRequest
  rejectCorrection(id: bigint): TxRequest
  /** Anyone: the old key's signature over `objectionMessage` counts. */
  objectToRecovery(objection: {
    key: { x: string; y: string }
    signature: Uint8Array
    nonce: number
    deadline: number
  }): TxRequest

  /** Points that the holder could spend now. */
  balanceOf(holder: Hex): Promise<bigint>
  /** The year of now, and the holder's points of it and of the year before. */
  bucketsOf(holder: Hex): Promise<{ epoch: number; current: bigint; previous: bigint }>
  /** The last nonce that the holder's key used. */
  nonceOf(holder: Hex): Promise<number>
  totalSupply(): Promise<bigint>
  /** Points of a year that were neither spent nor corrected, expired or not. */
  outstandingOf(epoch: number): Promise<bigint>
  expired(): Promise<bigint>
  /** Sums since the beginning: supply = awarded - redeemed - donated + refunded - corrected - expired. */
  totals(): Promise<Record<'awarded' | 'redeemed' | 'donated' | 'refunded' | 'corrected', bigint>>
  /** Undefined for an id that is not in use, here and below. */
  programmeOf(id: number): Promise<Programme | undefined>
  /** What the programme gave in its period, counted from 0. */
  spentOf(id: number, period: number): Promise<bigint>
  payeeOf(id: number): Promise<Payee | undefined>
  /** Seconds; undefined for a root that is not one of redemptions. */
  settledAt(root: Hex): Promise<number | undefined>
  /** How much of a payment went back. */
  refundedOf(digest: Hex): Promise<bigint>
  correctionOf(id: bigint): Promise<Correction | undefined>
  recoveryOf(from: Hex): Promise<Recovery | undefined>
  paused(): Promise<boolean>
}

const PAYEE_KINDS = ['none', 'merchant', 'fund'] as const
const HALTS = ['running', 'by_operator', 'by_treasurer'] as const
const CORRECTION_STATES = ['none', 'proposed', 'approved', 'rejected'] as const

/** Typed client of the Mileage contract at `address`. Reads throw ChainError `chain_unavailable`. */
export function mileageAt(address: Hex, provider: Provider): Mileage {
  const contract = new Contract(address, mileage.abi, provider)
  const call = (name: string, ...args: unknown[]): TxRequest => ({
    to: address,
    data: contract.interface.encodeFunctionData(name, args) as Hex,
  })
  const view = <T>(name: string, ...args: unknown[]): Promise<T> =>
    reading(contract.interface, () => contract.getFunction(name).staticCall(...args) as Promise<T>)

  return {
    settleAwards: ({ programme, day, root, leafCount, entries }) =>
      call(
        'settleAwards',
        programme,
        day,
        root,
        leafCount,
        entries.map(({ holder, amount }) => (BigInt(holder) << 96n) | amount),
      ),
    redeem: (redemptions) => call('redeem', redemptions.map(redemptionStruct)),
    refund: (refund) => call('refund', refund),
    requestRecovery: (from, to) => call('requestRecovery', from, to),
    cancelRecovery: (from) => call('cancelRecovery', from),
    completeRecovery: (from) => call('completeRecovery', from),
    createProgramme: (id, { operator, budgetPerPeriod, periodDays, dayLimit, startDay, endDay }) =>
      call('createProgramme', id, operator, budgetPerPeriod, periodDays, dayLimit, startDay, endDay),
    changeProgramme: (id, { budgetPerPeriod, dayLimit, endDay }) =>
      call('changeProgramme', id, budgetPerPeriod, dayLimit, endDay),
    stopProgramme: (id) => call('stopProgramme', id),
    resumeProgramme: (id) => call('resumeProgramme', id),
    registerPayee: (id, kind) => call('registerPayee', id, PAYEE_KINDS.indexOf(kind)),
    setPayeeFrozen: (id, frozen) => call('setPayeeFrozen', id, frozen),
    proposeCorrection: (id, { holder, programme, amount, reasonHash }) =>
      call('proposeCorrection', id, holder, programme, amount, reasonHash),
    pause: () => call('pause'),
    unpause: () => call('unpause'),
    approveCorrection: (id) => call('approveCorrection', id),
    rejectCorrection: (id) => call('rejectCorrection', id),
    objectToRecovery: ({ key, signature, nonce, deadline }) => {
      const { x, y, r, s } = signedBy(key, signature)
      return call('objectToRecovery', x, y, r, s, nonce, deadline)
    },

    balanceOf: (holder) => view('balanceOf', holder),
    bucketsOf: async (holder) => {
      const [epoch, current, previous] = await view<[bigint, bigint, bigint]>('bucketsOf', holder)
      return { epoch: Number(epoch), current, previous }
    },
    nonceOf: async (holder) => Number(await view<bigint>('nonceOf', holder)),
    totalSupply: () => view('totalSupply'),
    outstandingOf: (epoch) => view('outstandingOf', epoch),
    expired: () => view('expired'),
    totals: async () => {
      const [awarded, redeemed, donated, refunded, corrected] =
        await view<[bigint, bigint, bigint, bigint, bigint]>('totals')
      return { awarded, redeemed, donated, refunded, corrected }
    },
    programmeOf: async (id) => {
      type Raw = {
        operator: Hex
        budgetPerPeriod: bigint
        periodDays: bigint
        dayLimit: bigint
        startDay: bigint
        endDay: bigint
        halt: bigint
      }
      const raw = await view<Raw>('programmeOf', id)
      if (BigInt(raw.operator) === 0n) return undefined
      return {
        operator: raw.operator,
        budgetPerPeriod: raw.budgetPerPeriod,
        periodDays: Number(raw.periodDays),
        dayLimit: Number(raw.dayLimit),
        startDay: Number(raw.startDay),
        endDay: Number(raw.endDay),
        halt: HALTS[Number(raw.halt)] ?? 'by_treasurer',
      }
    },
    spentOf: (id, period) => view('spentOf', id, period),
    payeeOf: async (id) => {
      const { kind, frozen } = await view<{ kind: bigint; frozen: boolean }>('payeeOf', id)
      const name = PAYEE_KINDS[Number(kind)] ?? 'none'
      return name === 'none' ? undefined : { kind: name, frozen }
    },
    settledAt: async (root) => Number(await view<bigint>('settledAt', root)) || undefined,
    refundedOf: (digest) => view('refundedOf', digest),
    correctionOf: async (id) => {
      type Raw = Omit<Correction, 'programme' | 'state'> & { programme: bigint; state: bigint }
      const { holder, programme, amount, state, proposer, reasonHash } = await view<Raw>('correctionOf', id)
      const name = CORRECTION_STATES[Number(state)] ?? 'none'
      if (name === 'none') return undefined
      return { holder, programme: Number(programme), amount, state: name, proposer, reasonHash }
    },
    recoveryOf: async (from) => {
      const raw = await view<{ to: Hex; readyAt: bigint; nonce: bigint }>('recoveryOf', from)
      if (raw.readyAt === 0n) return undefined
      return { to: raw.to, readyAt: Number(raw.readyAt), nonce: Number(raw.nonce) }
    },
    paused: () => view('paused'),
  }
}

const redemptionStruct = ({ key, signature, payee, amount, nonce, deadline }: Redemption) => ({
  ...signedBy(key, signature),
  payee,
  amount,
  nonce,
  deadline,
})

/** Key and signature as the four numbers that the contract takes. */
function signedBy(key: { x: string; y: string }, signature: Uint8Array) {
  if (signature.length !== 64) throw new RangeError('An ES256 signature has 64 bytes.')
  return {
    x: toBigInt(coordinate(key.x)),
    y: toBigInt(coordinate(key.y)),
    r: toBigInt(signature.slice(0, 32)),
    s: toBigInt(signature.slice(32)),
  }
}
