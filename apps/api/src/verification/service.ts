import { createCertificateVerifier } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Principal } from '../access/principal.ts'
import type { Anchoring } from '../anchoring/service.ts'
import type { Context } from '../context.ts'
import { createAccreditation } from './accreditation.ts'
import { createAnswering, type WalletAnswered } from './answering.ts'
import { type CreatedForBrowser, type CreatedVerification, createAsking, type WalletAsks } from './asking.ts'
import { createClaimsSweep } from './claims-sweep.ts'
import { createDesks } from './desk-of.ts'
import type { EvaluationPorts } from './evaluate.ts'
import { createKeptAnswers } from './kept-answers.ts'
import { createNodeCrypto } from './node-crypto.ts'
import { createOpenRequests } from './open-requests.ts'
import { createQueries } from './query.ts'
import { CLAIMS_SECONDS, createResults } from './results.ts'
import { createReturning } from './returning.ts'
import type { BrowserAnswer, CreateVerification, VerificationSummary, VerificationView } from './schema.ts'
import { createStatusSource } from './status-source.ts'
import { createVerifierIdentities } from './verifier-identity.ts'

export type VerificationDeps = {
  /** The state of our own lists, by id. */
  status: {
    currentList(listId: string): Promise<{ statusAt(index: number): number } | undefined>
  }
  anchoring: Pick<Anchoring, 'verifyReceipt' | 'anchoredAt'>
}

export type Verification = {
  /** @throws Problem `unknown_template`, `bad_request`, `forbidden` */
  create(principal: Principal, body: CreateVerification): Promise<CreatedVerification>
  /** The same for the Digital Credentials API (`channel: 'dc_api'`). @throws Problem as `create` */
  createForBrowser(principal: Principal, body: CreateVerification): Promise<CreatedForBrowser>
  /** The signed request object. @throws OAuthError when it is unknown, answered or expired, or the wallet cannot answer */
  requestObject(id: string, asks?: WalletAsks): Promise<string>
  /**
   * Takes the wallet's encrypted answer and decides. What a wallet asked for itself takes a DPoP proof of its key.
   * @throws OAuthError with the code of the refusal
   */
  answer(id: string, jwe: string, dpop?: string): Promise<WalletAnswered>
  /** The wallet says that it will not answer. */
  decline(id: string, state: string | undefined): Promise<WalletAnswered>
  /**
   * What the page that asked got from the wallet in its browser; gives the result, also when it is a refusal.
   * @throws Problem `not_found`, `forbidden`, `bad_request`, `conflict`, `expired`, `chain_unavailable`
   */
  answerInBrowser(principal: Principal, id: string, answer: BrowserAnswer): Promise<VerificationView>
  /** The browser is back with its code: gives the result. @throws Problem, see `createReturning` */
  comeBack(principal: Principal, id: string, responseCode: string): Promise<VerificationView>
  /** The result, for the verifier that asked; hands the disclosed claims out once. @throws Problem `not_found` */
  read(principal: Principal, id: string): Promise<VerificationView>
  /**
   * Whose cards were shown for a question that a verifier marked `identifies` asked, once. Works inside the caller's
   * transaction: what fails there leaves the answer to be taken again.
   * @throws Problem `not_found` also for somebody else's question and for another one, `verification_pending`,
   *   `verification_refused` {refusal}, `expired`, `verification_spent`, `unknown_subject`
   */
  takeSubjects(sql: Sql, principal: Principal, id: string, question: CreateVerification): Promise<string[]>
  /** The newest requests of a verifier, without checks or claims. */
  list(principal: Principal): Promise<VerificationSummary[]>
  /** Drops disclosed claims that are past their time. */
  sweep(): Promise<number>
  start(): void
  stop(): Promise<void>
}

/** Verification: OpenID4VP 1.0 in the profile of HAIP 1.0. */
export function createVerification(context: Context, deps: VerificationDeps): Verification {
  const shared = {
    desks: createDesks(context),
    identities: createVerifierIdentities(context),
    requests: createOpenRequests(context),
    askedQuery: createQueries(context),
    keptAnswers: createKeptAnswers(context),
    responseUri: (id: string) => `${context.config.publicUrl}/verifier/responses/${id}`,
  }
  const asking = createAsking(context, shared)
  const answering = createAnswering(context, { ...shared, ports: evaluationPorts(context, deps) })
  const results = createResults(context, shared)
  const returning = createReturning(context, shared)
  const claimsSweep = createClaimsSweep(context, CLAIMS_SECONDS)
  return {
    ...asking,
    requestObject: (id, asks = {}) => asking.requestObject(id, asks),
    answer: answering.answer,
    decline: answering.decline,
    answerInBrowser: async (principal, id, answer) => {
      await answering.answerInBrowser(principal, id, answer)
      return results.read(principal, id)
    },
    comeBack: async (principal, id, responseCode) => {
      await returning(principal, id, responseCode)
      return results.read(principal, id)
    },
    ...results,
    sweep: claimsSweep.sweep,
    start: claimsSweep.start,
    stop: async () => {
      await claimsSweep.stop()
      await shared.requests.settle()
    },
  }
}

function evaluationPorts(context: Context, { status, anchoring }: VerificationDeps): EvaluationPorts {
  const crypto = createNodeCrypto()
  const certificates = createCertificateVerifier({
    trustedRoots: [context.agent.authority.rootCertificate],
    sha256: crypto.sha256,
  })
  return {
    certificates,
    crypto,
    receipt: anchoring.verifyReceipt,
    accreditation: createAccreditation(context, anchoring),
    status: createStatusSource(context, {
      certificates,
      crypto,
      own: async (listId, index) => {
        const list = await status.currentList(listId)
        try {
          return list?.statusAt(index)
        } catch {
          return undefined
        }
      },
    }),
  }
}
