import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider'
import type { Config } from '../config.ts'
import { PRE_AUTHORIZED } from '../issuance/metadata.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'

/** What an anonymous wallet goes by inside the authorization server. */
export const ANONYMOUS = 'anonymous'
const MAX_CLIENT_ID = 512

/**
 * Wallets are not registered: whoever shows an attestation is the client that the attestation names, and everything about
 * such clients is alike. That a trusted wallet provider signed it is checked when they authenticate.
 */
export function createClients(
  { assurance }: Pick<Config, 'assurance'>,
  { nameOf }: Pick<WalletTrust, 'nameOf'>,
): Adapter {
  const nothing = async () => undefined
  return {
    find: async (clientId) => {
      if (clientId.length > MAX_CLIENT_ID) return undefined
      const headers = Provider.ctx?.headers ?? {}
      const attested = headers['oauth-client-attestation'] !== undefined
      const asksForToken = Provider.ctx?.['_matchedRouteName'] === 'token'
      if (assurance === 'open' && asksForToken && !attested) return anonymousClient(clientId)
      if (nameOf(clientId) === undefined) return undefined
      // One key for both: then the DPoP proof is also the proof of the attested key.
      const combined =
        attested && headers['oauth-client-attestation-pop'] === undefined && headers['dpop'] !== undefined
      return attestedClient(clientId, combined)
    },
    upsert: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    destroy: nothing,
    revokeByGrantId: nothing,
  }
}

const COMMON = {
  application_type: 'native',
  dpop_bound_access_tokens: true,
  redirect_uris: [] as string[],
  authorization_details_types: ['openid_credential'],
} as const

function attestedClient(clientId: string, combined: boolean): AdapterPayload {
  const method = combined ? 'attest_jwt_client_auth_dpop' : 'attest_jwt_client_auth'
  return {
    ...COMMON,
    client_id: clientId,
    token_endpoint_auth_method: method as 'attest_jwt_client_auth',
    grant_types: ['authorization_code', 'refresh_token', PRE_AUTHORIZED],
    response_types: ['code'],
    require_pushed_authorization_requests: true,
  }
}

/** May redeem what an officer handed out, and nothing else (OpenID4VCI 1.0 section 6.1). */
function anonymousClient(clientId: string): AdapterPayload {
  return {
    ...COMMON,
    client_id: clientId,
    token_endpoint_auth_method: 'none',
    grant_types: [PRE_AUTHORIZED],
    response_types: [],
  }
}
