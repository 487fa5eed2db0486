import { CompactEncrypt, compactDecrypt, importJWK } from 'jose'
import { encode, type Json, type Key } from './jose.ts'

/** Encrypts to one of the keys that a peer publishes: ECDH-ES on P-256, by jose. */
export async function encryptTo(
  jwk: Json,
  content: unknown,
  { enc = 'A256GCM', header = {} }: { enc?: string; header?: Json } = {},
): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(content)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc, kid: jwk.kid, ...header })
    .encrypt(await importJWK({ ...jwk, alg: 'ECDH-ES' }, 'ECDH-ES'))
}

export async function decryptWith(
  { privateKey }: Key,
  jwe: string,
): Promise<{ header: Json; content: Json }> {
  const { plaintext, protectedHeader } = await compactDecrypt(jwe, privateKey)
  return { header: protectedHeader, content: JSON.parse(new TextDecoder().decode(plaintext)) }
}

/** The public half as an encryption key of ours. */
export const encryptionJwk = (key: Key, more: object = {}): Json => ({
  ...key.jwk,
  use: 'enc',
  alg: 'ECDH-ES',
  kid: encode(key.thumbprint).slice(0, 12),
  ...more,
})
