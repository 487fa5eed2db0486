import {
  type AuthorizationServerMetadata,
  Oauth2Client,
  Oauth2ClientErrorResponseError,
} from '@openid4vc/oauth2'
import { HolderError } from '../error.ts'
import type { HolderPorts } from '../holder.ts'
import type { Issuer } from '../issuer.ts'
import { protocolCallbacks, signerOf } from '../protocol.ts'
import type { Reach } from '../reach.ts'
import type { HeldKey } from '../types.ts'
import { type ClientIdentity, clientAuthentication, identityAt } from './client-attestation.ts'
import { attentively, dpopNonceOf } from './server-memory.ts'

/** An authorization server, and how this wallet speaks to it. */
export type Server = {
  metadata: AuthorizationServerMetadata
  identity: ClientIdentity
  client: Oauth2Client
  /** What binds the next request to a key; nothing when the server does not know DPoP with ES256. */
  dpop(key: HeldKey): { dpop?: { signer: ReturnType<typeof signerOf>; nonce?: string } }
}

/**
 * The authorization server of an issuer: the named one, which must be among its own (OpenID4VCI 1.0 section 4.1.1),
 * else the first.
 *
 * @throws HolderError `issuer_malformed`, or what `identityAt` throws
 */
export async function serverOf(
  issuer: Issuer,
  named: string | undefined,
  ports: HolderPorts,
  reach: Reach,
): Promise<Server> {
  const servers = issuer.metadata.authorizationServers
  const metadata = named === undefined ? servers[0] : servers.find((server) => server.issuer === named)
  if (!metadata)
    throw new HolderError('issuer_malformed', `no authorization server ${named ?? ''} of the issuer`)
  const attentive = attentively(metadata.issuer, ports, reach)
  const identity = await identityAt(metadata, ports)
  const callbacks = protocolCallbacks(ports, attentive, {
    authenticate: clientAuthentication(identity, ports, attentive),
  })
  return {
    metadata,
    identity,
    // The library asks for JWE callbacks, which nothing that is used here calls.
    client: new Oauth2Client({
      callbacks: callbacks as ConstructorParameters<typeof Oauth2Client>[0]['callbacks'],
    }),
    dpop: (key) =>
      metadata.dpop_signing_alg_values_supported?.includes('ES256')
        ? { dpop: { signer: signerOf(key), ...dpopNonceOf(metadata.issuer, ports) } }
        : {},
  }
}

/**
 * Refusals that a request made anew settles: the challenge was another, or the DPoP proof was seen before, because a
 * browser sends a request again by itself when its connection is cut. (A DPoP nonce is settled by the library.)
 */
const MADE_ANEW = ['use_attestation_challenge', 'invalid_dpop_proof']

/** Sends a request, and once more when that may settle its refusal. */
export async function withSecondTry<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const refused = error instanceof Oauth2ClientErrorResponseError && error.errorResponse.error
    if (!refused || !MADE_ANEW.includes(refused)) throw error
    return send()
  }
}

/** A refusal to deal with this wallet at all, whatever it asks for. */
export function clientRefusal(
  error: Oauth2ClientErrorResponseError,
  { attestation }: ClientIdentity,
): HolderError | undefined {
  const { error: serverCode } = error.errorResponse
  if (!['invalid_client', 'invalid_client_attestation', 'unauthorized_client'].includes(serverCode))
    return undefined
  const code = attestation ? 'wallet_revoked' : 'wallet_unattested'
  return new HolderError(code, error.errorResponse.error_description ?? serverCode, {
    serverCode,
    cause: error,
  })
}
