import type { Principal } from '../access/principal.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { keyOfActor } from './asker.ts'

/** Which verifier somebody acts for, and which of them learn whose card was shown. */
export function createDesks({ city }: Pick<Context, 'city'>) {
  const identifying = new Set(city.verifiers.filter(({ identifies }) => identifies).map(({ id }) => id))
  return {
    /** Whether the verifier is the city's own, marked `identifies`. */
    identifies: ({ verifierId }: { verifierId: string }): boolean => identifying.has(verifierId),

    /** @throws Problem `forbidden` */
    verifierOf({ verifierId, actor }: Pick<Principal, 'verifierId' | 'actor'>): string {
      if (verifierId === null) throw new Problem('forbidden', 'You act for no verifier.')
      // What citizens show there says whose it is: no member of staff and no machine asks, or looks on.
      if (identifying.has(verifierId) && keyOfActor(actor) === undefined)
        throw new Problem('forbidden', 'Here only wallets ask, for themselves.')
      return verifierId
    },
  }
}

export type Desks = ReturnType<typeof createDesks>
