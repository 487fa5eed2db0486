import { errors } from 'oidc-provider'
import type { Config } from '../config.ts'
import { scopeOf } from '../issuance/metadata.ts'
import type { Offers } from '../issuance/offers.ts'
import type { RequestContext } from './provider.ts'
import type { Requestable, Wanted } from './requestable.ts'

/** What a pushed request asks for. */
export type Asked = {
  wanted: Wanted[]
  /** The officer's offer that `issuer_state` names, for one resident alone. */
  offer?: { offerId: string; subjectId: string }
}

/** More credentials than anybody gets in one go. */
const MOST_WANTED = 10
const MAX_URI = 1000

/** @returns what the parameters ask for. @throws InvalidScope, InvalidAuthorizationDetails, InvalidRequest */
export function createRequestReader(requestable: Requestable, offers: Pick<Offers, 'forIssuerState'>) {
  return async (params: Record<string, unknown>): Promise<Asked> => {
    const { scope, authorization_details: details, issuer_state: issuerState } = params
    const asked = await requestable.ofScope(scope)
    if (typeof details === 'string')
      for (const detail of JSON.parse(details) as Record<string, unknown>[])
        asked.push(await requestable.ofDetail(detail))
    const wanted = [...new Map(asked.map((each) => [scopeOf(each), each])).values()]
    if (wanted.length === 0)
      throw new errors.InvalidRequest('name a credential by scope or by authorization_details')
    if (wanted.length > MOST_WANTED) throw new errors.InvalidRequest('too many credentials at once')
    if (issuerState === undefined) return { wanted }

    const offer = await offers.forIssuerState(String(issuerState))
    if (!offer) throw new errors.InvalidRequest('issuer_state is of no open offer')
    const [only] = wanted
    if (wanted.length > 1 || !only || scopeOf(only) !== scopeOf(offer))
      throw new errors.InvalidRequest('the offer of issuer_state is for another credential')
    const { offerId, subjectId } = offer
    return { wanted, offer: { offerId, subjectId } }
  }
}

/**
 * How and where to wallets may be called back, beyond what oidc-provider asks (no fragment, no script): by query, and at a plain
 * http address only on this very machine and only while the city itself is a developer's.
 * @throws InvalidRequest
 */
export function checkReturn(ctx: RequestContext, { publicUrl }: Pick<Config, 'publicUrl'>): void {
  const { redirect_uri: redirectUri, response_mode: mode } = ctx.oidc.params ?? {}
  const uri = String(redirectUri)
  if (mode !== undefined && mode !== 'query') throw new errors.InvalidRequest('response_mode must be query')
  if (uri.length > MAX_URI) throw new errors.InvalidRequest('redirect_uri is too long')
  if (/^http:/i.test(uri) && publicUrl.startsWith('https:'))
    throw new errors.InvalidRequest('redirect_uri must not be a plain http address')
}
