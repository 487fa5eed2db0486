import {
  type CallbackContext,
  type ClientAuthenticationCallback,
  clientAuthenticationAnonymous,
  HashAlgorithm,
  setGlobalConfig,
} from '@openid4vc/oauth2'
import { sha256, toBase64url } from './encoding.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { LARGEST, type Reach } from './reach.ts'
import { verifyWithCertificate } from './trust.ts'
import type { HeldKey } from './types.ts'

/** How a key of the key port is named to the protocol library: `kid` is our key's id and is not sent. */
export function signerOf(key: HeldKey): {
  method: 'jwk'
  alg: 'ES256'
  publicJwk: HeldKey['publicJwk']
  kid: string
} {
  return { method: 'jwk', alg: 'ES256', publicJwk: key.publicJwk, kid: key.id }
}

/** The callbacks through which `@openid4vc/*` reaches keys, network and randomness. */
export function protocolCallbacks(
  ports: HolderPorts,
  reach: Reach,
  {
    most = LARGEST.answer,
    authenticate = clientAuthenticationAnonymous(),
  }: { most?: number; authenticate?: ClientAuthenticationCallback } = {},
): Omit<CallbackContext, 'decryptJwe' | 'encryptJwe'> {
  // The library refuses http: addresses unless told, and can be told only for all of the process.
  if (ports.allowInsecure) setGlobalConfig({ allowInsecureUrls: true })
  return {
    fetch: (input, init) => reach(input instanceof Request ? input.url : input, init, most),
    generateRandom: (length) => ports.random(length),
    hash: async (data, algorithm) => {
      if (algorithm !== HashAlgorithm.Sha256) throw new TypeError(`no use for ${algorithm}`)
      return sha256(data)
    },
    clientAuthentication: authenticate,
    signJwt: async (signer, { header, payload }) => {
      if (signer.method !== 'jwk' || signer.kid === undefined) throw new TypeError('only held keys sign')
      const input = `${toBase64url(JSON.stringify(header))}.${toBase64url(JSON.stringify(payload))}`
      const signature = await ports.keys.sign(signer.kid, new TextEncoder().encode(input))
      return { jwt: `${input}.${toBase64url(signature)}`, signerJwk: signer.publicJwk }
    },
    verifyJwt: async (signer, { compact }) => {
      if (signer.method !== 'x5c')
        throw new HolderError('issuer_untrusted', `signed by ${signer.method}, not by x5c`)
      try {
        const { publicJwk } = await verifyWithCertificate(compact, signer.x5c, ports)
        return { verified: true, signerJwk: publicJwk }
      } catch (error) {
        throw asHolderError(error, 'issuer_untrusted')
      }
    },
  }
}
