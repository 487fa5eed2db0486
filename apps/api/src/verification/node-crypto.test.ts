import { generateKeyPairSync, sign } from 'node:crypto'
import { type PublicJwk, webCryptoPort } from '@pass/credentials'
import { describe, expect, it } from 'vitest'
import { createNodeCrypto } from './node-crypto.ts'

describe('the primitives on OpenSSL', () => {
  const port = createNodeCrypto()

  it('say the same as WebCrypto, also when a number of the signature begins with zeros', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = publicKey.export({ format: 'jwk' }) as PublicJwk
    for (let i = 0; i < 1500; i++) {
      const data = Buffer.from(`message ${i}`)
      const signature = new Uint8Array(sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }))
      expect(port.verifyEs256(jwk, data, signature)).toBe(true)
      expect(port.verifyEs256(jwk, Buffer.from('another'), signature)).toBe(false)
      signature[i % 64] = (signature[i % 64] ?? 0) ^ 0x80
      expect(port.verifyEs256(jwk, data, signature)).toBe(false)
      if (i % 100 === 0) expect(await webCryptoPort.verifyEs256(jwk, data, signature)).toBe(false)
    }
    expect(port.sha256(Buffer.from('x'))).toEqual(Buffer.from(webCryptoPort.sha256(Buffer.from('x'))))
  })

  it('answer false, and do not throw, for what is no key or no signature', () => {
    const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'jwk',
    }) as PublicJwk
    const data = Buffer.from('x')
    for (const length of [0, 63, 64, 65, 72])
      expect(port.verifyEs256(jwk, data, new Uint8Array(length))).toBe(false)
    expect(port.verifyEs256({ ...jwk, x: jwk.y, y: jwk.x }, data, new Uint8Array(64).fill(1))).toBe(false)
    expect(port.verifyEs256({ ...jwk, x: '' }, data, new Uint8Array(64).fill(1))).toBe(false)
  })
})
