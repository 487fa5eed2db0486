import type { Context } from '../context.ts'
import type { Evaluation } from './evaluate.ts'

/** What is kept of an answer in order. Which copies were shown says whose they are: see `identifies`. */
export type Kept = Pick<Evaluation, 'claims'> & Partial<Pick<Evaluation, 'copies'>>

/** Disclosed claims as they lie in the database, encrypted for their request alone. */
export function createKeptAnswers({ agent }: Pick<Context, 'agent'>) {
  const purpose = (id: string) => `verification.claims:${id}`
  return {
    seal: (id: string, kept: Kept): Uint8Array => agent.seal(purpose(id), Buffer.from(JSON.stringify(kept))),
    open: (id: string, sealed: Uint8Array): Kept =>
      JSON.parse(Buffer.from(agent.open(purpose(id), sealed)).toString('utf8')) as Kept,
  }
}

export type KeptAnswers = ReturnType<typeof createKeptAnswers>
