import { Contract, getCreateAddress, Interface, type JsonRpcProvider, keccak256, type Signer } from 'ethers'
import accessManager from './abi/AccessManager.json' with { type: 'json' }
import credentialAnchor from './abi/CredentialAnchor.json' with { type: 'json' }
import didRegistry from './abi/EthereumDIDRegistry.json' with { type: 'json' }
import issuerRegistry from './abi/IssuerRegistry.json' with { type: 'json' }
import mileage from './abi/Mileage.json' with { type: 'json' }
import { ChainError } from './error.ts'
import { reading } from './failures.ts'
import type { EarlierManifest, Hex, Manifest } from './manifest.ts'
import { openProvider } from './provider.ts'
import { createSender, type Sender } from './send.ts'

/** Roles of the AccessManager. 0 is its administrator: the deployer. */
const ROLES = { registrar: 1n, anchorer: 2n, settler: 3n, treasurer: 4n, approver: 5n } as const

const REGISTRAR_CALLS = [
  'registerIssuer',
  'suspendIssuer',
  'reinstateIssuer',
  'addKey',
  'endKey',
  'accredit',
  'endAccreditation',
]
const ANCHORER_CALLS = ['anchor', 'commitStatusList']
const SETTLER_CALLS = [
  'settleAwards',
  'redeem',
  'refund',
  'requestRecovery',
  'cancelRecovery',
  'completeRecovery',
]
const TREASURER_CALLS = [
  'createProgramme',
  'changeProgramme',
  'stopProgramme',
  'resumeProgramme',
  'registerPayee',
  'setPayeeFrozen',
  'proposeCorrection',
  'pause',
  'unpause',
]
const APPROVER_CALLS = ['approveCorrection', 'rejectCorrection']

/** What Mileage is told once, at its deployment. Seconds. */
export type MileageTerms = {
  /** Where the city's days and years begin, east of Greenwich. */
  utcOffset: number
  /** How long after a payment a merchant can give points back. */
  refundWindow: number
  /** How long an old key can object before its points move to the new one. */
  recoveryDelay: number
}

const DAY = 86_400
const SEOUL: MileageTerms = { utcOffset: 9 * 3600, refundWindow: 7 * DAY, recoveryDelay: 3 * DAY }

export type Deployment = {
  rpcUrl: string
  /** What the network must say it is. */
  chainId: number
  /** Becomes administrator of the roles. An account of its own, used for nothing else. */
  deployer: Signer
  /** Account that may write to IssuerRegistry. */
  registrar: Hex
  /** Account that may write to CredentialAnchor. */
  anchorer: Hex
  /** Account that brings awards, payments, refunds and recoveries to Mileage. */
  settler: Hex
  /** Account for programmes, payees, proposed corrections and the pause of Mileage. */
  treasurer: Hex
  /** Account that decides on corrections: another person's than the treasurer. */
  approver: Hex
  /** For a Mileage that is not there yet; a deployed one keeps its own. */
  terms?: Partial<MileageTerms>
  /** What an earlier run answered, of this version or of one that had fewer contracts. */
  manifest?: EarlierManifest
}

type Work = { provider: JsonRpcProvider; deployer: Signer; deployerAddress: string; send: Sender }

/**
 * Brings the city's contracts onto the chain and gives out the roles; answers where they stand. Does only what is
 * missing, so it can be run again at any time: after a crash halfway, or on a chain that lost its last blocks.
 * @throws ChainError `chain_unavailable`, `wrong_chain`, `different_contract`, `reverted`
 */
export async function deployCity(options: Deployment): Promise<Manifest> {
  const provider = openProvider(options.rpcUrl, options.chainId)
  try {
    await checkNetwork(provider, options)
    const deployerAddress = await options.deployer.getAddress()
    const send = createSender(provider, options.chainId)
    const work: Work = { provider, deployer: options.deployer, deployerAddress, send }

    const before = options.manifest
    const startBlock = before?.deployBlock ?? (await firstBlock(work))
    const known = before?.contracts
    // The order is part of the deployment: each contract's address follows from the deployer's nonce, so that
    // a run that died before it could write its manifest finds its contracts again.
    const access = await ensure(work, 0, accessManager, [deployerAddress], known?.accessManager)
    const did = await ensure(work, 1, didRegistry, [], known?.didRegistry)
    const issuers = await ensure(work, 2, issuerRegistry, [access], known?.issuerRegistry)
    const anchors = await ensure(work, 3, credentialAnchor, [access], known?.credentialAnchor)
    const terms = { ...SEOUL, ...options.terms }
    const points = await ensure(
      work,
      4,
      mileage,
      [access, anchors, terms.utcOffset, terms.refundWindow, terms.recoveryDelay],
      known?.mileage,
    )

    await grant(work, access, [
      [ROLES.registrar, options.registrar, issuers, issuerRegistry.abi, REGISTRAR_CALLS],
      [ROLES.anchorer, options.anchorer, anchors, credentialAnchor.abi, ANCHORER_CALLS],
      // Mileage writes the roots of its batches into the same journal.
      [ROLES.anchorer, points, anchors, credentialAnchor.abi, ANCHORER_CALLS],
      [ROLES.settler, options.settler, points, mileage.abi, SETTLER_CALLS],
      [ROLES.treasurer, options.treasurer, points, mileage.abi, TREASURER_CALLS],
      [ROLES.approver, options.approver, points, mileage.abi, APPROVER_CALLS],
    ])
    return {
      chainId: options.chainId,
      contracts: {
        accessManager: access,
        issuerRegistry: issuers,
        credentialAnchor: anchors,
        didRegistry: did,
        mileage: points,
      },
      deployBlock: startBlock,
    }
  } finally {
    provider.destroy()
  }
}

async function checkNetwork(provider: JsonRpcProvider, options: Deployment): Promise<void> {
  const actual = Number(await reading(undefined, () => provider.send('eth_chainId', []) as Promise<string>))
  if (actual !== options.chainId) {
    throw new ChainError(
      'wrong_chain',
      `The node is of chain ${actual}, the configuration says ${options.chainId}.`,
    )
  }
  if (options.manifest && options.manifest.chainId !== actual) {
    throw new ChainError(
      'wrong_chain',
      `The deployment manifest is of chain ${options.manifest.chainId}, the node of chain ${actual}.`,
    )
  }
}

/** Without a manifest: nothing of ours can be older than the deployer's first transaction. */
async function firstBlock({ provider, deployerAddress }: Work): Promise<number> {
  return reading(undefined, async () =>
    (await provider.getTransactionCount(deployerAddress, 'latest')) === 0
      ? (await provider.getBlockNumber()) + 1
      : 0,
  )
}

type Compiled = { abi: string[]; bytecode: string; codeHash: string; immutables?: number[] }
type Arguments = readonly (Hex | string | number)[]

/** Where the contract stands, after deploying it if it stands nowhere. */
async function ensure(
  work: Work,
  plannedNonce: number,
  compiled: Compiled,
  args: Arguments,
  known: Hex | undefined,
): Promise<Hex> {
  if (known && (await codeAt(work, known)) !== '0x') {
    if (await isOurs(work, known, compiled, args)) return known
    throw new ChainError(
      'different_contract',
      `The contract at ${known} is of another version than this programme. Its history would be lost by deploying a new one: start the version that deployed it, or begin afresh with a new chain.`,
    )
  }
  // A city that began before this version had the contract has given the planned nonce to something else, and got
  // the contract with a later one.
  const nonces = await reading(undefined, () =>
    work.provider.getTransactionCount(work.deployerAddress, 'latest'),
  )
  for (let nonce = plannedNonce; nonce < nonces; nonce++) {
    const address = getCreateAddress({ from: work.deployerAddress, nonce }) as Hex
    if (await isOurs(work, address, compiled, args)) return address
  }
  const constructorArguments = new Interface(compiled.abi).encodeDeploy(args)
  const receipt = await work.send(work.deployer, {
    data: `${compiled.bytecode}${constructorArguments.slice(2)}` as Hex,
  })
  if (!receipt.contractAddress) throw new ChainError('reverted', 'The deployment made no contract.')
  return receipt.contractAddress as Hex
}

const codeAt = (work: Work, address: Hex) => reading(undefined, () => work.provider.getCode(address))

/** Whether this version's code stands there, and works with the contracts that it was to be deployed with. */
async function isOurs(work: Work, address: Hex, compiled: Compiled, args: Arguments): Promise<boolean> {
  const code = await codeAt(work, address)
  if (code === '0x' || keccak256(withoutImmutables(code, compiled)) !== compiled.codeHash) return false
  // What a contract works with are its first arguments, each under a name of its own.
  for (const [i, name] of ['authority', 'anchors'].entries()) {
    if (!compiled.abi.some((entry) => entry.startsWith(`function ${name}()`))) continue
    const contract = new Contract(address, compiled.abi, work.provider)
    const actual = await reading(
      contract.interface,
      () => contract.getFunction(name).staticCall() as Promise<Hex>,
    )
    if (BigInt(actual) !== BigInt(args[i] ?? 0)) return false
  }
  return true
}

/** The code with zeros where its constructor filled in 32 bytes, as the compiler leaves it. */
function withoutImmutables(code: string, { immutables = [] }: Compiled): string {
  let plain = code
  for (const start of immutables) {
    const from = 2 + 2 * start
    plain = `${plain.slice(0, from)}${'0'.repeat(64)}${plain.slice(from + 64)}`
  }
  return plain
}

/** Lets `role` call the named functions of `target`, and gives the role to `account`. */
type Grant = [role: bigint, account: Hex, target: Hex, targetAbi: string[], calls: string[]]

/** Makes good what is missing of the grants, all in one transaction. */
async function grant(work: Work, access: Hex, grants: readonly Grant[]): Promise<void> {
  const manager = new Contract(access, accessManager.abi, work.provider)
  const view = <T>(name: string, ...args: unknown[]) =>
    reading(manager.interface, () => manager.getFunction(name).staticCall(...args) as Promise<T>)
  const call = (name: string, ...args: unknown[]) => manager.interface.encodeFunctionData(name, args)

  const missing = await Promise.all(
    grants.map(async ([role, account, target, targetAbi, calls]) => {
      const selectors = calls.map((name) => new Interface(targetAbi).getFunction(name)?.selector ?? '0x')
      const roles = await Promise.all(
        selectors.map((selector) => view<bigint>('getTargetFunctionRole', target, selector)),
      )
      const others = selectors.filter((_, i) => roles[i] !== role)
      const [isMember] = await view<[boolean, bigint]>('hasRole', role, account)
      return [
        ...(others.length > 0 ? [call('setTargetFunctionRole', target, others, role)] : []),
        ...(isMember ? [] : [call('grantRole', role, account, 0)]),
      ]
    }),
  )
  // The anchorer's functions are asked for twice, for two accounts.
  const writes = [...new Set(missing.flat())]
  if (writes.length > 0) {
    await work.send(work.deployer, { to: access, data: call('multicall', writes) as Hex })
  }
}
