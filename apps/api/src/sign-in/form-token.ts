import type { Vault } from '@pass/agent'
import { sameHash } from '../access/secrets.ts'

/** A form answers only for the interaction whose page it stood on, so that no other site can answer for the citizen. */
export type FormTokens = {
  for(interaction: string): string
  matches(interaction: string, given: unknown): boolean
}

/** Nothing is kept: the token follows from the interaction, under a key of the city. */
export function createFormTokens(agent: Pick<Vault, 'mac'>): FormTokens {
  const tokenFor = (interaction: string) => agent.mac('signInForm', interaction)
  return {
    for: tokenFor,
    matches: (interaction, given) => typeof given === 'string' && sameHash(given, tokenFor(interaction)),
  }
}
