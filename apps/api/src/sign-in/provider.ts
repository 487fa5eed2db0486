import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  type CustomFetch,
  clockSkew,
  customFetch,
  discovery,
  type ExportedJWKSCache,
  enableNonRepudiationChecks,
  getJwksCache,
  None,
  type ServerMetadata,
  setJwksCache,
} from 'openid-client'
import type { Context } from '../context.ts'
import type { SignInSettings } from './types.ts'

const TIMEOUT_SECONDS = 10
const REMEMBERED_MS = 60 * 60 * 1000

/** The OpenID provider as its discovery document describes it. */
export type Provider = {
  /** Does something with the provider; what was learnt of it is kept for an hour, unless it fails. */
  with<T>(use: (configuration: Configuration) => Promise<T>): Promise<T>
  /** Forgets what was learnt: the provider may have changed its keys or addresses. */
  forget(): void
}

type Known = { server: ServerMetadata; until: number; keys?: ExportedJWKSCache | undefined }

export function createProvider(
  settings: SignInSettings,
  { clock, fetch }: Pick<Context, 'clock' | 'fetch'>,
): Provider {
  const issuer = new URL(settings.issuer)
  const insecure = issuer.protocol === 'http:'
  let known: Promise<Known> | undefined

  async function discover(): Promise<Known> {
    const found = await discovery(issuer, settings.clientId, undefined, None(), {
      timeout: TIMEOUT_SECONDS,
      [customFetch]: fetch as CustomFetch,
      ...(insecure ? { execute: [allowInsecureRequests] } : {}),
    })
    return { server: found.serverMetadata(), until: clock().getTime() + REMEMBERED_MS }
  }

  function remembered(fresh: Promise<Known>): Promise<Known> {
    fresh.catch(() => {
      if (known === fresh) known = undefined
    })
    return fresh
  }

  async function current(): Promise<Known> {
    const before = known
    if (before) {
      const kept = await before
      if (kept.until > clock().getTime()) return kept
      if (known === before) known = undefined
    }
    // Those who come while it is being fetched wait for the same answer; one that failed is not kept.
    known ??= remembered(discover())
    return known
  }

  return {
    with: async (use) => {
      const now = await current()
      const metadata = {
        ...(settings.clientSecret === undefined ? {} : { client_secret: settings.clientSecret }),
        [clockSkew]: Math.round((clock().getTime() - Date.now()) / 1000),
      }
      const configuration = new Configuration(
        now.server,
        settings.clientId,
        metadata,
        authOf(settings, now.server),
      )
      configuration.timeout = TIMEOUT_SECONDS
      configuration[customFetch] = fetch as CustomFetch
      if (insecure) allowInsecureRequests(configuration)
      // The library takes TLS for proof enough of who made an ID token; a signature is proof without it.
      enableNonRepudiationChecks(configuration)
      if (now.keys) setJwksCache(configuration, now.keys)
      try {
        return await use(configuration)
      } finally {
        now.keys = getJwksCache(configuration)
      }
    },
    forget: () => {
      known = undefined
    },
  }
}

/** `client_secret_basic` where the provider does not say otherwise (OpenID Connect Discovery 1.0 section 3). */
function authOf({ clientSecret }: SignInSettings, server: ServerMetadata): ClientAuth {
  if (clientSecret === undefined) return None()
  const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic')
    ? ClientSecretBasic(clientSecret)
    : ClientSecretPost(clientSecret)
}
