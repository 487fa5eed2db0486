import { sign as cryptoSign } from 'node:crypto'
import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '@pass/database'
import { Transaction, verifyMessage, verifyTypedData } from 'ethers'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AgentError } from '../errors.ts'
import { CityKeyManagementSystem } from './kms.ts'
import { loadMasterKey } from './master-key.ts'
import { compressedHex, jwkOfPoint, keyHashOf } from './public-key.ts'
import { createSealing } from './sealing.ts'
import { openVaultAndKms } from './vault.ts'

const masterKey = new Uint8Array(32).fill(7)
const otherKey = new Uint8Array(32).fill(8)
let db: Database

beforeAll(async () => {
  db = await openDatabase({ memory: true })
})
afterAll(() => db.close())

const codeOf = async (work: () => unknown) => {
  try {
    await work()
  } catch (error) {
    return error instanceof AgentError ? error.code : error
  }
  return 'nothing thrown'
}

describe('loadMasterKey', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'pass-key-'))

  it('makes a key for its owner alone, and reads the same one at the next start', () => {
    const dataDir = join(folder(), 'data')
    const first = loadMasterKey({ dataDir, env: {} })
    expect(first).toHaveLength(32)
    expect(statSync(join(dataDir, 'master.key')).mode & 0o777).toBe(0o600)
    expect(loadMasterKey({ dataDir, env: {} })).toEqual(first)
  })

  it('takes MASTER_KEY and then writes no file', () => {
    const dataDir = folder()
    const env = { MASTER_KEY: Buffer.from(masterKey).toString('base64') }
    expect(loadMasterKey({ dataDir, env })).toEqual(masterKey)
    expect(() => statSync(join(dataDir, 'master.key'))).toThrow()
  })

  it.each(['short', Buffer.alloc(31).toString('base64'), `!!${Buffer.alloc(32).toString('base64')}`])(
    'refuses MASTER_KEY=%s without repeating it',
    (given) => {
      const attempt = () => loadMasterKey({ dataDir: folder(), env: { MASTER_KEY: given } })
      expect(attempt).toThrow(/MASTER_KEY must be 32 bytes in base64/)
      expect(attempt).not.toThrow(given)
    },
  )

  it('refuses a key file that others can read, or of another length, and says what to do', () => {
    const dataDir = folder()
    const path = join(dataDir, 'master.key')
    writeFileSync(path, Buffer.alloc(32), { mode: 0o600 })
    chmodSync(path, 0o640)
    expect(() => loadMasterKey({ dataDir, env: {} })).toThrow(/chmod 600/)
    writeFileSync(path, Buffer.alloc(16))
    chmodSync(path, 0o600)
    expect(() => loadMasterKey({ dataDir, env: {} })).toThrow(/16 bytes instead of 32/)
  })
})

describe('sealing', () => {
  const sealing = createSealing(masterKey, 'data')
  const secret = Buffer.from('주민 300명')

  it('opens for its purpose alone, under its master key alone, unaltered alone', async () => {
    const sealed = sealing.seal('offers/1', secret)
    expect(Buffer.from(sealing.open('offers/1', sealed))).toEqual(secret)
    expect(await codeOf(() => sealing.open('offers/2', sealed))).toBe('cannot_open')
    expect(await codeOf(() => createSealing(otherKey, 'data').open('offers/1', sealed))).toBe('cannot_open')
    for (const index of [0, 5, 14, sealed.length - 1]) {
      const altered = Uint8Array.from(sealed)
      altered[index] = (altered[index] ?? 0) ^ 1
      expect(await codeOf(() => sealing.open('offers/1', altered))).toBe('cannot_open')
    }
    expect(await codeOf(() => sealing.open('offers/1', sealed.subarray(0, 20)))).toBe('cannot_open')
  })

  it('never seals the same text to the same bytes', () => {
    expect(sealing.seal('a', secret)).not.toEqual(sealing.seal('a', secret))
  })

  it('gives each purpose a code of its own', () => {
    expect(sealing.mac('tx-code', '123456')).toMatch(/^[0-9a-f]{64}$/)
    expect(sealing.mac('tx-code', '123456')).toBe(createSealing(masterKey, 'data').mac('tx-code', '123456'))
    expect(sealing.mac('tx-code', '123456')).not.toBe(sealing.mac('nonce', '123456'))
    expect(sealing.mac('tx-code', '123456')).not.toBe(
      createSealing(otherKey, 'data').mac('tx-code', '123456'),
    )
  })
})

describe('key management', () => {
  const open = () => openVaultAndKms({ db, masterKey })

  it('signs ES256 that another library verifies, raw and through Veramo’s interface', async () => {
    const { kms, vault } = await open()
    const { publicKeyHex } = await kms.createKey({ type: 'Secp256r1', kid: 'test/p256' })
    const key = await importJWK({ ...jwkOfPoint(publicKeyHex), alg: 'ES256' })
    const head = Buffer.from('{"alg":"ES256"}').toString('base64url')
    const input = `${head}.${Buffer.from('증명').toString('base64url')}`
    const raw = await vault.signer('test/p256')(Buffer.from(input))
    expect(raw).toHaveLength(64)
    await compactVerify(`${input}.${Buffer.from(raw).toString('base64url')}`, key)
    const signature = await kms.sign({
      keyRef: { kid: 'test/p256' },
      algorithm: 'ES256',
      data: Buffer.from(input),
    })
    await compactVerify(`${input}.${signature}`, key)
  })

  it('signs what Ethereum recovers: transactions, messages, typed data', async () => {
    const { vault } = await open()
    const signer = await vault.chainSigner('registrar')
    const address = await signer.getAddress()
    const raw = await signer.signTransaction({
      to: address,
      nonce: 3,
      chainId: 8282,
      gasLimit: 21000,
      gasPrice: 0,
      type: 0,
    })
    expect(Transaction.from(raw)).toMatchObject({ from: address, nonce: 3, chainId: 8282n })
    expect(verifyMessage('시민증', await signer.signMessage('시민증'))).toBe(address)
    const types = { Act: [{ name: 'id', type: 'uint256' }] }
    const signature = await signer.signTypedData({ name: 'Pass' }, types, { id: 1 })
    expect(verifyTypedData({ name: 'Pass' }, types, { id: 1 }, signature)).toBe(address)
    await expect(signer.signTransaction({ from: `0x${'11'.repeat(20)}` })).rejects.toThrow(TypeError)
  })

  it('keeps an account over a restart, and each name has its own', async () => {
    const first = await (await (await open()).vault.chainSigner('anchorer')).getAddress()
    const { vault } = await open()
    expect(await (await vault.chainSigner('anchorer')).getAddress()).toBe(first)
    expect(await (await vault.chainSigner('deployer')).getAddress()).not.toBe(first)
  })

  it('refuses a master key that the database was not set up with, in a sentence that says what to do', async () => {
    await open()
    await expect(openVaultAndKms({ db, masterKey: otherKey })).rejects.toMatchObject({
      code: 'master_key_wrong',
      message: expect.stringMatching(/put back the MASTER_KEY or the master.key file/),
    })
  })

  it('yields no key to who has the database alone', async () => {
    const { kms } = await open()
    await kms.createKey({ type: 'Secp256r1', kid: 'test/secret' })
    const secrets: Buffer[] = []
    for (const { kid } of await kms.listKeys()) {
      const jwk = (await kms.key(kid)).privateKey.export({ format: 'jwk' })
      secrets.push(Buffer.from(jwk.d as string, 'base64url'))
    }
    expect(secrets.length).toBeGreaterThan(1)
    const tables = await db.sql<{
      name: string
    }>`select tablename as name from pg_tables where schemaname = 'public'`
    let dump = ''
    for (const { name } of tables) {
      const rows = await db.prisma.$queryRawUnsafe<{ row: string }[]>(
        `select t::text as row from "${name}" t`,
      )
      dump += rows.map(({ row }) => row).join('\n')
    }
    expect(dump).toContain('test/secret')
    for (const secret of [...secrets, Buffer.from(masterKey)]) {
      for (const form of ['hex', 'base64', 'base64url'] as const)
        expect(dump).not.toContain(secret.toString(form))
    }
  })

  it('does not open a row that was moved to another name', async () => {
    const { kms } = await open()
    await kms.createKey({ type: 'Secp256r1', kid: 'test/weak' })
    await kms.createKey({ type: 'Secp256r1', kid: 'test/strong' })
    const { ciphertext } = await db.prisma.encryptedKey.findUniqueOrThrow({ where: { alias: 'test/weak' } })
    await db.prisma.encryptedKey.update({ where: { alias: 'test/strong' }, data: { ciphertext } })
    const fresh = new CityKeyManagementSystem(db, createSealing(masterKey, 'keys'))
    expect(await codeOf(() => fresh.key('test/strong'))).toBe('cannot_open')
    expect(await codeOf(() => fresh.key('test/none'))).toBe('unknown_key')
    await db.prisma.encryptedKey.delete({ where: { alias: 'test/strong' } })
  })

  it('answers the same key when a crash made it create twice, and imports only what is a key', async () => {
    const { kms } = await open()
    const first = await kms.createKey({ type: 'Secp256k1', kid: 'test/twice' })
    expect(await kms.createKey({ type: 'Secp256k1', kid: 'test/twice' })).toEqual(first)
    const privateKeyHex = '11'.repeat(32)
    const imported = await kms.importKey({ type: 'Secp256r1', kid: 'test/in', privateKeyHex })
    expect(imported.publicKeyHex).toBe(compressedHex(jwkOfPoint(imported.publicKeyHex)))
    expect(
      await codeOf(() =>
        kms.importKey({ type: 'Secp256r1', kid: 'test/in', privateKeyHex: '22'.repeat(32) }),
      ),
    ).toBe('unsupported_key')
    expect(await codeOf(() => kms.importKey({ type: 'Secp256r1', privateKeyHex: '00'.repeat(32) }))).toBe(
      'unsupported_key',
    )
  })

  it('signs at the speed of node:crypto, as the key is decrypted once', async () => {
    const { kms, vault } = await open()
    await kms.createKey({ type: 'Secp256r1', kid: 'test/fast' })
    const sign = vault.signer('test/fast')
    const data = new Uint8Array(500)
    await sign(data)
    const { privateKey } = await kms.key('test/fast')
    // The best of five, since others work on this machine too.
    const timeOf = async (work: () => unknown) => {
      const times: number[] = []
      for (let round = 0; round < 5; round += 1) {
        const started = performance.now()
        for (let count = 0; count < 300; count += 1) await work()
        times.push(performance.now() - started)
      }
      return Math.min(...times)
    }
    const bare = await timeOf(() =>
      cryptoSign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
    )
    // A pure JavaScript signer takes eight times as long, a decryption each time three times.
    expect(await timeOf(() => sign(data))).toBeLessThan(2 * bare)
  })

  it('opens nothing of the keys for who may open sealed columns', async () => {
    const { kms, vault } = await open()
    await kms.createKey({ type: 'Secp256r1', kid: 'test/apart' })
    const { ciphertext } = await db.prisma.encryptedKey.findUniqueOrThrow({ where: { alias: 'test/apart' } })
    expect(await codeOf(() => vault.open('key/Secp256r1/test/apart', ciphertext))).toBe('cannot_open')
  })
})

describe('public keys', () => {
  it('are named by their RFC 7638 thumbprint', async () => {
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    } as const
    const thumbprint = Buffer.from(await calculateJwkThumbprint(jwk), 'base64url').toString('hex')
    expect(keyHashOf(jwk)).toBe(`0x${thumbprint}`)
    expect(jwkOfPoint(compressedHex(jwk))).toEqual(jwk)
    expect(() => jwkOfPoint(`02${'ff'.repeat(32)}`)).toThrow(AgentError)
  })
})
