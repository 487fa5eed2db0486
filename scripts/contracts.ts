// Compiles the contracts from scratch, takes a compiler warning for an error, and runs the Solidity tests with the
// committed gas snapshots. To accept new gas numbers: hardhat test solidity --snapshot
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

/** Contract and initcode size: a test contract is never deployed, so its size means nothing. */
const SIZE_WARNINGS = new Set(['5574', '3860'])

type Complaint = { errorCode: string; formattedMessage: string; sourceLocation?: { file: string } }

function hardhat(...args: string[]): void {
  const { status } = spawnSync('hardhat', args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
  })
  if (status !== 0) process.exit(status ?? 1)
}

function complaints(): Complaint[] {
  return globSync('artifacts/build-info/*.output.json', { cwd: ROOT }).flatMap((file) => {
    const { output } = JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as {
      output: { errors?: Complaint[] }
    }
    return (output.errors ?? []).filter(
      ({ errorCode, sourceLocation }) =>
        !(SIZE_WARNINGS.has(errorCode) && sourceLocation?.file.includes('test/contracts/')),
    )
  })
}

hardhat('build', '--force')
const found = complaints()
if (found.length > 0) {
  console.error(found.map((complaint) => complaint.formattedMessage).join('\n'))
  console.error(`The compiler has ${found.length} warning(s); here a warning is an error.`)
  process.exit(1)
}
hardhat('test', 'solidity', '--snapshot-check')
