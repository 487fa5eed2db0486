import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, isLocalInstallation, readConfig } from './config.ts'

const EXAMPLE = readFileSync(join(import.meta.dirname, '..', '..', '..', '.env.example'), 'utf8')

describe('readConfig', () => {
  it('needs nothing: the defaults bring up the city on this machine', () => {
    expect(readConfig({})).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:8080',
      chainId: 8282,
      rateLimitFactor: 1,
      assurance: 'high',
      trustProxy: 0,
    })
    expect(readConfig({ PORT: '9000' }).publicUrl).toBe('http://localhost:9000')
    expect(readConfig({ PORT: ' ', PUBLIC_URL: '' }).port).toBe(8080)
  })

  it('reads what is set', () => {
    const config = readConfig({
      PUBLIC_URL: 'https://pass.example.kr/',
      DATABASE_URL: 'postgresql://u:p@db:5432/pass',
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      RATE_LIMIT_FACTOR: '2.5',
    })
    expect(config.publicUrl).toBe('https://pass.example.kr')
    expect(config.masterKey).toEqual(new Uint8Array(32).fill(7))
    expect(config.rateLimitFactor).toBe(2.5)
  })

  it.each([
    ['PORT', '80x'],
    ['PORT', '0'],
    ['PORT', '70000'],
    ['HOST', 'a b'],
    ['PUBLIC_URL', 'pass.example.kr'],
    ['PUBLIC_URL', 'ftp://pass.example.kr'],
    ['PUBLIC_URL', 'https://pass.example.kr/path'],
    ['PUBLIC_URL', 'https://user:secret@pass.example.kr'],
    ['DATABASE_URL', 'mysql://secret@db/pass'],
    ['CHAIN_RPC_URL', 'ws://127.0.0.1:8545'],
    ['CHAIN_ID', '-1'],
    ['CHAIN_CONFIRMATIONS', '0'],
    ['MASTER_KEY', 'secret'],
    ['MASTER_KEY', Buffer.alloc(31).toString('base64')],
    ['LOG_LEVEL', 'loud'],
    ['ANCHOR_BATCH_SIZE', '0'],
    ['ANCHOR_BATCH_AGE_MS', '5s'],
    ['OFFER_TTL_SECONDS', '1'],
    ['ASSURANCE', 'low'],
    ['SIGN_IN_ISSUER', 'sign-in.example.kr'],
    ['SIGN_IN_ISSUER', 'http://sign-in.example.kr'],
    ['SIGN_IN_ISSUER', 'https://user:secret@sign-in.example.kr'],
    ['SIGN_IN_SCOPE', 'profile'],
    ['SIGN_IN_SUBJECT_CLAIM', 'a b'],
    ['SAMPLE_SIGN_IN_PORT', '65536'],
    ['RATE_LIMIT_FACTOR', '-1'],
    ['TRUST_PROXY', 'yes'],
  ])('answers %s=%s with one sentence that names it and says what to do', (name, value) => {
    let message = ''
    try {
      readConfig({ [name]: value })
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      message = (error as Error).message
    }
    expect(message).toMatch(new RegExp(`^${name} cannot be used: set it to .+, or remove it\\.$`))
    expect(message).not.toContain('a valid value')
    expect(message).not.toContain('secret')
  })

  it('names every faulty variable, each in a sentence of its own', () => {
    expect(() => readConfig({ PORT: 'x', CHAIN_ID: 'y' })).toThrow(/^PORT .*\.\nCHAIN_ID .*\.$/)
  })

  it('knows exactly the variables that .env.example documents, with the same defaults', () => {
    const documented = [...EXAMPLE.matchAll(/^#?\s?([A-Z][A-Z_]+)=(.*)$/gm)].map(
      ([, name = '', value = '']) => [name, value],
    )
    const broken = Object.fromEntries(documented.map(([name]) => [name, '\u0000']))
    let message = ''
    try {
      readConfig(broken)
    } catch (error) {
      message = (error as Error).message
    }
    // A folder may have any name, so DATA_DIR is the one that takes everything.
    expect(
      message
        .split('\n')
        .map((line) => line.split(' ')[0])
        .sort(),
    ).toEqual(
      documented
        .map(([name]) => name)
        .filter((name) => name !== 'DATA_DIR')
        .sort(),
    )
    const defaults = Object.fromEntries(documented.filter(([, value]) => value !== ''))
    expect(readConfig(defaults)).toEqual(readConfig({}))
  })
})

describe('the sign-in provider', () => {
  const issuer = 'https://sign-in.example.kr'

  it('is nobody unless it is named, and then known by its stable identifier', () => {
    expect(readConfig({}).signIn).toBeUndefined()
    expect(readConfig({ SIGN_IN_ISSUER: issuer, SIGN_IN_CLIENT_ID: 'incheon' }).signIn).toEqual({
      issuer,
      clientId: 'incheon',
      subjectClaim: 'sub',
      scope: 'openid',
    })
    expect(
      readConfig({
        SIGN_IN_ISSUER: 'http://localhost:9000',
        SIGN_IN_CLIENT_ID: 'x',
        SIGN_IN_CLIENT_SECRET: 's',
      }).signIn,
    ).toMatchObject({ issuer: 'http://localhost:9000', clientSecret: 's' })
  })

  it.each([
    [{ SIGN_IN_ISSUER: issuer }, /^SIGN_IN_CLIENT_ID is missing: /],
    [{ SIGN_IN_CLIENT_ID: 'incheon' }, /^SIGN_IN_ISSUER is missing: /],
    [{ SIGN_IN_CLIENT_SECRET: 'secret' }, /^SIGN_IN_ISSUER is missing: (?!.*secret)/],
  ])('is named whole or not at all (%#)', (env, message) => {
    expect(() => readConfig(env)).toThrow(message)
  })
})

describe('isLocalInstallation', () => {
  it.each([
    ['http://localhost:8080', true],
    ['http://127.0.0.1:8080', true],
    ['https://pass.example.kr', false],
    ['http://localhost.example.kr', false],
    ['http://127.0.0.1.nip.io', false],
  ])('%s: %s', (publicUrl, local) => {
    expect(isLocalInstallation({ publicUrl })).toBe(local)
  })
})
