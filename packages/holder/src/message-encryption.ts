import {
  CompactEncrypt,
  type CryptoKey,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose'
import { z } from 'zod'
import { HolderError } from './error.ts'
import type { Issuer } from './issuer.ts'

/** Best first (HAIP 1.0 section 5: A256GCM where both are known). */
export const ENCRYPTIONS = ['A256GCM', 'A128GCM'] as const

const keySchema = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  use: z.literal('enc').optional(),
  alg: z.literal('ECDH-ES').optional(),
  kid: z.string().optional(),
})
export type EncryptionKey = z.infer<typeof keySchema>

/**
 * The first key of a set that this wallet can encrypt to. Any other is passed over (RFC 7517 section 5): tomorrow's
 * algorithms stand beside today's.
 */
export async function usableKey(keys: readonly unknown[]): Promise<EncryptionKey | undefined> {
  for (const candidate of keys) {
    const { data } = keySchema.safeParse(candidate)
    if (!data) continue
    try {
      await importJWK(data as JWK, 'ECDH-ES')
      return data
    } catch {
      // Not a point of the curve.
    }
  }
  return undefined
}

/** An encrypted message to the holder of a key, as a compact JWE that names the key. */
export async function encryptTo(
  { key, enc }: { key: EncryptionKey; enc: string },
  message: unknown,
): Promise<string> {
  return new CompactEncrypt(new TextEncoder().encode(JSON.stringify(message)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc, ...(key.kid === undefined ? {} : { kid: key.kid }) })
    .encrypt(await importJWK(key as JWK, 'ECDH-ES'))
}

/** How one request to an issuer is encrypted, and its answer. */
export type MessageEncryption = {
  request?: { key: EncryptionKey; enc: string }
  response?: { enc: string; jwk: JWK; privateKey: CryptoKey }
}

const responseSchema = z.looseObject({
  alg_values_supported: z.array(z.string()),
  enc_values_supported: z.array(z.string()),
  encryption_required: z.boolean().default(false),
})
const requestSchema = z.looseObject({
  jwks: z.looseObject({ keys: z.array(z.unknown()) }),
  enc_values_supported: z.array(z.string()),
  encryption_required: z.boolean().default(false),
})

/**
 * Encrypts whatever the issuer can take encrypted (OpenID4VCI 1.0 section 10), with a key of its own for each answer.
 * An answer is asked for encrypted only in an encrypted request: else its key could be exchanged on the way (8.2).
 *
 * @throws HolderError `offer_unsupported` when the issuer requires what this wallet cannot do
 */
export async function encryptionFor({ metadata }: Issuer): Promise<MessageEncryption> {
  const { credential_request_encryption: ofRequests, credential_response_encryption: ofResponses } =
    metadata.credentialIssuer as Record<string, unknown>
  const [requests, responses] = [
    requestSchema.safeParse(ofRequests).data,
    responseSchema.safeParse(ofResponses).data,
  ]
  const key = await usableKey(requests?.jwks.keys ?? [])
  const requestEnc = ENCRYPTIONS.find((enc) => requests?.enc_values_supported.includes(enc))
  const request = key && requestEnc ? { key, enc: requestEnc } : undefined
  const enc = responses?.alg_values_supported.includes('ECDH-ES')
    ? ENCRYPTIONS.find((enc) => responses.enc_values_supported.includes(enc))
    : undefined
  const lacking =
    (requests?.encryption_required && !request) || (responses?.encryption_required && !(enc && request))
  if (lacking)
    throw new HolderError('offer_unsupported', 'the issuer wants another encryption than this wallet has')
  if (!request) return {}
  if (!enc) return { request }
  const { publicKey, privateKey } = await generateKeyPair('ECDH-ES', { crv: 'P-256' })
  const jwk = { ...(await exportJWK(publicKey)), alg: 'ECDH-ES', use: 'enc', kid: 'response' }
  return { request, response: { enc, jwk, privateKey } }
}

/** The parameters by which an answer is asked for encrypted. */
export function responseParameters({ response }: MessageEncryption): object {
  return response ? { credential_response_encryption: { jwk: response.jwk, enc: response.enc } } : {}
}

/**
 * Reads an issuer's answer, encrypted or not, just as it was asked for.
 *
 * @throws HolderError `issuer_malformed`, also when it is not encrypted and should be
 */
export async function readAnswer(
  response: Response,
  { response: expected }: MessageEncryption,
): Promise<unknown> {
  try {
    if (!expected) return await response.json()
    const { plaintext } = await compactDecrypt((await response.text()).trim(), expected.privateKey, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: [expected.enc],
    })
    return JSON.parse(new TextDecoder().decode(plaintext))
  } catch (cause) {
    throw new HolderError('issuer_malformed', 'the answer cannot be read', { cause })
  }
}
