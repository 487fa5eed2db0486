import type { VerifiedCertificate } from '@pass/credentials'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { z } from 'zod'
import { HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Reach } from './reach.ts'
import { requestObject } from './request-object.ts'
import {
  checkTimes,
  parseOr,
  parseParameters,
  type RequestParameters,
  understood,
} from './request-parameters.ts'
import type { VerifiedRequest } from './types.ts'
import { verifyRequest } from './verify-request.ts'

/** Audience of a request for a wallet that publishes no metadata (OpenID4VP 1.0 section 5.8). */
const SELF_ISSUED = 'https://self-issued.me/v2'

/** Header of a request object. `none` and keys that come along are no signature of a certificate. */
const headerSchema = z.looseObject({
  typ: z.literal('oauth-authz-req+jwt'),
  alg: z.literal('ES256'),
  x5c: z.array(z.string()).min(1),
})
const clientIdSchema = z.looseObject({ client_id: z.string() })

export type ReceivedRequest = {
  request: VerifiedRequest
  /** Absent when a web page asked without signing. */
  verifier?: VerifiedCertificate
  /** Of the web page that asked. */
  origin?: string
  /** Statements about the verifier, of format `jwt` (section 5.11). */
  statements: string[]
  /** To be approved by presenting, as they came. */
  transactionData: string[]
  /** Milliseconds since 1970. */
  expiresAt?: number
}

/**
 * Fetches a request object and verifies it: form, certificate of the city, signature, the client id inside and
 * outside, audience, times, and the nonce of this wallet when it asked by POST.
 *
 * @throws HolderError `request_malformed`, `request_unsupported`, `request_expired`, `verifier_untrusted`, network
 */
export async function receiveRequest(
  text: string,
  ports: HolderPorts,
  reach: Reach,
): Promise<ReceivedRequest> {
  const { jwt, clientId, walletNonce, requestUri } = await requestObject(text, ports, reach)
  const { parameters, x5c, clientId: signedFor } = readSigned(jwt)
  const verifier = await verifyRequest({ jws: jwt, x5c, clientId }, parameters.response_uri, ports)
  if (signedFor !== clientId) {
    throw new HolderError('verifier_untrusted', 'the request was signed for another client id')
  }
  checkTimes(parameters, ports)
  checkAudience(parameters, requestUri)
  if (walletNonce !== undefined && parameters.wallet_nonce !== walletNonce) {
    throw new HolderError('request_malformed', 'the request does not carry the nonce of this wallet')
  }
  const request = await understood(parameters, clientId, { responseMode: 'direct_post.jwt' }, ports)
  return { request, verifier, ...extrasOf(parameters) }
}

/** Takes a signed request apart; nothing of it counts before it is verified. */
export function readSigned(jwt: string): { parameters: RequestParameters; x5c: string[]; clientId: string } {
  const { x5c } = parseOr(headerSchema, () => decodeProtectedHeader(jwt))
  const payload = parseOr(clientIdSchema, () => decodeJwt(jwt))
  return { parameters: parseParameters(payload), x5c, clientId: payload.client_id }
}

/** What of a request is of use besides the request itself. */
export function extrasOf({
  verifier_info: info = [],
  transaction_data: transactionData = [],
  exp,
}: RequestParameters): Pick<ReceivedRequest, 'statements' | 'transactionData' | 'expiresAt'> {
  return {
    statements: info.flatMap(({ format, data }) =>
      format === 'jwt' && typeof data === 'string' ? [data] : [],
    ),
    transactionData,
    ...(exp === undefined ? {} : { expiresAt: exp * 1000 }),
  }
}

function checkAudience({ aud = [] }: RequestParameters, requestUri: string | undefined): void {
  // Some verifiers (the library under Credo is one) name the request's own address, as plain RFC 9101 would have it.
  const audience = [aud].flat()
  if (!audience.includes(SELF_ISSUED) && !(requestUri !== undefined && audience.includes(requestUri))) {
    throw new HolderError('request_malformed', 'the request is for another audience')
  }
}
