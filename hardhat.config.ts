import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

export default defineConfig({
  solidity: {
    // The compiler comes from npm like everything else, so that a build needs no download of its own.
    version: '0.8.36',
    path: require.resolve('solc/soljson.js'),
    npmFilesToBuild: ['@openzeppelin/contracts/access/manager/AccessManager.sol'],
    settings: {
      optimizer: { enabled: true, runs: 10_000 },
      evmVersion: 'cancun',
      // Without the metadata hash the bytecode depends on the code alone, and not on comments or folders.
      metadata: { bytecodeHash: 'none', appendCBOR: false },
    },
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: 'test/contracts' },
    artifacts: 'artifacts',
    cache: 'cache',
  },
  test: {
    solidity: {
      // A fixed seed: gas snapshots and counterexamples are the same on every machine.
      fuzz: { runs: 5_000, seed: '0x1ec4e0' },
      invariant: { runs: 128, depth: 64, failOnRevert: false },
    },
  },
})
