import type { Sign } from '@pass/agent'
import type { PublicJwk } from '@pass/credentials'
import { RESPONSE_ENCRYPTIONS } from '../jose/jwe.ts'
import type { VerifierIdentity } from './verifier-identity.ts'

export type RequestObjectOptions = {
  id: string
  identity: VerifierIdentity
  clientId: string
  /** Where the wallet sends its answer, or the origins of the pages that may ask it in the browser. */
  answerTo: { responseUri: string } | { expectedOrigins: readonly string[] }
  nonce: string
  dcql: unknown
  /** The key that the wallet encrypts its answer to; its `kid` is the request's id. */
  responseKey: PublicJwk
  /** What the citizen has to confirm with the answer; base64url of JSON each. */
  transactionData: readonly string[]
  /** The city's statement about this verifier and purpose; absent for a query of the verifier's own. */
  registration?: string
  walletNonce?: string
  /** Thumbprint of the key that the answer must be sent with (RFC 9449 section 10). */
  dpopJkt?: string
  /** Seconds. */
  iat: number
  exp: number
  sign: Sign
}

/** Section 5.8: the audience when the wallet is found by its scheme and has no metadata of its own. */
const STATIC_AUDIENCE = 'https://self-issued.me/v2'

/**
 * A signed request object (OpenID4VP 1.0 sections 5 and 8.3, HAIP 1.0 section 5), also for the Digital
 * Credentials API (appendix A.3.2).
 * Written by hand because the header never changes for a verifier: what is left is one signature.
 */
export async function signRequestObject(options: RequestObjectOptions): Promise<string> {
  const {
    id,
    clientId,
    identity,
    answerTo,
    responseKey,
    transactionData,
    registration,
    walletNonce,
    dpopJkt,
  } = options
  const payload = {
    iss: clientId,
    aud: STATIC_AUDIENCE,
    client_id: clientId,
    response_type: 'vp_token',
    // In the browser the page that asked gets the answer, and a state is not defined (appendix A.2).
    ...('responseUri' in answerTo
      ? { response_mode: 'direct_post.jwt', response_uri: answerTo.responseUri, state: id }
      : { response_mode: 'dc_api.jwt', expected_origins: answerTo.expectedOrigins }),
    nonce: options.nonce,
    dcql_query: options.dcql,
    client_metadata: {
      vp_formats_supported: {
        'dc+sd-jwt': { 'sd-jwt_alg_values': ['ES256'], 'kb-jwt_alg_values': ['ES256'] },
      },
      jwks: { keys: [{ ...responseKey, use: 'enc', alg: 'ECDH-ES', kid: id }] },
      encrypted_response_enc_values_supported: RESPONSE_ENCRYPTIONS,
    },
    ...(transactionData.length === 0 ? {} : { transaction_data: transactionData }),
    ...(registration === undefined ? {} : { verifier_info: [{ format: 'jwt', data: registration }] }),
    ...(walletNonce === undefined ? {} : { wallet_nonce: walletNonce }),
    ...(dpopJkt === undefined ? {} : { dpop_jkt: dpopJkt }),
    iat: options.iat,
    exp: options.exp,
  }
  const input = `${identity.header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
  const signature = await options.sign(Buffer.from(input, 'ascii'))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
