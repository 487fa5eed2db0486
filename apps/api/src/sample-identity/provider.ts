import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import { localeOf, pageHeaders } from '../sign-in/page.ts'
import { lostPage } from './login-page.ts'
import type { SamplePerson } from './people.ts'
import { createRecords } from './records.ts'

export type SampleProviderOptions = {
  issuer: string
  name: { ko: string; en: string }
  /** The city: the only client. */
  client: { clientId: string; clientSecret: string; redirectUri: string }
  people: () => readonly SamplePerson[]
  random: (length: number) => Uint8Array
  /** Told of a fault of the provider itself. */
  failed: (error: Error) => void
}

const MINUTE = 60

/** A real OpenID provider over the sample: code flow with PKCE, one confidential client, ES256, nothing remembered. */
export async function createSampleProvider(options: SampleProviderOptions): Promise<Provider> {
  const { issuer, name, client, people, random, failed } = options
  const provider = new Provider(issuer, {
    adapter: createRecords(),
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        redirect_uris: [client.redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [await signingKey()] },
    // Cookies know no ports: the city's own authorization server is on the same host.
    cookies: {
      keys: [Buffer.from(random(32)).toString('base64url')],
      names: {
        session: 'sample_session',
        interaction: 'sample_interaction',
        resume: 'sample_interaction_resume',
      },
    },
    scopes: ['openid'],
    claims: { openid: ['sub'] },
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic'],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      resourceIndicators: { enabled: false },
    },
    ttl: {
      AuthorizationCode: MINUTE,
      AccessToken: MINUTE,
      IdToken: 5 * MINUTE,
      Interaction: 10 * MINUTE,
      Session: 10 * MINUTE,
      Grant: 10 * MINUTE,
    },
    interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
    findAccount: (_context, subject) =>
      people().some((person) => person.subject === subject)
        ? { accountId: subject, claims: () => ({ sub: subject }) }
        : undefined,
    // The city asks for an identifier and nothing else: there is nothing to consent to.
    loadExistingGrant: async ({ oidc }) => {
      const { clientId } = oidc.client ?? {}
      const accountId = oidc.session?.accountId
      if (clientId === undefined || accountId === undefined) return undefined
      const grant = new oidc.provider.Grant({ clientId, accountId })
      grant.addOIDCScope('openid')
      await grant.save()
      return grant
    },
    renderError: (context) => {
      const locale = localeOf({ acceptLanguage: context.get('accept-language') })
      context.set(pageHeaders())
      context.body = lostPage({ locale, name: name[locale] })
    },
  })
  provider.on('server_error', (_context, error) => failed(error))
  return provider
}

/** Made anew at each start: its ID tokens are taken within a minute. */
async function signingKey() {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kty: 'EC' as const, use: 'sig', alg: 'ES256' }
}
