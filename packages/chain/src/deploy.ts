import {
  AbiCoder,
  Contract,
  getCreateAddress,
  Interface,
  type JsonRpcProvider,
  keccak256,
  type Signer,
} from 'ethers'
import accessManager from './abi/AccessManager.json' with { type: 'json' }
import credentialAnchor from './abi/CredentialAnchor.json' with { type: 'json' }
import didRegistry from './abi/EthereumDIDRegistry.json' with { type: 'json' }
import issuerRegistry from './abi/IssuerRegistry.json' with { type: 'json' }
import { ChainError } from './error.ts'
import { reading } from './failures.ts'
import type { Hex, Manifest } from './manifest.ts'
import { openProvider } from './provider.ts'
import { createSender, type Sender } from './send.ts'

/** Roles of the AccessManager. 0 is its administrator: the deployer. */
export const ROLES = { registrar: 1n, anchorer: 2n } as const

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
  /** What an earlier run answered. */
  manifest?: Manifest
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

    await grant(
      work,
      access,
      ROLES.registrar,
      options.registrar,
      issuers,
      issuerRegistry.abi,
      REGISTRAR_CALLS,
    )
    await grant(work, access, ROLES.anchorer, options.anchorer, anchors, credentialAnchor.abi, ANCHORER_CALLS)
    return {
      chainId: options.chainId,
      contracts: {
        accessManager: access,
        issuerRegistry: issuers,
        credentialAnchor: anchors,
        didRegistry: did,
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

type Compiled = { abi: string[]; bytecode: string; codeHash: string }

/** Where the contract stands, after deploying it if it stands nowhere. */
async function ensure(
  work: Work,
  plannedNonce: number,
  compiled: Compiled,
  args: Hex[] | string[],
  known: Hex | undefined,
): Promise<Hex> {
  const planned = getCreateAddress({ from: work.deployerAddress, nonce: plannedNonce }) as Hex
  for (const address of known ? [known, planned] : [planned]) {
    const code = await reading(undefined, () => work.provider.getCode(address))
    if (code === '0x') continue
    if (keccak256(code) === compiled.codeHash && (await listensTo(work, address, compiled, args)))
      return address
    if (address === known) {
      throw new ChainError(
        'different_contract',
        `The contract at ${address} is of another version than this programme. Its history would be lost by deploying a new one: start the version that deployed it, or begin afresh with a new chain.`,
      )
    }
  }
  const constructorArguments = new Interface(compiled.abi).encodeDeploy(args)
  const receipt = await work.send(work.deployer, {
    data: `${compiled.bytecode}${constructorArguments.slice(2)}` as Hex,
  })
  if (!receipt.contractAddress) throw new ChainError('reverted', 'The deployment made no contract.')
  return receipt.contractAddress as Hex
}

/** Whether a contract with an access manager obeys the one that it was to be deployed with. */
async function listensTo(
  work: Work,
  address: Hex,
  compiled: Compiled,
  args: readonly string[],
): Promise<boolean> {
  const manager = args[0]
  if (manager === undefined || !compiled.abi.some((entry) => entry.startsWith('function authority()')))
    return true
  const contract = new Contract(address, compiled.abi, work.provider)
  const authority = await reading(contract.interface, () => contract.getFunction('authority').staticCall())
  return (
    AbiCoder.defaultAbiCoder().encode(['address'], [authority]) ===
    AbiCoder.defaultAbiCoder().encode(['address'], [manager])
  )
}

/** Lets `role` call the named functions of `target`, and gives the role to `account`. */
async function grant(
  work: Work,
  access: Hex,
  role: bigint,
  account: Hex,
  target: Hex,
  targetAbi: string[],
  calls: string[],
): Promise<void> {
  const manager = new Contract(access, accessManager.abi, work.provider)
  const view = <T>(name: string, ...args: unknown[]) =>
    reading(manager.interface, () => manager.getFunction(name).staticCall(...args) as Promise<T>)
  const write = (name: string, ...args: unknown[]) =>
    work.send(work.deployer, { to: access, data: manager.interface.encodeFunctionData(name, args) as Hex })

  const selectors = calls.map((name) => new Interface(targetAbi).getFunction(name)?.selector ?? '0x')
  const roles = await Promise.all(
    selectors.map((selector) => view<bigint>('getTargetFunctionRole', target, selector)),
  )
  const missing = selectors.filter((_, i) => roles[i] !== role)
  if (missing.length > 0) await write('setTargetFunctionRole', target, missing, role)
  const [isMember] = await view<[boolean, bigint]>('hasRole', role, account)
  if (!isMember) await write('grantRole', role, account, 0)
}
