import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import {
  type CallbackContext,
  clientAuthenticationAnonymous,
  type JwtSigner,
  setGlobalConfig,
} from '@openid4vc/oauth2'
import { type CryptoKey, compactDecrypt, compactVerify, importJWK, type JWK } from 'jose'
import type { Certified } from './authority.ts'

setGlobalConfig({ allowInsecureUrls: true })

/** Whoever signed; whether they may is not the question of these tests' servers. */
function signerJwk(signer: JwtSigner): JWK | undefined {
  if (signer.method === 'jwk') return signer.publicJwk as JWK
  if (signer.method !== 'x5c') return undefined
  const certificate = new X509Certificate(Buffer.from(signer.x5c[0] ?? '', 'base64'))
  return certificate.publicKey.export({ format: 'jwk' }) as JWK
}

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
      const jwk = signerJwk(signer) ?? certified.publicJwk
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
