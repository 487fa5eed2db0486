import { createHash, randomBytes } from 'node:crypto'
import { type CallbackContext, clientAuthenticationAnonymous, setGlobalConfig } from '@openid4vc/oauth2'
import { type CryptoKey, compactDecrypt, compactVerify, importJWK, type JWK } from 'jose'
import type { Certified } from './authority.ts'

setGlobalConfig({ allowInsecureUrls: true })

/** Callbacks of a server: one signing key, and jose for everything that the holder's code does by itself. */
export function peerCallbacks(certified: Certified, decryptionKey?: CryptoKey): CallbackContext {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    fetch,
    generateRandom: (length) => new Uint8Array(randomBytes(length)),
    hash: (data, algorithm) => new Uint8Array(createHash(algorithm.replace('-', '')).update(data).digest()),
    clientAuthentication: clientAuthenticationAnonymous(),
    async signJwt(_signer, { header, payload }) {
      const input = `${encode(header)}.${encode(payload)}`
      const signature = await certified.sign(new TextEncoder().encode(input))
      return {
        jwt: `${input}.${Buffer.from(signature).toString('base64url')}`,
        signerJwk: certified.publicJwk,
      }
    },
    async verifyJwt(signer, { compact }) {
      const jwk = (signer.method === 'jwk' ? signer.publicJwk : certified.publicJwk) as JWK
      const verified = await compactVerify(compact, await importJWK(jwk, signer.alg)).catch(() => undefined)
      return verified ? { verified: true, signerJwk: jwk as typeof certified.publicJwk } : { verified: false }
    },
    async decryptJwe(jwe) {
      if (!decryptionKey) return { decrypted: false }
      const { plaintext } = await compactDecrypt(jwe, decryptionKey)
      return {
        decrypted: true,
        payload: new TextDecoder().decode(plaintext),
        decryptionJwk: certified.publicJwk,
      }
    },
    encryptJwe: () => {
      throw new TypeError('a server encrypts nothing here')
    },
  }
}
