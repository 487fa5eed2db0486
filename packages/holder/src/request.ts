import { CredentialError, type VerifiedCertificate } from '@pass/credentials'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { z } from 'zod'
import { toBase64url } from './encoding.ts'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import { parametersIn } from './link.ts'
import { addressOf, type Reach } from './reach.ts'
import { verifyWithCertificate } from './trust.ts'
import type { VerifiedRequest } from './types.ts'

/** What the wallet can do, for a verifier that adapts (OpenID4VP 1.0 section 10); the same from every wallet. */
const WALLET_METADATA = {
  vp_formats_supported: { 'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] } },
  client_id_prefixes_supported: ['x509_hash'],
  request_object_signing_alg_values_supported: ['ES256'],
  response_types_supported: ['vp_token'],
  response_modes_supported: ['direct_post.jwt'],
}
/** Audience of a request for a wallet that publishes no metadata (section 5.8). */
const SELF_ISSUED = 'https://self-issued.me/v2'
const ENCRYPTIONS = ['A256GCM', 'A128GCM']
/** Clocks differ by this much, seconds. */
const SKEW = 60

const headerSchema = z.looseObject({
  typ: z.literal('oauth-authz-req+jwt'),
  alg: z.literal('ES256'),
  x5c: z.array(z.string()).min(1),
})
const keySchema = z.looseObject({
  kty: z.string(),
  crv: z.string().optional(),
  use: z.string().optional(),
  alg: z.string().optional(),
  kid: z.string().optional(),
})
/** Request object (section 5), as far as the wallet uses it. */
const payloadSchema = z.looseObject({
  client_id: z.string(),
  response_type: z.string(),
  response_mode: z.string().optional(),
  response_uri: z.string().optional(),
  redirect_uri: z.unknown().optional(),
  nonce: z.string().min(1),
  state: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iat: z.number().optional(),
  nbf: z.number().optional(),
  exp: z.number().optional(),
  wallet_nonce: z.string().optional(),
  dpop_jkt: z.string().optional(),
  transaction_data: z.unknown().optional(),
  dcql_query: z.record(z.string(), z.unknown()).optional(),
  client_metadata: z
    .looseObject({
      jwks: z.looseObject({ keys: z.array(keySchema) }).optional(),
      encrypted_response_enc_values_supported: z.array(z.string()).optional(),
    })
    .optional(),
  verifier_info: z.array(z.looseObject({ format: z.string(), data: z.unknown() })).optional(),
})
type Payload = z.infer<typeof payloadSchema>

export type ReceivedRequest = {
  request: VerifiedRequest
  verifier: VerifiedCertificate
  /** Statements about the verifier, of format `jwt` (section 5.11). */
  statements: string[]
  /** Milliseconds since 1970. */
  expiresAt?: number
}

/**
 * Fetches a request object and verifies it: form, certificate of the city, signature, the client id that is the hash
 * of that certificate, audience, times, and the nonce of this wallet when it asked by POST.
 *
 * @throws HolderError `request_malformed`, `request_unsupported`, `request_expired`, `verifier_untrusted`, network
 */
export async function receiveRequest(
  text: string,
  ports: HolderPorts,
  reach: Reach,
): Promise<ReceivedRequest> {
  const parameters = parametersIn(text, ['request_uri', 'request', 'client_id'])
  const clientId = parameters?.get('client_id')
  if (!parameters || !clientId) throw malformed('the text holds no presentation request')
  const { jwt, walletNonce, requestUri } = await requestObject(parameters, ports, reach)

  const { x5c } = parseOr(headerSchema, () => decodeProtectedHeader(jwt))
  const payload = parseOr(payloadSchema, () => decodeJwt(jwt))
  if (!clientId.startsWith('x509_hash:')) {
    throw new HolderError('verifier_untrusted', 'the verifier is not identified by a certificate')
  }
  const verifier = await verifySignature(jwt, x5c, ports)
  if (payload.client_id !== clientId || clientId !== `x509_hash:${verifier.sha256}`) {
    throw new HolderError('verifier_untrusted', 'the client id is not the hash of the certificate')
  }
  checkAudienceAndTimes(payload, requestUri, ports)
  if (walletNonce !== undefined && payload.wallet_nonce !== walletNonce) {
    throw malformed('the request does not carry the nonce of this wallet')
  }
  return {
    request: supported(payload, ports),
    verifier,
    statements: (payload.verifier_info ?? []).flatMap(({ format, data }) =>
      format === 'jwt' && typeof data === 'string' ? [data] : [],
    ),
    ...(payload.exp === undefined ? {} : { expiresAt: payload.exp * 1000 }),
  }
}

/** By value, or by reference with GET or POST (section 5.10). */
async function requestObject(
  parameters: URLSearchParams,
  ports: HolderPorts,
  reach: Reach,
): Promise<{ jwt: string; walletNonce?: string; requestUri?: string }> {
  const byValue = parameters.get('request')
  if (byValue) return { jwt: byValue }
  const requestUri = parameters.get('request_uri')
  if (!requestUri) throw new HolderError('verifier_untrusted', 'the request is not signed')

  const accept = { accept: 'application/oauth-authz-req+jwt' }
  if (parameters.get('request_uri_method')?.toLowerCase() !== 'post') {
    return { jwt: await jwtFrom(await reach(requestUri, { headers: accept })), requestUri }
  }
  const walletNonce = toBase64url(ports.random(16))
  const response = await reach(requestUri, {
    method: 'POST',
    headers: { ...accept, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      wallet_nonce: walletNonce,
      wallet_metadata: JSON.stringify(WALLET_METADATA),
    }).toString(),
  })
  return { jwt: await jwtFrom(response), walletNonce, requestUri }
}

async function jwtFrom(response: Response): Promise<string> {
  const body = (await response.text()).trim()
  if (response.ok) return body
  const serverCode = /request_expired|already_answered/.exec(body)?.[0]
  const gone = response.status === 404 || response.status === 410 || serverCode !== undefined
  throw new HolderError(
    gone ? 'request_expired' : 'request_malformed',
    `its address answered ${response.status}`,
    serverCode === undefined ? {} : { serverCode },
  )
}

async function verifySignature(jwt: string, x5c: string[], ports: HolderPorts): Promise<VerifiedCertificate> {
  try {
    return await verifyWithCertificate(jwt, x5c, ports)
  } catch (error) {
    const known = error instanceof CredentialError
    throw asHolderError(error, known ? 'verifier_untrusted' : 'request_malformed')
  }
}

function checkAudienceAndTimes(payload: Payload, requestUri: string | undefined, ports: HolderPorts): void {
  const now = ports.clock().getTime() / 1000
  if (payload.exp !== undefined && payload.exp + SKEW < now)
    throw new HolderError('request_expired', 'exp is past')
  const notBefore = Math.max(payload.nbf ?? 0, payload.iat ?? 0)
  if (notBefore - SKEW > now) throw malformed('the request is from the future')
  // Some verifiers (the library under Credo is one) name the request's own address, as plain RFC 9101 would have it.
  const audience = [payload.aud ?? []].flat()
  if (!audience.includes(SELF_ISSUED) && !(requestUri !== undefined && audience.includes(requestUri))) {
    throw malformed('the request is for another audience')
  }
}

/** Takes what the wallet needs, refusing what it cannot do rather than ignoring it. */
function supported(payload: Payload, ports: HolderPorts): VerifiedRequest {
  const {
    response_type: type,
    response_mode: mode,
    response_uri: responseUri,
    client_metadata: metadata,
  } = payload
  if (type !== 'vp_token' || mode !== 'direct_post.jwt') throw unsupported(`${type} by ${mode}`)
  // Section 8.2: with direct_post there is a response_uri and no redirect_uri.
  if (responseUri === undefined || payload.redirect_uri !== undefined)
    throw malformed('no address for the response')
  addressOf(responseUri, ports.allowInsecure ?? false)
  // Section 5.1: a wallet that does not know transaction data must refuse.
  if (payload.transaction_data !== undefined) throw unsupported('transaction data')
  if (payload.dcql_query === undefined) throw unsupported('a query that is not DCQL')

  const jwk = metadata?.jwks?.keys.find(
    ({ kty, crv, use, alg }) =>
      kty === 'EC' && crv === 'P-256' && use !== 'sig' && (alg === undefined || alg === 'ECDH-ES'),
  )
  if (!jwk) throw unsupported('no P-256 key to encrypt the response to')
  // Section 8.3: A128GCM when the verifier names none.
  const offered = metadata?.encrypted_response_enc_values_supported ?? ['A128GCM']
  const enc = ENCRYPTIONS.find((value) => offered.includes(value))
  if (!enc) throw unsupported(`encryption with ${offered.join(', ')}`)
  return {
    clientId: payload.client_id,
    nonce: payload.nonce,
    ...(payload.state === undefined ? {} : { state: payload.state }),
    ...(payload.dpop_jkt === undefined ? {} : { proofOf: payload.dpop_jkt }),
    responseUri,
    encryption: { jwk: jwk as JWK, alg: 'ECDH-ES', enc },
    dcqlQuery: payload.dcql_query,
  }
}

function parseOr<T>(schema: z.ZodType<T>, read: () => unknown): T {
  try {
    return schema.parse(read())
  } catch (error) {
    throw asHolderError(error, 'request_malformed')
  }
}

const malformed = (message: string): HolderError => new HolderError('request_malformed', message)
const unsupported = (what: string): HolderError => new HolderError('request_unsupported', what)
