import { expect } from 'vitest'
import { type Desk, startDesk } from './desk.ts'
import {
  type Answer,
  type Asked,
  anchor,
  ask,
  fetchRequest,
  type Held,
  type IssueOptions,
  type Issuer,
  issue,
  makeIssuer,
  type PresentOptions,
  present,
  type RequestObject,
  type Result,
  result,
  send,
} from './wallet.ts'

/** The question that most tests ask. */
export const AGE = { template: 'age-19' }
/** What is reported of a presentation that is in order. */
export const PASSED = [
  'signature',
  'certificate',
  'issuer_accredited',
  'holder_binding',
  'validity',
  'status',
  'anchor',
  'disclosures',
]

export type Open = { desk: Desk; issuer: Issuer }

/** A desk with one issuer that has a status list. */
export async function openDesk(...options: Parameters<typeof startDesk>): Promise<Open> {
  const desk = await startDesk(...options)
  const issuer = await makeIssuer(desk)
  desk.statuses.set('residents-1', new Map())
  return { desk, issuer }
}

export type Attempt = {
  asked: Asked
  request: RequestObject
  presentation: string
  answer: Answer
  verdict: Result
}

/** @param open the desk, once it is there */
export function attemptsAt(open: () => Open) {
  const statusAt = (idx: number) => ({ idx, uri: `${open().desk.url}/status-lists/residents-1` })

  const anchored = async (options: IssueOptions = {}, by = open().issuer): Promise<Held> => {
    const { desk } = open()
    return anchor(desk, await issue(desk, by, { status: statusAt(1), ...options }))
  }

  /** One presentation from the asking to the verdict. */
  async function attempt(
    held: Held,
    options: PresentOptions & { body?: unknown; alter?: (presentation: string) => string } = {},
  ): Promise<Attempt> {
    const { desk } = open()
    const asked = await ask(desk, options.body ?? AGE)
    const request = await fetchRequest(desk, asked)
    const presentation = await present(desk, request, held, options)
    const answer = await send(desk, request, options.alter?.(presentation) ?? presentation)
    return { asked, request, presentation, answer, verdict: await result(desk, asked) }
  }

  return { statusAt, anchored, attempt }
}

/** A refusal must say the same to the wallet and to the verifier, name its check, and hand out no claims. */
export function expectRefused(
  { answer, verdict }: Pick<Attempt, 'answer' | 'verdict'>,
  code: string,
  check: string,
) {
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_presentation', code } })
  expect(verdict).toMatchObject({ state: 'refused', refusal: code, claims: null, claimsDropped: false })
  expect(verdict.checks).toContainEqual({ credential: 'resident', check, result: 'failed', code })
}
