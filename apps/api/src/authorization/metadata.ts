import { z } from 'zod'
import type { Config } from '../config.ts'
import { type Route, route } from '../http/route.ts'
import { PRE_AUTHORIZED } from '../issuance/metadata.ts'
import type { Requestable } from './requestable.ts'

/** Authorization server metadata (RFC 8414). */
const metadataSchema = z.looseObject({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  pushed_authorization_request_endpoint: z.url(),
  challenge_endpoint: z.url(),
  grant_types_supported: z.array(z.string()),
})

/** Scopes come with agencies, which an operator may accredit at any time. */
const CACHEABLE = { 'Cache-Control': 'public, max-age=300' }

/**
 * Where clients look for it (RFC 8414 section 3.1), and where some look because OpenID Connect has it there. Written by hand:
 * oidc-provider's own tells of an OpenID provider, which this server is not.
 */
export function metadataRoutes(
  config: Pick<Config, 'publicUrl' | 'assurance'>,
  requestable: Pick<Requestable, 'scopes'>,
): Route[] {
  const paths = [
    '/.well-known/oauth-authorization-server/oauth',
    '/oauth/.well-known/oauth-authorization-server',
  ]
  return paths.map((path, index) =>
    route({
      method: 'get',
      path,
      tag: 'OpenID4VCI',
      summary: 'Authorization server metadata',
      access: 'public',
      hidden: index > 0,
      responses: { 200: metadataSchema },
      handle: async () => ({ headers: CACHEABLE, body: metadata(config, await requestable.scopes()) }),
    }),
  )
}

function metadata({ publicUrl, assurance }: Pick<Config, 'publicUrl' | 'assurance'>, scopes: string[]) {
  const issuer = `${publicUrl}/oauth`
  const open = assurance === 'open'
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: true,
    challenge_endpoint: `${issuer}/challenge`,
    scopes_supported: scopes,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', PRE_AUTHORIZED],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: [
      'attest_jwt_client_auth',
      'attest_jwt_client_auth_dpop',
      ...(open ? ['none'] : []),
    ],
    client_attestation_signing_alg_values_supported: ['ES256'],
    client_attestation_pop_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: ['ES256'],
    authorization_details_types_supported: ['openid_credential'],
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    'pre-authorized_grant_anonymous_access_supported': open,
    ui_locales_supported: ['ko', 'en'],
  }
}
