import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { committedFile, compiledContract, contractNames } from '../../generate-abi.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

describe('the committed contracts', () => {
  beforeAll(() => {
    const build = spawnSync(join(ROOT, 'node_modules', '.bin', 'hardhat'), ['build'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true' },
    })
    expect(build.status, build.stderr).toBe(0)
  }, 120_000)

  it.each(contractNames)('are what the sources compile to: %s', (name) => {
    expect(JSON.parse(readFileSync(committedFile(name), 'utf8'))).toEqual(compiledContract(name))
  })

  it('hold the ERC-1056 registry exactly as its authors published it', () => {
    const published = join(
      createRequire(import.meta.url).resolve('ethr-did-registry'),
      '..',
      '..',
      'contracts',
    )
    const code = (folder: string) => {
      const text = readFileSync(join(folder, 'EthereumDIDRegistry.sol'), 'utf8')
      return text.slice(text.indexOf('pragma solidity'))
    }
    expect(code(join(ROOT, 'contracts', 'registry'))).toBe(code(published))
  })
})
