import { parseStrictObject } from '@pass/credentials'
import { OAuthError } from '../http/problem.ts'
import type { Reply } from '../http/route.ts'
import { isOnCurve } from '../jose/es256.ts'
import { decryptMessage, encryptMessage, isEncryption, type Recipient } from '../jose/jwe.ts'
import { isJsonObject, type JsonObject, publicJwkIn } from '../jose/jws.ts'
import type { RequestKeys } from './request-keys.ts'

/** A request as it came. */
export type RawMessage = { contentType: string | undefined; bytes: Uint8Array }

/** A request that was read, with the way in which its answer has to go out. */
export type Message = {
  body: JsonObject
  answer(status: number, content: JsonObject): Reply
}

const MAX_KID = 200

/**
 * Requests in the open or encrypted to us, and answers to each in the form that the wallet asked for (OpenID4VCI 1.0
 * section 10). Refusals are always in the open (section 8.3.1.2), so they are thrown as any other.
 */
export function createMessages(keys: Pick<RequestKeys, 'find'>) {
  /** @throws OAuthError `invalid_credential_request`, `invalid_encryption_parameters` */
  return (agencyId: string, { contentType, bytes }: RawMessage): Message => {
    const type = mediaTypeOf(contentType)
    if (type === undefined)
      throw new OAuthError(
        'invalid_credential_request',
        'Send the request as application/json, or encrypted as application/jwt.',
        { status: 415 },
      )
    const encrypted = type === 'application/jwt'
    const body = objectIn(encrypted ? decrypted(agencyId, bytes) : bytes)
    const wish = body['credential_response_encryption']
    if (wish === undefined) return { body, answer: (status, content) => ({ status, body: content }) }
    // Else whoever sits on the way could put in a key of their own (section 8.2).
    if (!encrypted) throw badEncryption('Encrypted answers are given to encrypted requests only.')
    const recipient = recipientIn(wish)
    return { body, answer: (status, content) => encryptedReply(status, content, recipient) }
  }

  function decrypted(agencyId: string, bytes: Uint8Array): Uint8Array {
    try {
      return decryptMessage(Buffer.from(bytes).toString('ascii'), (kid) => keys.find(agencyId, kid))
    } catch {
      throw badEncryption('The request is not encrypted to a key and by an algorithm of the metadata.')
    }
  }
}

const badEncryption = (reason: string) => new OAuthError('invalid_encryption_parameters', reason)

function mediaTypeOf(contentType = ''): 'application/json' | 'application/jwt' | undefined {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const charset = parameters.map((each) => each.trim()).find((each) => each.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) return undefined
  const name = type.trim()
  return name === 'application/json' || name === 'application/jwt' ? name : undefined
}

/** What repeats a parameter is malformed too (section 8.3.1.2). */
function objectIn(bytes: Uint8Array): JsonObject {
  try {
    return parseStrictObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new OAuthError('invalid_credential_request', 'The request must be one well-formed JSON object.')
  }
}

/**
 * The wallet's key for the answer. A `zip` is a permission, which we do not make use of.
 * @throws OAuthError `invalid_encryption_parameters`
 */
function recipientIn(wish: unknown): Recipient {
  if (!isJsonObject(wish))
    throw badEncryption('The parameter credential_response_encryption must be an object.')
  const { jwk: given, enc, zip } = wish
  const jwk = publicJwkIn(given)
  const { alg, use, kid } = isJsonObject(given) ? given : {}
  if (!jwk || !isOnCurve(jwk) || alg !== 'ECDH-ES' || (use !== undefined && use !== 'enc'))
    throw badEncryption('The jwk must be a public P-256 key for encryption with alg ECDH-ES.')
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KID))
    throw badEncryption('The kid of the jwk must be a short string.')
  if (!isEncryption(enc)) throw badEncryption('The enc must be one of the metadata.')
  if (zip !== undefined && zip !== 'DEF') throw badEncryption('The zip must be DEF, or left out.')
  return { jwk, enc, ...(kid === undefined ? {} : { kid }) }
}

function encryptedReply(status: number, content: JsonObject, recipient: Recipient): Reply {
  const body = encryptMessage(Buffer.from(JSON.stringify(content)), recipient)
  return { status, headers: { 'Content-Type': 'application/jwt' }, body }
}
