import type { Principal } from '../access/principal.ts'
import { hashSecret, newSecret } from '../access/secrets.ts'
import type { Context } from '../context.ts'
import { OAuthError, Problem } from '../http/problem.ts'
import { createAskerProofs } from './asker.ts'
import { refusalOf } from './codes.ts'
import type { Desks } from './desk-of.ts'
import { type EvaluationPorts, evaluate } from './evaluate.ts'
import type { KeptAnswers } from './kept-answers.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import { closed, malformed, refused, undecided, unknownRequest } from './refusals.ts'
import type { BrowserAnswer } from './schema.ts'
import { type Decision, decide } from './store.ts'
import { withResponseCode } from './terms.ts'
import { clientIdOf, type VerifierIdentities } from './verifier-identity.ts'
import { readVpToken } from './vp-token.ts'

/** What the wallet is answered: where to send the browser, on the same device (OpenID4VP 1.0 section 8.2). */
export type WalletAnswered = { redirect_uri?: string }

export type AnsweringDeps = {
  desks: Desks
  identities: VerifierIdentities
  requests: OpenRequests
  keptAnswers: KeptAnswers
  ports: EvaluationPorts
  responseUri(id: string): string
}

/** Takes what wallets answer, and decides. */
export function createAnswering(context: Context, deps: AnsweringDeps) {
  const { db, clock, random, log } = context
  const { desks, identities, requests, keptAnswers, ports, responseUri } = deps
  const proveAsker = createAskerProofs(context)

  async function openOn(channel: OpenRequest['channel'], id: string): Promise<OpenRequest> {
    const request = await requests.get(id)
    if (request.channel !== channel) throw unknownRequest()
    if (request.expiresAt <= clock()) throw closed('request_expired')
    return request
  }

  async function answer(id: string, jwe: string, dpop?: string): Promise<WalletAnswered> {
    const request = await openOn('redirect', id)
    if (desks.identifies(request)) proveAsker({ header: dpop, url: responseUri(id), actor: request.actor })
    const audience = clientIdOf(await identities.get(request.verifierId), request)
    return take(id, jwe, request, audience)
  }

  async function decline(id: string, state: string | undefined): Promise<WalletAnswered> {
    const request = await openOn('redirect', id)
    // The state is in the signed request alone: who has not fetched it cannot close it by guessing the address.
    if (state !== id) throw malformed('The answer names another request.')
    return declined(id, request)
  }

  /**
   * What a page got from the wallet in its browser (appendix A.4). The proof is for the origin that the wallet was told
   * by the browser; whether that is the page's own, only the browser knows, so it has to be one that was registered.
   */
  async function answerInBrowser(principal: Principal, id: string, answer: BrowserAnswer): Promise<void> {
    const verifierId = desks.verifierOf(principal)
    try {
      const request = await openOn('dc_api', id)
      if (request.verifierId !== verifierId || request.actor !== principal.actor) throw unknownRequest()
      if (!request.origins.includes(answer.origin))
        throw new Problem('forbidden', 'The page that asked is not among the origins of this request.')
      if ('error' in answer) await declined(id, request)
      else await take(id, answer.response, request, `origin:${answer.origin}`)
    } catch (error) {
      const problem = forPage(error)
      if (problem !== undefined) throw problem
    }
  }

  async function take(
    id: string,
    jwe: string,
    request: OpenRequest,
    audience: string,
  ): Promise<WalletAnswered> {
    const now = clock()
    const evaluation = await examine(id, jwe, request, { audience, now: Math.floor(now.getTime() / 1000) })
    if (evaluation === 'declined') return declined(id, request)
    const { checks, claims, copies } = evaluation
    const refusal = refusalOf(checks) ?? null
    const kept = desks.identifies(request) ? { claims, copies } : { claims }
    const { back, responseCodeHash } = wayBack(request)
    // On the same device nothing counts and nothing is told before the browser is back (HAIP 1.0 section 5.1).
    const state = responseCodeHash !== null ? 'answered' : refusal === null ? 'accepted' : 'refused'
    const sealedClaims = refusal === null ? keptAnswers.seal(id, kept) : null
    await conclude(id, { state, checks, refusal, sealedClaims, responseCodeHash, now })
    log.debug({ verification: id, state, refusal }, 'presentation decided')
    if (refusal !== null) throw refused(refusal, back.redirect_uri)
    return back
  }

  async function examine(
    id: string,
    jwe: string,
    request: OpenRequest,
    expected: { audience: string; now: number },
  ) {
    try {
      const answers = readVpToken(jwe, request.privateKey, id, request.channel)
      return answers === 'declined' ? answers : await evaluate(answers, { ...request, ...expected }, ports)
    } catch (error) {
      throw undecided(error)
    }
  }

  /** That somebody said no tells nothing about them, so it does not wait for the browser. */
  async function declined(id: string, request: OpenRequest): Promise<WalletAnswered> {
    const { back, responseCodeHash } = wayBack(request)
    const decided = { state: 'refused', refusal: 'declined', sealedClaims: null } as const
    await conclude(id, { ...decided, checks: [], responseCodeHash, now: clock() })
    return back
  }

  function wayBack({ redirectUri }: OpenRequest): { back: WalletAnswered; responseCodeHash: string | null } {
    if (redirectUri === null) return { back: {}, responseCodeHash: null }
    const code = newSecret(random)
    return {
      back: { redirect_uri: withResponseCode(redirectUri, code) },
      responseCodeHash: hashSecret(code),
    }
  }

  async function conclude(id: string, decision: Decision): Promise<void> {
    if (!(await decide(db.sql, id, decision))) throw closed(await requests.whyClosed(id))
    requests.drop(id)
  }

  return { answer, answerInBrowser, decline }
}

/** A page of ours is told in our own form. What was decided is no fault of its call: the result says it. */
function forPage(error: unknown): unknown {
  if (!(error instanceof OAuthError)) return error
  if (error.error === 'invalid_presentation') return undefined
  const { code } = error.extra
  if (code === 'request_expired') return new Problem('expired', error.message)
  if (code === 'already_answered') return new Problem('conflict', error.message)
  if (error.status === 404) return new Problem('not_found', 'You have asked no such question.')
  if (error.status === 503) return new Problem('chain_unavailable', error.message)
  return new Problem('bad_request', error.message)
}
