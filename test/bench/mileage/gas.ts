import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  AWARD_BATCH,
  type CityChain,
  connectCity,
  deployCity,
  type Hex,
  REDEMPTION_BATCH,
  type Redemption,
} from '@pass/chain'
import { startAnvil } from '@pass/chain/anvil'
import { holderAddress, lowS, type MileageDomain, paymentMessage } from '@pass/chain/authorisations'
import { type HDNodeWallet, keccak256, type TransactionReceipt, Wallet } from 'ethers'

const CHAIN_ID = 8282
const PAYEE = 1
const SIZES = [1, 10, 100, 1000] as const

type Kind = 'awardExisting' | 'awardNew' | 'redemption'
type Gas = Record<Kind, Record<string, number>> & {
  /** Whole transactions of the biggest batches that the city sends. */
  settlement: Record<Kind, { batch: number; gas: number }>
}

/**
 * Gas of a whole transaction, its 21,000 and its calldata included, for each award or redemption in it. On a chain of
 * its own; what does not fit the 16,777,216 gas that Osaka allows one transaction is measured all the same, since the
 * embedded node does not insist on it.
 */
export async function measureGas(): Promise<Gas> {
  const anvil = await startAnvil({ chainId: CHAIN_ID })
  try {
    return await onChain(anvil.rpcUrl)
  } finally {
    await anvil.stop()
  }
}

async function onChain(rpcUrl: string): Promise<Gas> {
  const accounts = {
    deployer: Wallet.createRandom(),
    registrar: Wallet.createRandom(),
    anchorer: Wallet.createRandom(),
    settler: Wallet.createRandom(),
    treasurer: Wallet.createRandom(),
    approver: Wallet.createRandom(),
  }
  const manifest = await deployCity({
    rpcUrl,
    chainId: CHAIN_ID,
    deployer: accounts.deployer,
    registrar: addressOf(accounts.registrar),
    anchorer: addressOf(accounts.anchorer),
    settler: addressOf(accounts.settler),
    treasurer: addressOf(accounts.treasurer),
    approver: addressOf(accounts.approver),
  })
  const chain = connectCity({ rpcUrl, manifest })
  const day = Math.floor((Date.now() / 1000 + 9 * 3600) / 86_400)
  const { treasurer, settler } = accounts
  await chain.send(
    treasurer,
    chain.mileage.createProgramme(1, {
      operator: addressOf(treasurer),
      budgetPerPeriod: 10n ** 12n,
      periodDays: 366,
      dayLimit: 65_535,
      startDay: day - 1,
      endDay: day + 365,
    }),
  )
  await chain.send(treasurer, chain.mileage.registerPayee(PAYEE, 'merchant'))

  const settle = (holders: readonly Hex[]) =>
    chain.mileage.settleAwards({
      programme: 1,
      day,
      root: `0x${randomBytes(32).toString('hex')}`,
      leafCount: holders.length,
      entries: holders.map((holder, index) => ({ holder, amount: 100n + BigInt(index % 400) })),
    })
  const domain = { chainId: CHAIN_ID, contract: manifest.contracts.mileage }
  const gasOf = async (size: number): Promise<Record<Kind, number>> => {
    const citizens = Array.from({ length: size }, () => citizen(domain))
    const holders = citizens.map(({ holder }) => holder)
    const used = async (request: { to: Hex; data: Hex }) =>
      Number((await send(chain, settler, request)).gasUsed)
    return {
      awardNew: await used(settle(holders)),
      awardExisting: await used(settle(holders)),
      // The first payment of a key is like all others: the slot holds points already.
      redemption: await used(chain.mileage.redeem(citizens.map(({ pay }) => pay(50n, 1)))),
    }
  }
  const [awards, redemptions] = [await gasOf(AWARD_BATCH), await gasOf(REDEMPTION_BATCH)]
  const gas: Gas = {
    awardExisting: {},
    awardNew: {},
    redemption: {},
    settlement: {
      awardExisting: { batch: AWARD_BATCH, gas: awards.awardExisting },
      awardNew: { batch: AWARD_BATCH, gas: awards.awardNew },
      redemption: { batch: REDEMPTION_BATCH, gas: redemptions.redemption },
    },
  }
  for (const size of SIZES) {
    const whole = await gasOf(size)
    for (const kind of ['awardExisting', 'awardNew', 'redemption'] as const)
      gas[kind][size] = Math.round(whole[kind] / size)
  }
  await chain.close()
  return gas
}

/** Not by the sender of `CityChain`, which keeps to the limit of one transaction. */
async function send(
  chain: CityChain,
  signer: HDNodeWallet,
  request: { to: Hex; data: Hex },
): Promise<TransactionReceipt> {
  const nonce = await chain.transactions.nonceOf(signer.address)
  const fields = { type: 0, chainId: CHAIN_ID, nonce, gasPrice: 0, gasLimit: 29_900_000, value: 0 }
  const raw = await signer.signTransaction({ ...request, ...fields })
  await chain.transactions.broadcast(raw)
  // A provider that waits for blocks by itself can miss the one that came before it had begun to.
  for (let tries = 0; tries < 600; tries++) {
    const receipt = await chain.provider.getTransactionReceipt(keccak256(raw))
    if (receipt?.status === 1) return receipt
    if (receipt) throw new Error('a batch was refused')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('a batch was not mined')
}

const addressOf = (wallet: HDNodeWallet) => wallet.address as Hex

/** Somebody with a key of their own who can pay. */
function citizen(domain: MileageDomain) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const holder = holderAddress({ x, y })
  const pay = (amount: bigint, nonce: number): Redemption => {
    const deadline = Math.floor(Date.now() / 1000) + 86_400
    const message = paymentMessage(domain, { holder, payee: PAYEE, amount, nonce, deadline })
    const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return { key: { x, y }, signature: lowS(signature), payee: PAYEE, amount, nonce, deadline }
  }
  return { holder, pay }
}
