import { createECDH } from 'node:crypto'
import { type Configuration, errors, interactionPolicy, Provider } from 'oidc-provider'
import type { Context } from '../context.ts'
import { PRE_AUTHORIZED } from '../issuance/metadata.ts'
import type { WalletTrust } from '../wallet-trust/types.ts'
import { createAttestationChecks, replaceReplayDetection } from './attestation.ts'
import { ANONYMOUS, createClients } from './clients.ts'
import type { Records } from './records.ts'
import type { Requestable } from './requestable.ts'
import { lifetimeOf, richAuthorizationRequests } from './token-grants.ts'

type ProviderDeps = {
  records: Records
  requestable: Requestable
  walletTrust: WalletTrust
  /** Judges a pushed request as a whole. @throws OIDCProviderError */
  checkRequest(ctx: RequestContext): Promise<void>
  /** Shows a person why the authorization endpoint has nothing for them. */
  renderError: NonNullable<Configuration['renderError']>
}

export type RequestContext = Parameters<NonNullable<Configuration['renderError']>>[0]

export const TOKEN_SECONDS = 600
const CODE_SECONDS = 60
/** How long a person may take to sign in and agree. */
const INTERACTION_SECONDS = 900
/** Between two servers of ours, and a wallet provider. */
const SKEW_SECONDS = 15

/**
 * What OpenID Connect knows and plain OAuth does not: oidc-provider refuses these without the scope openid, and a server of
 * plain OAuth ignores what it does not know (RFC 6749 section 3.1).
 */
const OPENID_ONLY = ['acr_values', 'claims', 'claims_locales', 'id_token_hint', 'max_age', 'nonce']

/**
 * The one authorization server of the city, on oidc-provider: plain OAuth 2.0 as HAIP 1.0 section 4 wants it. Secrets come
 * from the vault, so that several processes agree and a restart changes nothing.
 */
export function createProvider(context: Context, deps: ProviderDeps): Provider {
  const { agent, city, config } = context
  const { records, requestable, walletTrust } = deps
  const secret = (name: string) => Buffer.from(agent.mac('oauthSecret', name), 'hex')
  const secure = config.publicUrl.startsWith('https:')
  const cookie = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const
  const clients = createClients(config, walletTrust)
  const challengeSecret = secret('challenge')
  const attestation = createAttestationChecks(context, { walletTrust, challengeSecret })

  const provider: Provider = new Provider(`${config.publicUrl}/oauth`, {
    adapter: (kind) =>
      kind === 'Client' ? clients : kind === 'Session' ? forgetful : records.adapterOf(kind),
    // Nothing is signed for clients: tokens are opaque, there is no id_token, and no address publishes this key. But
    // oidc-provider knows no client without an algorithm for one, and would else bring a key that everybody has.
    jwks: { keys: [keyFrom(secret('signing'))] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    routes: {
      authorization: '/authorize',
      challenge: '/challenge',
      pushed_authorization_request: '/par',
      token: '/token',
    },
    cookies: {
      // Cookies know no ports: on a developer's machine the sample sign-in provider has the same host.
      names: {
        interaction: 'pass_oauth_interaction',
        resume: 'pass_oauth_resume',
        session: 'pass_oauth_session',
      },
      keys: [secret('cookies').toString('hex')],
      long: cookie,
      short: cookie,
    },
    scopes: [],
    claims: {},
    responseTypes: ['code'],
    clientAuthMethods: [
      'attest_jwt_client_auth',
      'attest_jwt_client_auth_dpop' as 'attest_jwt_client_auth',
      ...(config.assurance === 'open' ? (['none'] as const) : []),
    ],
    clockTolerance: SKEW_SECONDS,
    pkce: { required: () => true },
    enabledJWA: { attestSigningAlgValues: ['ES256'], dPoPSigningAlgValues: ['ES256'] },
    ttl: {
      AccessToken: TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      Grant: (_ctx, grant) => lifetimeOf(grant.rar, city),
      Interaction: INTERACTION_SECONDS,
      RefreshToken: (ctx) => lifetimeOf(ctx.oidc.grant?.rar, city),
      Session: 1,
    },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // FAPI 2.0 section 5.3.2.1: a rotated token that got lost would cost the citizen their card.
    rotateRefreshToken: false,
    expiresWithSession: () => false,
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    loadExistingGrant: async (ctx) => {
      const { grantId } = Object(ctx.oidc.result?.consent) as { grantId?: string }
      return grantId === undefined ? undefined : provider.Grant.find(grantId)
    },
    interactions: {
      policy: [
        prompt('login', (result) => result?.login !== undefined),
        prompt('consent', (result) => result?.consent !== undefined),
      ] as unknown as interactionPolicy.DefaultPolicy,
      url: (_ctx, { uid }) => `${config.publicUrl}/oauth/interaction/${uid}`,
    },
    extraParams: {
      // oidc-provider asks this for each request, whether it has the parameter or not.
      issuer_state: async (ctx) => {
        if (ctx.oidc.route === 'pushed_authorization_request') await deps.checkRequest(ctx)
      },
    },
    renderError: deps.renderError,
    features: {
      attestClientAuth: {
        enabled: true,
        ack: 'draft-12',
        challengeSecret,
        ...attestation,
      },
      claimsParameter: { enabled: false },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: secret('nonce'), requireNonce: () => true },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: true,
        allowUnregisteredRedirectUris: true,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => oneOf?.[0] ?? requestable.resource,
        useGrantedResource: () => true,
        getResourceServerInfo: async (_ctx, resource) => {
          if (resource !== requestable.resource && !(await requestable.isIssuer(resource)))
            throw new errors.InvalidTarget('resource is no credential issuer of this city')
          const scope = (await requestable.scopes()).join(' ')
          return { scope, audience: resource, accessTokenFormat: 'opaque', accessTokenTTL: TOKEN_SECONDS }
        },
      },
      richAuthorizationRequests: richAuthorizationRequests(requestable),
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
  })
  pinAddresses(provider, secure)
  readForms(provider, config.assurance === 'open')
  // The answer is the end of it: no cookie of a session that nobody keeps.
  provider.on('authorization.success', (ctx) => Object.assign(Object(ctx.oidc.session), { destroyed: true }))
  replaceReplayDetection(provider, context)
  return provider
}

/** A P-256 key whose private part is `scalar`. */
function keyFrom(scalar: Buffer) {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar)
  const point = ecdh.getPublicKey()
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  return { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', x, y, d: scalar.toString('base64url') }
}

/** One step that each authorization takes anew: nobody is remembered. */
function prompt(name: 'login' | 'consent', isDone: (result: Result | undefined) => boolean) {
  const { Check, Prompt } = interactionPolicy
  return new Prompt(
    { name, requestable: true },
    new Check(`${name}_needed`, `the person has not gone through ${name}`, (ctx) => !isDone(ctx.oidc.result)),
  )
}

type Result = { login?: unknown; consent?: unknown }

/** In place of sessions: an authorization ends when the wallet has its code. */
const forgetful = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
}

/**
 * oidc-provider tells addresses (and checks `htu`) by the request's Host, which whoever asks may set. Ours is the public
 * address, whatever stands in front.
 */
function pinAddresses(provider: Provider, secure: boolean): void {
  Object.defineProperty(provider.OIDCContext.prototype, 'urlFor', {
    value: (name: string, options?: Record<string, unknown>) => provider.urlFor(name, options),
  })
  Object.defineProperty(provider.request, 'secure', { get: () => secure })
}

/** Looks at each form as oidc-provider has read it, before its parameters are judged. */
function readForms(provider: Provider, anonymousAllowed: boolean): void {
  const bodies = new WeakMap<object, Record<string, unknown>>()
  Object.defineProperty(provider.OIDCContext.prototype, 'body', {
    get(this: object) {
      return bodies.get(this)
    },
    set(this: { ctx: RequestContext }, body: Record<string, unknown>) {
      for (const name of OPENID_ONLY) delete body[name]
      // An anonymous wallet has no client id to send, and oidc-provider knows no request without one.
      const attested = this.ctx.headers['oauth-client-attestation'] !== undefined
      if (anonymousAllowed && !attested && body['grant_type'] === PRE_AUTHORIZED)
        body['client_id'] ||= ANONYMOUS
      bodies.set(this, body)
    },
  })
}
