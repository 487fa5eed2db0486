import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  createResponseKey,
  decryptMessage,
  decryptResponse,
  encryptMessage,
  ResponseEncryptionError,
  responseKeyOf,
} from './jwe.ts'

const OFF_CURVE = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
const PLAINTEXT = Buffer.from('{"vp_token":{}}')

/** By jose, which shares no code with ours. */
async function encrypt(publicJwk: object, header: Record<string, unknown> = {}): Promise<string> {
  return new CompactEncrypt(PLAINTEXT)
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A128GCM', kid: 'k', ...header })
    .encrypt(await importJWK(publicJwk as Parameters<typeof importJWK>[0], 'ECDH-ES'))
}

const withHeader = (
  jwe: string,
  change: (header: Record<string, unknown>) => Record<string, unknown>,
): string => {
  const [encoded = '', ...rest] = jwe.split('.')
  const header = JSON.parse(Buffer.from(encoded, 'base64url').toString()) as Record<string, unknown>
  return [Buffer.from(JSON.stringify(change(header))).toString('base64url'), ...rest].join('.')
}

describe('the encryption of responses', () => {
  it('opens what a peer encrypted, over many keys', async () => {
    // One key in 256 begins with a zero byte, which a careless conversion loses.
    for (let i = 0; i < 600; i++) {
      const { privateKey, publicJwk } = createResponseKey()
      expect(privateKey).toHaveLength(32)
      const enc = i % 2 ? 'A256GCM' : 'A128GCM'
      expect(Buffer.from(decryptResponse(await encrypt(publicJwk, { enc }), privateKey, 'k'))).toEqual(
        PLAINTEXT,
      )
    }
  })

  it('takes the party information of either side into account', async () => {
    const { privateKey, publicJwk } = createResponseKey()
    const jwe = await new CompactEncrypt(PLAINTEXT)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .setKeyManagementParameters({ apu: Buffer.from('wallet'), apv: Buffer.from('nonce') })
      .encrypt(await importJWK(publicJwk, 'ECDH-ES'))
    expect(Buffer.from(decryptResponse(jwe, privateKey, 'k'))).toEqual(PLAINTEXT)
  })

  it('refuses what was encrypted to another key, or altered in any part', async () => {
    const { privateKey, publicJwk } = createResponseKey()
    const jwe = await encrypt(publicJwk)
    expect(() => decryptResponse(jwe, createResponseKey().privateKey, 'k')).toThrow(ResponseEncryptionError)
    for (const part of [2, 3, 4]) {
      const parts = jwe.split('.')
      const bytes = Buffer.from(parts[part] ?? '', 'base64url')
      bytes[0] = (bytes[0] ?? 0) ^ 1
      parts[part] = bytes.toString('base64url')
      expect(() => decryptResponse(parts.join('.'), privateKey, 'k')).toThrow(ResponseEncryptionError)
    }
    const truncated = jwe.split('.').with(4, Buffer.alloc(4).toString('base64url')).join('.')
    expect(() => decryptResponse(truncated, privateKey, 'k')).toThrow(ResponseEncryptionError)
  })

  // An altered header also breaks the authentication of the whole; the sentence shows that it was not even tried.
  it.each<[string, RegExp, (header: Record<string, unknown>) => Record<string, unknown>]>([
    ['another key agreement', /another algorithm/, (header) => ({ ...header, alg: 'ECDH-ES+A128KW' })],
    ['another encryption', /another algorithm/, (header) => ({ ...header, enc: 'A128CBC-HS256' })],
    ['compressed plaintext', /extension/, (header) => ({ ...header, zip: 'DEF' })],
    ['a critical extension', /extension/, (header) => ({ ...header, crit: ['x'], x: 1 })],
    ['the key of another request', /key of another/, (header) => ({ ...header, kid: 'other' })],
    ['no ephemeral key', /ephemeral key/, ({ epk: _, ...header }) => header],
    [
      'another curve',
      /ephemeral key/,
      ({ epk, ...header }) => ({ ...header, epk: { ...Object(epk), crv: 'P-384' } }),
    ],
    ['a point off the curve', /not encrypted/, (header) => ({ ...header, epk: OFF_CURVE })],
    ['a header that is no object', /another algorithm/, () => null as unknown as Record<string, unknown>],
  ])('refuses %s', async (_, reason, change) => {
    const { privateKey, publicJwk } = createResponseKey()
    const jwe = withHeader(await encrypt(publicJwk), change)
    expect(() => decryptResponse(jwe, privateKey, 'k')).toThrow(ResponseEncryptionError)
    expect(() => decryptResponse(jwe, privateKey, 'k')).toThrow(reason)
  })
})

describe('the encryption of answers', () => {
  it('opens at a peer, over many keys', async () => {
    for (let i = 0; i < 300; i++) {
      const { privateKey, publicKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true })
      const jwk = (await exportJWK(publicKey)) as Parameters<typeof encryptMessage>[1]['jwk']
      const enc = i % 2 ? 'A256GCM' : 'A128GCM'
      const jwe = encryptMessage(PLAINTEXT, { jwk, enc, ...(i % 3 ? { kid: 'k' } : {}) })
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
      expect(Buffer.from(plaintext)).toEqual(PLAINTEXT)
      expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES', enc })
      expect(protectedHeader.kid).toBe(i % 3 ? 'k' : undefined)
      expect(Object.keys(protectedHeader['epk'] ?? {}).sort()).toEqual(['crv', 'kty', 'x', 'y'])
    }
  })

  it('uses a key and a nonce of its own for each message', () => {
    const { publicJwk: jwk } = createResponseKey()
    const parts = [1, 2].map(() => encryptMessage(PLAINTEXT, { jwk, enc: 'A256GCM' }).split('.'))
    for (const part of [0, 2, 3, 4]) expect(parts[0]?.[part]).not.toBe(parts[1]?.[part])
  })

  it('opens here under the key that its kid names, and under no other', () => {
    const { privateKey, publicJwk: jwk } = createResponseKey()
    const jwe = encryptMessage(PLAINTEXT, { jwk, kid: 'mine', enc: 'A128GCM' })
    const keyOf = (kid: unknown) => (kid === 'mine' ? privateKey : undefined)
    expect(Buffer.from(decryptMessage(jwe, keyOf))).toEqual(PLAINTEXT)
    const nameless = encryptMessage(PLAINTEXT, { jwk, enc: 'A128GCM' })
    expect(() => decryptMessage(nameless, keyOf)).toThrow(/key of another/)
  })

  it('is not made for a point off the curve', () => {
    const jwk = OFF_CURVE as Parameters<typeof encryptMessage>[1]['jwk']
    expect(() => encryptMessage(PLAINTEXT, { jwk, enc: 'A128GCM' })).toThrow()
  })

  it('takes a scalar from elsewhere, and no number that is none', () => {
    const { privateKey, publicJwk } = createResponseKey()
    expect(responseKeyOf(privateKey).publicJwk).toEqual(publicJwk)
    expect(() => responseKeyOf(new Uint8Array(32))).toThrow()
    expect(() => responseKeyOf(new Uint8Array(32).fill(0xff))).toThrow()
  })
})
