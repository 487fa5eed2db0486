import { Oauth2ClientErrorResponseError } from '@openid4vc/oauth2'
import { asHolderError, HolderError, type HolderErrorCode } from './error.ts'
import type { Issuer } from './issuer.ts'
import { signerOf } from './protocol.ts'
import type { PendingIssuance } from './types.ts'

/**
 * Exchanges the pre-authorized code for an access token (OpenID4VCI 1.0 section 6), bound to the pending issuance's
 * DPoP key when the server knows DPoP (RFC 9449). Nonces that the server asks for are given by the protocol library.
 *
 * @throws HolderError one of the offer and transaction code errors, or `issuer_refused`
 */
export async function fetchToken(
  issuer: Issuer,
  pending: PendingIssuance,
  txCode: string | undefined,
): Promise<{ accessToken: string; dpopBound: boolean }> {
  try {
    return await requestToken(issuer, pending, txCode)
  } catch (error) {
    // A browser sends a request again by itself when its connection is cut, and the proof in it counts once.
    if (!(error instanceof HolderError) || error.serverCode !== 'invalid_dpop_proof') throw error
    return requestToken(issuer, pending, txCode)
  }
}

async function requestToken(
  issuer: Issuer,
  pending: PendingIssuance,
  txCode: string | undefined,
): Promise<{ accessToken: string; dpopBound: boolean }> {
  const server = pending.authorizationServer ?? issuer.metadata.authorizationServers[0]?.issuer
  const algorithms = issuer.metadata.authorizationServers.find(
    ({ issuer }) => issuer === server,
  )?.dpop_signing_alg_values_supported
  try {
    const { accessTokenResponse } = await issuer.client.retrievePreAuthorizedCodeAccessTokenFromOffer({
      credentialOffer: {
        credential_issuer: issuer.id,
        credential_configuration_ids: pending.configurations.map(({ id }) => id),
        grants: {
          'urn:ietf:params:oauth:grant-type:pre-authorized_code': {
            'pre-authorized_code': pending.preAuthorizedCode,
            ...(pending.authorizationServer ? { authorization_server: pending.authorizationServer } : {}),
          },
        },
      },
      issuerMetadata: issuer.metadata,
      ...(txCode === undefined ? {} : { txCode }),
      ...(algorithms?.includes('ES256') ? { dpop: { signer: signerOf(pending.dpopKey) } } : {}),
    })
    const { access_token: accessToken, token_type: type } = accessTokenResponse
    return { accessToken, dpopBound: type.toLowerCase() === 'dpop' }
  } catch (error) {
    if (error instanceof Oauth2ClientErrorResponseError) throw tokenRefusal(error, txCode !== undefined)
    throw asHolderError(error, 'issuer_malformed')
  }
}

/** Our own issuers name the reason in `code`. */
const CODES: ReadonlySet<string> = new Set<HolderErrorCode>([
  'offer_expired',
  'offer_already_used',
  'offer_locked',
  'tx_code_required',
  'tx_code_wrong',
])

/** Others have only `invalid_grant` and their own words for the reasons that section 6.3 lumps together. */
const WORDS: [RegExp, HolderErrorCode][] = [
  [/lock|too many|attempts/i, 'offer_locked'],
  [/expired/i, 'offer_expired'],
  [/already|redeemed|used/i, 'offer_already_used'],
  [/pre-?authorized[ _]code/i, 'offer_expired'],
  [/tx_?code|transaction code|\bpin\b/i, 'tx_code_wrong'],
]

function tokenRefusal(error: Oauth2ClientErrorResponseError, gaveTxCode: boolean): HolderError {
  const body: Record<string, unknown> = error.errorResponse
  const code = body['code']
  const left = body['attempts_left']
  const details = {
    serverCode: typeof code === 'string' ? code : error.errorResponse.error,
    ...(typeof left === 'number' ? { attemptsLeft: left } : {}),
    cause: error,
  }
  const words = error.errorResponse.error_description ?? error.errorResponse.error
  if (typeof code === 'string') {
    return new HolderError(CODES.has(code) ? (code as HolderErrorCode) : 'issuer_refused', words, details)
  }
  if (error.errorResponse.error !== 'invalid_grant') {
    const missing = !gaveTxCode && /tx_?code/i.test(words)
    return new HolderError(missing ? 'tx_code_required' : 'issuer_refused', words, details)
  }
  const meant = WORDS.find(([pattern]) => pattern.test(words))?.[1]
  return new HolderError(meant ?? (gaveTxCode ? 'tx_code_wrong' : 'offer_expired'), words, details)
}
