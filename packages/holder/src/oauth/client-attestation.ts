import type { AuthorizationServerMetadata, ClientAuthenticationCallback } from '@openid4vc/oauth2'
import { toBase64url } from '../encoding.ts'
import { asHolderError, HolderError } from '../error.ts'
import type { HolderPorts } from '../holder.ts'
import { LARGEST, type Reach } from '../reach.ts'
import type { ClientAttestation } from '../types.ts'
import { takeChallenge } from './server-memory.ts'

const METHOD = 'attest_jwt_client_auth'

/** How this wallet is known to an authorization server; neither when the server takes anyone. */
export type ClientIdentity = { clientId?: string; attestation?: ClientAttestation }

/**
 * Finds out how to be known to a server: attested wherever it can be (HAIP 1.0 section 4.4.1), else by the name that
 * the host has for this wallet.
 *
 * @throws HolderError `wallet_unattested`, `wallet_revoked`, or `network` when the wallet's provider is out of reach
 */
export async function identityAt(
  server: AuthorizationServerMetadata,
  ports: HolderPorts,
): Promise<ClientIdentity> {
  const methods = server.token_endpoint_auth_methods_supported ?? []
  if (methods.includes(METHOD)) {
    const attestation = await vouched(async () => ports.attest?.client(server.issuer))
    if (attestation) return { clientId: attestation.clientId, attestation }
    const anyone = methods.includes('none') || server['pre-authorized_grant_anonymous_access_supported']
    if (!anyone) throw new HolderError('wallet_unattested', `${server.issuer} takes only attested wallets`)
  }
  return ports.clientId === undefined ? {} : { clientId: ports.clientId }
}

/** Runs what asks the wallet's provider, and says what went wrong in the holder's own words. */
export async function vouched<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const revoked = (error as { code?: unknown } | undefined)?.code === 'wallet_instance_revoked'
    throw asHolderError(error, revoked ? 'wallet_revoked' : 'network')
  }
}

/** The client id that a request to the token endpoint carries. */
export function clientIdAt(
  server: AuthorizationServerMetadata,
  { clientId, attestation }: ClientIdentity,
): string | undefined {
  // Anonymous access with a pre-authorized code has no client id (OpenID4VCI 1.0 section 6.1).
  const anonymous = !attestation && server['pre-authorized_grant_anonymous_access_supported']
  return anonymous ? undefined : clientId
}

/** Authenticates requests with the attestation and a fresh proof of its key. */
export function clientAuthentication(
  identity: ClientIdentity,
  ports: HolderPorts,
  reach: Reach,
): ClientAuthenticationCallback {
  const { attestation } = identity
  return async ({ authorizationServerMetadata: server, headers, body }) => {
    const clientId = clientIdAt(server, identity)
    if (clientId !== undefined) body['client_id'] = clientId
    if (!attestation) return
    headers.set('OAuth-Client-Attestation', attestation.attestation)
    headers.set('OAuth-Client-Attestation-PoP', await proofOfPossession(server, attestation, ports, reach))
  }
}

/** Attestation-Based Client Authentication section 5.1. */
async function proofOfPossession(
  server: AuthorizationServerMetadata,
  { clientId, key }: ClientAttestation,
  ports: HolderPorts,
  reach: Reach,
): Promise<string> {
  const challenge = takeChallenge(server.issuer, ports) ?? (await fetchChallenge(server, reach))
  const now = Math.floor(ports.clock().getTime() / 1000)
  const encode = (part: object) => toBase64url(JSON.stringify(part))
  const input = `${encode({ typ: 'oauth-client-attestation-pop+jwt', alg: 'ES256' })}.${encode({
    iss: clientId,
    aud: server.issuer,
    jti: toBase64url(ports.random(16)),
    iat: now,
    // `iss` and `exp` are of earlier drafts, which the library under Credo speaks; later ones ignore them.
    exp: now + 60,
    ...(challenge === undefined ? {} : { challenge }),
  })}`
  const signature = await ports.keys.sign(key.id, new TextEncoder().encode(input))
  return `${input}.${toBase64url(signature)}`
}

/** Section 6.1: a server with a challenge endpoint wants its challenge used. */
async function fetchChallenge(
  server: AuthorizationServerMetadata,
  reach: Reach,
): Promise<string | undefined> {
  const endpoint = server['challenge_endpoint']
  if (typeof endpoint !== 'string') return undefined
  const response = await reach(endpoint, { method: 'POST' }, LARGEST.answer)
  const body: unknown = response.ok ? await response.json() : undefined
  const { attestation_challenge: challenge } = (body ?? {}) as { attestation_challenge?: unknown }
  if (typeof challenge !== 'string')
    throw new HolderError('issuer_malformed', 'no challenge where one is offered')
  return challenge
}
