import { toBase64url } from './encoding.ts'
import type { HeldKey, KeyPort } from './types.ts'

export { toBase64url }

/** What a statement is signed with: the key, and who says the time (milliseconds, by the city's clock). */
export type WalletSigner = { keys: KeyPort; key: HeldKey; now: number }

/**
 * The proof that a request comes from this wallet's key (RFC 9449 section 4.2). Good for one request.
 *
 * @param request its method, and its address without query and fragment
 */
export function dpopProof(signer: WalletSigner, request: { method: string; url: string }): Promise<string> {
  return signedByKey(signer, 'dpop+jwt', { htm: request.method, htu: request.url })
}

/** What the wallet shows for a merchant or an organiser to scan: good for a minute and once. */
export function passCode(signer: WalletSigner): Promise<string> {
  return signedByKey(signer, 'pass+jwt', {})
}

/**
 * A key's own word that it belongs to the instance with this thumbprint (RFC 7638), for the wallet's provider.
 *
 * @param statement `typ` says what the key is for; `aud` is the provider
 */
export function keyProof(
  signer: WalletSigner,
  { typ, aud, jkt }: { typ: string; aud: string; jkt: string },
): Promise<string> {
  return signedByKey(signer, typ, { aud, jkt })
}

/** A compact JWS that carries its own key, its time and an id of its own. */
async function signedByKey({ keys, key, now }: WalletSigner, typ: string, claims: object): Promise<string> {
  const { kty, crv, x, y } = key.publicJwk
  const header = { typ, alg: 'ES256', jwk: { kty, crv, x, y } }
  const payload = { ...claims, iat: Math.floor(now / 1000), jti: crypto.randomUUID() }
  const input = `${toBase64url(JSON.stringify(header))}.${toBase64url(JSON.stringify(payload))}`
  const signature = await keys.sign(key.id, new TextEncoder().encode(input))
  return `${input}.${toBase64url(signature)}`
}
