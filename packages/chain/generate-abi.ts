// Writes what the packages need of the compiled contracts, so that starting the city needs no compiler.
// Run after `hardhat build`: node packages/chain/generate-abi.ts && npm run format
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Interface, keccak256 } from 'ethers'

const ROOT = join(import.meta.dirname, '..', '..')
const ABI_FOLDER = join(import.meta.dirname, 'src', 'abi')

const ARTIFACTS = {
  AccessManager: '@openzeppelin/contracts/access/manager/AccessManager.sol',
  CredentialAnchor: 'contracts/anchor/CredentialAnchor.sol',
  EthereumDIDRegistry: 'contracts/registry/EthereumDIDRegistry.sol',
  IssuerRegistry: 'contracts/registry/IssuerRegistry.sol',
  Mileage: 'contracts/mileage/Mileage.sol',
}

/**
 * ABI in human-readable form, creation bytecode, and keccak256 of the code that then stands on the chain, with zeros
 * at `immutables`: the bytes (each 32 long) that the constructor fills in.
 */
export type CompiledContract = { abi: string[]; bytecode: string; codeHash: string; immutables?: number[] }

type Artifact = {
  abi: object[]
  bytecode: string
  deployedBytecode: string
  immutableReferences?: Record<string, { start: number; length: number }[]>
}

/** What the last compile made of a contract. */
export function compiledContract(name: keyof typeof ARTIFACTS): CompiledContract {
  const artifact = JSON.parse(
    readFileSync(join(ROOT, 'artifacts', ARTIFACTS[name], `${name}.json`), 'utf8'),
  ) as Artifact
  const immutables = Object.values(artifact.immutableReferences ?? {})
    .flat()
    .map(({ start }) => start)
    .sort((a, b) => a - b)
  return {
    abi: new Interface(artifact.abi).format(),
    bytecode: artifact.bytecode,
    codeHash: keccak256(artifact.deployedBytecode),
    ...(immutables.length > 0 ? { immutables } : {}),
  }
}

export const contractNames = Object.keys(ARTIFACTS) as (keyof typeof ARTIFACTS)[]

/** File of the committed copy. */
export const committedFile = (name: string): string => join(ABI_FOLDER, `${name}.json`)

if (import.meta.main) {
  for (const name of contractNames) {
    writeFileSync(committedFile(name), `${JSON.stringify(compiledContract(name), null, 2)}\n`)
  }
}
