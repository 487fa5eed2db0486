import type {
  AuthorizationDetail,
  KoaContextWithOIDC,
  RichAuthorizationRequestsActiveConfiguration,
} from 'oidc-provider'
import { errors } from 'oidc-provider'
import type { City } from '../city.ts'
import type { CredentialDetail, Requestable } from './requestable.ts'

const DAY_SECONDS = 86_400

/** Offers that a grant or a token is for; a token may be for fewer. */
export function offersIn(rar: readonly AuthorizationDetail[] | undefined): string[] {
  return ((rar ?? []) as CredentialDetail[]).flatMap((detail) => detail.credential_identifiers)
}

/** Seconds for which fresh copies may be fetched: as long as the longest credential of the grant counts. */
export function lifetimeOf(
  rar: readonly AuthorizationDetail[] | undefined,
  city: Pick<City, 'types'>,
): number {
  const days = ((rar ?? []) as CredentialDetail[]).map(
    (detail) => city.types.get(detail.credential_configuration_id)?.validity.days ?? 1,
  )
  return (Math.max(1, ...days) + 1) * DAY_SECONDS
}

/**
 * Rich authorization requests (RFC 9396) for credentials. A grant always remembers which offers it is for; token responses
 * tell them to those who asked by `authorization_details` (OpenID4VCI 1.0 section 6.2): whoever gets identifiers must use
 * them, and who asked by scope needs none.
 */
export function richAuthorizationRequests(
  requestable: Requestable,
): RichAuthorizationRequestsActiveConfiguration {
  return {
    enabled: true,
    types: {
      openid_credential: {
        validate: async (_ctx, detail) => {
          await requestable.ofDetail(detail)
        },
      },
    },
    authorizationDetailsForGrantSource: async (ctx, code) => {
      await bindToWallet(ctx, code)
      return ctx.oidc.params?.['authorization_details'] === undefined ? undefined : ctx.oidc.grant?.rar
    },
    authorizationDetailsForAccessToken: async (ctx, _token, source) => {
      const asked = ctx.oidc.params?.['authorization_details']
      if (typeof asked !== 'string') return source?.rar
      return narrow(requestable, ctx, JSON.parse(asked) as Record<string, unknown>[])
    },
    authorizationDetailsForIntrospection: () => undefined,
  }
}

/**
 * A code is for the wallet that pushed the request, not for every wallet of its maker: they share a client id. oidc-provider
 * binds a code so only when nobody had to sign in; this is where it shows a code before that is kept.
 */
async function bindToWallet(ctx: KoaContextWithOIDC, code: { attestationJkt?: string | undefined }) {
  const { parJti } = (ctx.oidc.entities.Interaction ?? {}) as { parJti?: string }
  if (parJti === undefined) return
  const pushed = await ctx.oidc.provider.PushedAuthorizationRequest.find(parJti, { ignoreExpiration: true })
  if (pushed?.attestationJkt !== undefined) code.attestationJkt = pushed.attestationJkt
}

/** A wallet may ask for a token for less than it was granted, and not for more (RFC 9396 section 6). */
async function narrow(requestable: Requestable, ctx: KoaContextWithOIDC, asked: Record<string, unknown>[]) {
  const granted = (ctx.oidc.grant?.rar ?? []) as unknown as CredentialDetail[]
  const kept = new Set<CredentialDetail>()
  for (const detail of asked) {
    const wanted = requestable.detailOf(await requestable.ofDetail(detail), '')
    const match = granted.find(
      ({ credential_configuration_id: id, locations }) =>
        id === wanted.credential_configuration_id && locations[0] === wanted.locations[0],
    )
    if (!match) throw new errors.InvalidAuthorizationDetails('this was not granted')
    kept.add(match)
  }
  return [...kept]
}
