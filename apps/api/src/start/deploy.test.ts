import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { deployContracts } from './bring-up.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pass-deploy-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('deploys once however often it runs, and writes a manifest for the network', {
  timeout: 60_000,
}, async () => {
  const config = readConfig({ DATA_DIR: folder, CHAIN_ID: '8299', LOG_LEVEL: 'silent' })
  const first = await deployContracts(config)
  expect(first.chainId).toBe(8299)
  expect(new Set(Object.values(first.contracts)).size).toBe(5)
  const file = join(folder, 'chain', 'deployment-8299.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(first)
  expect(await deployContracts(config)).toEqual(first)
  // Without its manifest it finds them where it puts them.
  await rm(file)
  expect((await deployContracts(config)).contracts).toEqual(first.contracts)
})
