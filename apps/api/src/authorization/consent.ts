import type { Provider } from 'oidc-provider'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { scopeOf } from '../issuance/metadata.ts'
import type { Offers } from '../issuance/offers.ts'
import type { Asked } from './authorization-request.ts'
import type { Requestable } from './requestable.ts'

export type OffersAtConsent = Pick<Offers, 'createForSignIn' | 'forIssuerState' | 'redeemForSignIn'>

type Consent = { asked: Asked; residentId: string; clientId: string; resources: string[] }

/**
 * What a citizen agreed to becomes offers and a grant that holds them. Each is made or taken in one transaction: all of
 * what was agreed to, or nothing.
 * @returns the grant's id
 * @throws Problem of `createForSignIn`; `offer_already_used`, `forbidden`
 */
export function createConsent(
  { db }: Pick<Context, 'db'>,
  {
    provider,
    offers,
    requestable,
  }: { provider: Provider; offers: OffersAtConsent; requestable: Requestable },
): (consent: Consent) => Promise<string> {
  return async ({ asked, residentId, clientId, resources }) => {
    const ids = await db.transaction(async (sql) => {
      const { offer } = asked
      if (offer) {
        if (offer.subjectId !== residentId)
          throw new Problem('forbidden', 'This offer is for another person.')
        if (!(await offers.redeemForSignIn(sql, offer.offerId)))
          throw new Problem('offer_already_used', 'This offer was used or has expired.')
        return [offer.offerId]
      }
      const made: string[] = []
      for (const wanted of asked.wanted)
        made.push((await offers.createForSignIn(sql, { ...wanted, subjectId: residentId })).id)
      return made
    })
    const grant = new provider.Grant({ clientId, accountId: residentId })
    const scope = asked.wanted.map(scopeOf).join(' ')
    for (const resource of resources) grant.addResourceScope(resource, scope)
    for (const [index, wanted] of asked.wanted.entries())
      grant.addRar({ ...requestable.detailOf(wanted, ids[index] ?? '') })
    return grant.save()
  }
}
