import { resourceRequest } from '@openid4vc/oauth2'
import { z } from 'zod'
import { asHolderError, HolderError, type HolderErrorCode } from '../error.ts'
import type { HolderPorts } from '../holder.ts'
import type { Issuer } from '../issuer.ts'
import { encryptTo, type MessageEncryption } from '../message-encryption.ts'
import { protocolCallbacks, signerOf } from '../protocol.ts'
import { LARGEST, type Reach } from '../reach.ts'
import type { TokenSet } from '../types.ts'
import { attentively, dpopNonceOf } from './server-memory.ts'

/** OpenID4VCI 1.0 section 8.3.1.2; our own issuers say more in `code`, and what an officer wrote in `reason`. */
const errorSchema = z.looseObject({
  error: z.string().optional().catch(undefined),
  error_description: z.string().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  reason: z.string().max(2000).optional().catch(undefined),
})
/** What our own issuers say, where a person can be told more than that the issuer refused. */
const CODES: readonly HolderErrorCode[] = ['offer_expired', 'not_entitled', 'issuer_suspended']

/**
 * Posts to an endpoint of the issuer with an access token, and with a proof of its key where it has one. A nonce that
 * the issuer asks for is given; a fresh one for the next request is remembered.
 *
 * @returns the answer of a request that was taken
 * @throws HolderError `offer_expired` (the token does not work: `serverCode` `invalid_token`), `issuer_refused`,
 *   `issuer_malformed`, network
 */
export async function askIssuer(
  { issuer, tokens, url }: { issuer: Issuer; tokens: TokenSet; url: string },
  message: object,
  { request }: MessageEncryption,
  ports: HolderPorts,
  reach: Reach,
): Promise<Response> {
  const { accessToken, dpopBound, dpopKey } = tokens
  try {
    const { ok, response } = await resourceRequest({
      url,
      accessToken,
      ...(dpopBound ? { dpop: { signer: signerOf(dpopKey), ...dpopNonceOf(issuer.id, ports) } } : {}),
      callbacks: protocolCallbacks(ports, attentively(issuer.id, ports, reach), {
        most: LARGEST.credentials,
      }),
      requestOptions: {
        method: 'POST',
        headers: { 'Content-Type': request ? 'application/jwt' : 'application/json' },
        body: request ? await encryptTo(request, message) : JSON.stringify(message),
      },
    })
    if (ok) return response as unknown as Response
    throw await refusal(response as unknown as Response)
  } catch (error) {
    throw asHolderError(error, 'issuer_malformed')
  }
}

/** Errors are never encrypted (section 8.3.1.2). */
async function refusal(response: Response): Promise<HolderError> {
  const parsed = errorSchema.safeParse(await response.json().catch(() => undefined))
  const { error, error_description: words, code: said, reason } = parsed.data ?? {}
  const serverCode = response.status === 401 && error !== 'invalid_dpop_proof' ? 'invalid_token' : error
  if (serverCode === undefined) {
    return new HolderError('issuer_malformed', `the issuer answered ${response.status}`)
  }
  const known = CODES.find((code) => code === said)
  const code = known ?? (serverCode === 'invalid_token' ? 'offer_expired' : 'issuer_refused')
  const message = [said, words ?? serverCode].filter((part) => part !== undefined).join(': ')
  return new HolderError(code, message, { serverCode, ...(reason === undefined ? {} : { reason }) })
}
