import { Openid4vciRetrieveCredentialsError } from '@openid4vc/openid4vci'
import { asHolderError, HolderError } from './error.ts'
import type { HolderPorts } from './holder.ts'
import type { Issuer } from './issuer.ts'
import { signerOf } from './protocol.ts'
import type { HeldKey, PendingIssuance } from './types.ts'

/**
 * Refusals that a request signed anew settles: the nonce ran out between two requests (section 8.3.1.2), or the DPoP
 * proof was seen before, because a browser sends a request again by itself when its connection is cut.
 */
const SIGNED_ANEW = ['invalid_nonce', 'invalid_dpop_proof']

/**
 * Asks for one copy per key (OpenID4VCI 1.0 section 8), each key proving that the wallet holds it. The nonce in the
 * proofs is fresh on every try; the keys are not, so that the issuer can tell a repetition from a second batch.
 *
 * @returns compact credentials, and the id under which the issuer wants to hear that they arrived
 * @throws HolderError `offer_expired` (the token no longer works), `issuer_refused`, or what the network gave
 */
export async function fetchCopies(
  issuer: Issuer,
  pending: PendingIssuance & { accessToken: string },
  configurationId: string,
  keys: HeldKey[],
  ports: HolderPorts,
): Promise<{ copies: string[]; notificationId?: string }> {
  try {
    return await requestCopies(issuer, pending, configurationId, keys, ports)
  } catch (error) {
    if (!(error instanceof HolderError) || !SIGNED_ANEW.includes(error.serverCode ?? '')) throw error
    return requestCopies(issuer, pending, configurationId, keys, ports)
  }
}

async function requestCopies(
  issuer: Issuer,
  pending: PendingIssuance & { accessToken: string },
  credentialConfigurationId: string,
  keys: HeldKey[],
  ports: HolderPorts,
): Promise<{ copies: string[]; notificationId?: string }> {
  const { client, metadata } = issuer
  try {
    const nonce = metadata.credentialIssuer.nonce_endpoint
      ? (await client.requestNonce({ issuerMetadata: metadata })).c_nonce
      : undefined
    const proofs = await Promise.all(
      keys.map(async (key) => {
        const { jwt } = await client.createCredentialRequestJwtProof({
          issuerMetadata: metadata,
          credentialConfigurationId,
          signer: signerOf(key),
          issuedAt: ports.clock(),
          ...(nonce === undefined ? {} : { nonce }),
        })
        return jwt
      }),
    )
    const { credentialResponse } = await client.retrieveCredentials({
      issuerMetadata: metadata,
      credentialConfigurationId,
      accessToken: pending.accessToken,
      proofs: { jwt: nonEmpty(proofs) },
      ...(pending.dpopBound ? { dpop: { signer: signerOf(pending.dpopKey) } } : {}),
    })
    if (credentialResponse.transaction_id !== undefined) {
      throw new HolderError('offer_unsupported', 'the issuer would deliver later (section 9)')
    }
    const notificationId = credentialResponse.notification_id
    return {
      copies: (credentialResponse.credentials ?? []).map(compactOf),
      ...(typeof notificationId === 'string' ? { notificationId } : {}),
    }
  } catch (error) {
    if (error instanceof Openid4vciRetrieveCredentialsError) throw refusal(error)
    throw asHolderError(error, 'issuer_malformed')
  }
}

/** Tells the issuer how it went (section 11). Nothing depends on it. */
export async function notifyIssuer(
  issuer: Issuer,
  pending: PendingIssuance & { accessToken: string },
  notificationId: string,
  event: 'credential_accepted' | 'credential_failure',
): Promise<void> {
  if (!issuer.metadata.credentialIssuer.notification_endpoint) return
  try {
    await issuer.client.sendNotification({
      issuerMetadata: issuer.metadata,
      accessToken: pending.accessToken,
      notification: { notificationId, event },
      ...(pending.dpopBound ? { dpop: { signer: signerOf(pending.dpopKey) } } : {}),
    })
  } catch {
    // The credential is stored, whether the issuer hears of it or not.
  }
}

function refusal(error: Openid4vciRetrieveCredentialsError): HolderError {
  const { response, credentialErrorResponseResult } = error.response
  const body = credentialErrorResponseResult?.success ? credentialErrorResponseResult.data : undefined
  const serverCode = body?.error ?? (response.status === 401 ? 'invalid_token' : undefined)
  if (serverCode === undefined) return new HolderError('issuer_malformed', error.message, { cause: error })
  const message = body?.error_description ?? serverCode
  const code = serverCode === 'invalid_token' ? 'offer_expired' : 'issuer_refused'
  return new HolderError(code, message, { serverCode, cause: error })
}

function compactOf(entry: unknown): string {
  if (typeof entry === 'string') return entry
  if (typeof entry === 'object' && entry !== null && 'credential' in entry) {
    if (typeof entry.credential === 'string') return entry.credential
  }
  throw new HolderError('credential_invalid', 'the issuer sent something other than a compact SD-JWT')
}

function nonEmpty<T>(items: T[]): [T, ...T[]] {
  const [first, ...rest] = items
  if (first === undefined) throw new TypeError('no keys to prove')
  return [first, ...rest]
}
