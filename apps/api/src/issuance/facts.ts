import type { Context } from '../context.ts'

/**
 * What a credential says beyond the register, such as the hours of an activity: JSON. Credential types find it under
 * `facts`.
 */
export type Facts = Readonly<Record<string, unknown>>

/** Facts lie encrypted beside their offer, and are gone with its end. */
export function createFactsVault(agent: Pick<Context['agent'], 'seal' | 'open'>) {
  const name = (offerId: string) => `offer.facts:${offerId}`
  return {
    seal: (offerId: string, facts: Facts): Uint8Array =>
      agent.seal(name(offerId), Buffer.from(JSON.stringify(facts))),
    open: (offerId: string, sealed: Uint8Array): Facts =>
      JSON.parse(Buffer.from(agent.open(name(offerId), sealed)).toString('utf8')) as Facts,
  }
}
