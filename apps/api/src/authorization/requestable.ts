import { errors } from 'oidc-provider'
import type { Context } from '../context.ts'
import { scopeOf } from '../issuance/metadata.ts'

/** One credential that a wallet may ask for. */
export type Wanted = { agencyId: string; typeId: string }

export type CredentialDetail = {
  type: 'openid_credential'
  credential_configuration_id: string
  /** The credential issuer. */
  locations: string[]
  credential_identifiers: string[]
}

/** What wallets ask for, by `scope` or by `authorization_details` (OpenID4VCI 1.0 section 5.1). */
export type Requestable = {
  /** What a token is for when no credential issuer is named (RFC 8707). */
  resource: string
  /** Every scope that there is. */
  scopes(): Promise<string[]>
  /** Credential issuers, which a wallet may name by `resource`. */
  isIssuer(url: string): Promise<boolean>
  /** @throws InvalidScope */
  ofScope(scope: unknown): Promise<Wanted[]>
  /** @throws InvalidAuthorizationDetails */
  ofDetail(detail: Record<string, unknown>): Promise<Wanted>
  detailOf(wanted: Wanted, offerId: string): CredentialDetail
}

const REMEMBER_MS = 2000

export function createRequestable({
  db,
  city,
  config,
  clock,
}: Pick<Context, 'db' | 'city' | 'config' | 'clock'>): Requestable {
  const issuerOf = (agencyId: string) => `${config.publicUrl}/issuers/${agencyId}`
  let known: { wanted: Wanted[]; until: number } = { wanted: [], until: 0 }

  /** An operator may accredit an agency at any time. */
  const all = async (): Promise<Wanted[]> => {
    const now = clock().getTime()
    if (known.until > now) return known.wanted
    const rows = await db.sql<{
      id: string
      types: string[]
    }>`SELECT "id", "types" FROM "Agency" ORDER BY "id"`
    const wanted = rows.flatMap(({ id: agencyId, types }) =>
      types.filter((typeId) => city.types.has(typeId)).map((typeId) => ({ agencyId, typeId })),
    )
    known = { wanted, until: now + REMEMBER_MS }
    return wanted
  }

  return {
    resource: `${config.publicUrl}/issuers`,
    scopes: async () => (await all()).map(scopeOf),
    isIssuer: async (url) => (await all()).some(({ agencyId }) => issuerOf(agencyId) === url),
    ofScope: async (scope) => {
      if (typeof scope !== 'string' || scope === '') return []
      const known = new Map((await all()).map((wanted) => [scopeOf(wanted), wanted]))
      return [...new Set(scope.split(' '))].map((asked) => {
        const wanted = known.get(asked)
        if (!wanted) throw new errors.InvalidScope('no credential here has this scope', asked.slice(0, 200))
        return wanted
      })
    },
    ofDetail: async ({ credential_configuration_id: typeId, locations }) => {
      const refuse = (reason: string) => new errors.InvalidAuthorizationDetails(reason)
      if (typeof typeId !== 'string' || typeId === '')
        throw refuse('credential_configuration_id must name a credential configuration')
      const named = Array.isArray(locations) ? locations : undefined
      const matching = (await all()).filter(
        (wanted) => wanted.typeId === typeId && (named?.includes(issuerOf(wanted.agencyId)) ?? true),
      )
      const [wanted] = matching
      if (!wanted) throw refuse('no credential issuer here has this credential configuration')
      if (matching.length > 1)
        throw refuse('several credential issuers have it: name one of them in locations')
      return wanted
    },
    detailOf: ({ agencyId, typeId }, offerId) => ({
      type: 'openid_credential',
      credential_configuration_id: typeId,
      locations: [issuerOf(agencyId)],
      credential_identifiers: [offerId],
    }),
  }
}
