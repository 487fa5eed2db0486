import { webcrypto } from 'node:crypto'
import { id, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Anvil, startAnvil } from './anvil.ts'
import { holderAddress, lowS, objectionMessage, paymentMessage, redemptionDigest } from './authorisations.ts'
import {
  AWARD_BATCH,
  awardGas,
  type CityChain,
  connectCity,
  deployCity,
  type Hex,
  REDEMPTION_BATCH,
  type Redemption,
  redemptionGas,
} from './index.ts'
import type { TxRequest } from './transaction.ts'

const CHAIN_ID = 8282
/** EIP-7825, in force from Osaka: the most gas that one transaction may use. */
const TRANSACTION_GAS = 2 ** 24
const DAY = 86_400
const PROGRAMME = 7
const BAKERY = 3

type Phone = { jwk: { x: string; y: string }; holder: Hex; sign(message: Uint8Array): Promise<Uint8Array> }

/** A key as a wallet makes it. */
async function newPhone(): Promise<Phone> {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { privateKey, publicKey } = await webcrypto.subtle.generateKey(ecdsa, false, ['sign', 'verify'])
  const { x = '', y = '' } = await webcrypto.subtle.exportKey('jwk', publicKey)
  return {
    jwk: { x, y },
    holder: holderAddress({ x, y }),
    sign: async (message) =>
      new Uint8Array(await webcrypto.subtle.sign(ecdsa, privateKey, message as Uint8Array<ArrayBuffer>)),
  }
}

describe('points on the chain', () => {
  const signers = {
    deployer: Wallet.createRandom(),
    settler: Wallet.createRandom(),
    treasurer: Wallet.createRandom(),
    approver: Wallet.createRandom(),
  }
  let anvil: Anvil
  let chain: CityChain
  let today: number
  let roots = 0

  const as = (name: keyof typeof signers, request: TxRequest) => chain.send(signers[name], request)
  const root = () => id(`root ${++roots}`) as Hex
  const domain = () => ({ chainId: CHAIN_ID, contract: chain.manifest.contracts.mileage })
  const now = async () => (await chain.provider.getBlock('latest'))?.timestamp ?? 0
  const award = (programme: number, entries: { holder: Hex; amount: bigint }[]) =>
    as(
      'settler',
      chain.mileage.settleAwards({ programme, day: today, root: root(), leafCount: entries.length, entries }),
    )
  const strangers = (count: number) =>
    Array.from({ length: count }, () => ({ holder: Wallet.createRandom().address as Hex, amount: 100n }))

  async function payment(phone: Phone, amount: bigint, nonce: number): Promise<Redemption> {
    const payment = {
      holder: phone.holder,
      payee: BAKERY,
      amount,
      nonce,
      deadline: (await now()) + 3600,
    }
    const signature = lowS(await phone.sign(paymentMessage(domain(), payment)))
    return { ...payment, key: phone.jwk, signature }
  }

  /** What a call of the settler uses, base and calldata included. Signed here: `send` estimates, and keeps to the cap. */
  async function gasOf(request: TxRequest, gasLimit: bigint): Promise<number> {
    const nonce = await chain.provider.getTransactionCount(signers.settler.address)
    const terms = { type: 0, chainId: CHAIN_ID, nonce, gasPrice: 0, gasLimit }
    const raw = await signers.settler.signTransaction({ ...request, ...terms })
    const receipt = await (await chain.provider.broadcastTransaction(raw)).wait()
    expect(receipt?.status).toBe(1)
    return Number(receipt?.gasUsed)
  }

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID })
    const manifest = await deployCity({
      rpcUrl: anvil.rpcUrl,
      chainId: CHAIN_ID,
      deployer: signers.deployer,
      registrar: Wallet.createRandom().address as Hex,
      anchorer: Wallet.createRandom().address as Hex,
      settler: signers.settler.address as Hex,
      treasurer: signers.treasurer.address as Hex,
      approver: signers.approver.address as Hex,
    })
    chain = connectCity({ rpcUrl: anvil.rpcUrl, manifest })
    today = Math.floor(((await now()) + 9 * 3600) / DAY)
    const programme = {
      operator: signers.treasurer.address as Hex,
      budgetPerPeriod: 10n ** 12n,
      periodDays: 30,
      dayLimit: 60_000,
      startDay: today,
      endDay: today + 365,
    }
    for (const offset of [0, 1, 2, 3]) {
      await as('treasurer', chain.mileage.createProgramme(PROGRAMME + offset, programme))
    }
    await as('treasurer', chain.mileage.registerPayee(BAKERY, 'merchant'))
  })
  afterAll(async () => {
    await chain?.close()
    await anvil?.stop()
  })

  it('takes a payment that a wallet signed, gives it back, and moves what is left to a new key', async () => {
    const { mileage } = chain
    const phone = await newPhone()
    await award(PROGRAMME, [{ holder: phone.holder, amount: 500n }])
    const year = new Date(today * DAY * 1000).getUTCFullYear()
    expect(await mileage.bucketsOf(phone.holder)).toEqual({ epoch: year, current: 500n, previous: 0n })

    const paid = await payment(phone, 120n, 4)
    await as('settler', mileage.redeem([paid]))
    expect(await mileage.balanceOf(phone.holder)).toBe(380n)
    expect(await mileage.nonceOf(phone.holder)).toBe(4)
    await expect(as('settler', mileage.redeem([paid]))).rejects.toMatchObject({ reason: 'NonceUsed' })

    const digest = redemptionDigest(domain(), { ...paid, holder: phone.holder })
    const { hash, logs } = await as('settler', mileage.redeem([await payment(phone, 80n, 5)]))
    expect(hash && logs.length).toBe(3)
    const [first] = await chain.provider.getLogs({
      address: chain.manifest.contracts.mileage,
      topics: [id('RedemptionsSettled(bytes32,uint32)')],
      fromBlock: 0,
    })
    const root = first?.topics[1] as Hex
    expect(await mileage.settledAt(root)).toBeGreaterThan(0)
    const refund = {
      ...paid,
      holder: phone.holder,
      epoch: year,
      fromPrevious: 0n,
      refundedBefore: 0n,
      amountBack: 20n,
      root,
      proof: [],
    }
    await as('settler', mileage.refund(refund))
    expect(await mileage.refundedOf(digest)).toBe(20n)
    await expect(as('settler', mileage.refund(refund))).rejects.toMatchObject({ reason: 'RefundOutOfOrder' })

    const next = await newPhone()
    await as('settler', mileage.requestRecovery(phone.holder, next.holder))
    expect(await mileage.recoveryOf(phone.holder)).toMatchObject({ nonce: 5 })
    const objection = { holder: phone.holder, nonce: 9, deadline: (await now()) + 60 }
    const signature = lowS(await phone.sign(objectionMessage(domain(), objection)))
    await as('approver', mileage.objectToRecovery({ ...objection, key: phone.jwk, signature }))
    expect(await mileage.recoveryOf(phone.holder)).toBeUndefined()
    expect(await mileage.nonceOf(phone.holder)).toBe(9)

    await as('settler', mileage.requestRecovery(phone.holder, next.holder))
    await as('settler', mileage.cancelRecovery(phone.holder))
    await as('settler', mileage.requestRecovery(phone.holder, next.holder))
    const snapshot = await chain.provider.send('evm_snapshot', [])
    await chain.provider.send('evm_increaseTime', [3 * DAY])
    await as('settler', mileage.completeRecovery(phone.holder))
    expect(await mileage.balanceOf(next.holder)).toBe(320n)
    await chain.provider.send('evm_revert', [snapshot])
    const totals = await mileage.totals()
    expect(totals).toMatchObject({ redeemed: 200n, donated: 0n, refunded: 20n, corrected: 0n })
    expect(await mileage.totalSupply()).toBe(totals.awarded - 180n)
    expect(await mileage.outstandingOf(year)).toBe(totals.awarded - 180n)
    expect(await mileage.expired()).toBe(0n)
  })

  it('keeps programmes, payees and corrections, and reads them back', async () => {
    const { mileage } = chain
    const { holder } = await newPhone()
    await award(PROGRAMME + 3, [{ holder, amount: 50n }])
    expect(await mileage.spentOf(PROGRAMME + 3, 0)).toBe(50n)
    const change = { budgetPerPeriod: 60n, dayLimit: 55, endDay: today + 9 }
    await as('treasurer', mileage.changeProgramme(PROGRAMME + 3, change))
    await as('treasurer', mileage.stopProgramme(PROGRAMME + 3))
    expect(await mileage.programmeOf(PROGRAMME + 3)).toEqual({
      operator: signers.treasurer.address,
      periodDays: 30,
      startDay: today,
      ...change,
      halt: 'by_operator',
    })
    await as('treasurer', mileage.resumeProgramme(PROGRAMME + 3))
    expect(await mileage.programmeOf(4000)).toBeUndefined()

    await as('treasurer', mileage.registerPayee(90, 'fund'))
    await as('treasurer', mileage.setPayeeFrozen(90, true))
    expect(await mileage.payeeOf(90)).toEqual({ kind: 'fund', frozen: true })
    expect(await mileage.payeeOf(91)).toBeUndefined()

    const correction = { holder, programme: PROGRAMME, amount: 20n, reasonHash: id('twice') as Hex }
    await as('treasurer', mileage.proposeCorrection(1n, correction))
    await as('treasurer', mileage.proposeCorrection(2n, correction))
    await as('approver', mileage.approveCorrection(1n))
    await as('approver', mileage.rejectCorrection(2n))
    expect(await mileage.correctionOf(1n)).toMatchObject({ amount: 20n, state: 'approved' })
    expect(await mileage.correctionOf(2n)).toMatchObject({
      proposer: signers.treasurer.address,
      state: 'rejected',
    })
    expect(await mileage.correctionOf(3n)).toBeUndefined()
    expect((await mileage.balanceOf(holder.toLowerCase() as Hex)).toString()).toBe('30')

    await as('treasurer', mileage.pause())
    expect(await mileage.paused()).toBe(true)
    await expect(award(PROGRAMME, strangers(1))).rejects.toMatchObject({ reason: 'EnforcedPause' })
    await as('treasurer', mileage.unpause())
  })

  it('costs at most 10,000 gas for a holder that has points and 27,000 for a new one, in thousands', async () => {
    const entries = strangers(1000)
    const gasPerHolder = async (programme: number) => {
      const request = chain.mileage.settleAwards({
        programme,
        day: today,
        root: root(),
        leafCount: 1000,
        entries,
      })
      return (await gasOf(request, 40_000_000n)) / 1000
    }
    expect(await gasPerHolder(PROGRAMME)).toBeLessThanOrEqual(27_000)
    expect(await gasPerHolder(PROGRAMME)).toBeLessThanOrEqual(10_000)
    expect(await gasPerHolder(PROGRAMME + 1)).toBeLessThanOrEqual(10_000)
  }, 60_000)

  it('keeps a full batch of either kind under the gas that one transaction may use', async () => {
    const entries = strangers(AWARD_BATCH)
    const batch = { programme: PROGRAMME + 2, day: today, root: root(), leafCount: AWARD_BATCH, entries }
    expect(Number(awardGas(AWARD_BATCH))).toBeLessThan(TRANSACTION_GAS)
    await gasOf(chain.mileage.settleAwards(batch), awardGas(AWARD_BATCH))
    await gasOf(
      chain.mileage.settleAwards({ ...batch, root: root(), leafCount: 1, entries: strangers(1) }),
      awardGas(1),
    )

    const phones = await Promise.all(Array.from({ length: REDEMPTION_BATCH }, newPhone))
    const holders = phones.map(({ holder }) => ({ holder, amount: 10n }))
    const filled = { ...batch, root: root(), entries: holders }
    await gasOf(chain.mileage.settleAwards(filled), awardGas(REDEMPTION_BATCH))
    const payments = await Promise.all(phones.map((phone) => payment(phone, 7n, 1)))
    expect(Number(redemptionGas(REDEMPTION_BATCH))).toBeLessThan(TRANSACTION_GAS)
    await gasOf(chain.mileage.redeem(payments), redemptionGas(REDEMPTION_BATCH))
    const [first] = phones
    if (first) await gasOf(chain.mileage.redeem([await payment(first, 1n, 2)]), redemptionGas(1))
  }, 60_000)
})
