import { createCertificateVerifier } from '@pass/credentials'
import type { Sql } from '@pass/database'
import type { Principal } from '../access/principal.ts'
import type { Anchoring } from '../anchoring/service.ts'
import type { Context } from '../context.ts'
import { Problem } from '../http/problem.ts'
import { createAccreditation } from './accreditation.ts'
import { createAskerProofs, keyOfActor } from './asker.ts'
import { createClaimsSweep } from './claims-sweep.ts'
import { refusalOf } from './codes.ts'
import { type Evaluation, type EvaluationPorts, evaluate } from './evaluate.ts'
import { createNodeCrypto } from './node-crypto.ts'
import { createOpenRequests, type OpenRequest } from './open-requests.ts'
import { createQueries, registeredPurpose } from './query.ts'
import { closed, malformed, refused, undecided } from './refusals.ts'
import { signRequestObject } from './request-object.ts'
import { createResponseKey } from '../jose/jwe.ts'
import type { CreateVerification, VerificationSummary, VerificationView } from './schema.ts'
import { createStatusSource } from './status-source.ts'
import {
  type Decision,
  decide,
  insertVerification,
  listResults,
  type ResultRow,
  takeAnswer,
  takeResult,
} from './store.ts'
import { createVerifierIdentities } from './verifier-identity.ts'
import { readVpToken } from './vp-token.ts'

/** How long a request can be answered. Someone has to find the phone and choose. */
export const REQUEST_SECONDS = 300
/** Disclosed values that nobody has read are dropped after this. */
export const CLAIMS_SECONDS = 600

export type VerificationDeps = {
  /** The state of our own lists, by id. */
  status: {
    currentList(listId: string): Promise<{ statusAt(index: number): number } | undefined>
  }
  anchoring: Pick<Anchoring, 'verifyReceipt' | 'anchoredAt'>
}

export type CreatedVerification = { id: string; requestUri: string; walletLink: string; expiresAt: string }

export type Verification = {
  /** @throws Problem `unknown_template`, `bad_request`, `forbidden` */
  create(principal: Principal, body: CreateVerification): Promise<CreatedVerification>
  /** The signed request object. @throws OAuthError when it is unknown, answered or expired */
  requestObject(id: string, walletNonce?: string): Promise<string>
  /**
   * Takes the wallet's encrypted answer and decides. What a wallet asked for itself takes a DPoP proof of its key.
   * @throws OAuthError with the code of the refusal
   */
  answer(id: string, jwe: string, dpop?: string): Promise<void>
  /** The wallet says that it will not answer. */
  decline(id: string, state: string | undefined): Promise<void>
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

const RECENT = 50

/** What is kept of an accepted answer. Which copies were shown says whose they are: see `identifies`. */
type Kept = Pick<Evaluation, 'claims'> & Partial<Pick<Evaluation, 'copies'>>

/** Verification: OpenID4VP 1.0 in the profile of HAIP 1.0. */
export function createVerification(context: Context, deps: VerificationDeps): Verification {
  const { db, agent, city, clock, config, random, log } = context
  const identifying = new Set(city.verifiers.filter(({ identifies }) => identifies).map(({ id }) => id))
  const identifies = ({ verifierId }: OpenRequest) => identifying.has(verifierId)
  const crypto = createNodeCrypto()
  const certificates = createCertificateVerifier({
    trustedRoots: [agent.authority.rootCertificate],
    sha256: crypto.sha256,
  })
  const identities = createVerifierIdentities(context)
  const requests = createOpenRequests(context)
  const askedQuery = createQueries(context)
  const proveAsker = createAskerProofs(context)
  const responseUri = (id: string) => `${config.publicUrl}/verifier/responses/${id}`
  const claimsSweep = createClaimsSweep(context, CLAIMS_SECONDS)
  const ports: EvaluationPorts = {
    certificates,
    crypto,
    receipt: deps.anchoring.verifyReceipt,
    accreditation: createAccreditation(context, deps.anchoring),
    status: createStatusSource(context, {
      certificates,
      crypto,
      own: async (listId, index) => {
        const list = await deps.status.currentList(listId)
        try {
          return list?.statusAt(index)
        } catch {
          return undefined
        }
      },
    }),
  }

  const verifierOf = ({ verifierId, actor }: Principal): string => {
    if (verifierId === null) throw new Problem('forbidden', 'You act for no verifier.')
    // What citizens show there says whose it is: no member of staff and no machine asks, or looks on.
    if (identifying.has(verifierId) && keyOfActor(actor) === undefined)
      throw new Problem('forbidden', 'Here only wallets ask, for themselves.')
    return verifierId
  }

  async function create(principal: Principal, body: CreateVerification): Promise<CreatedVerification> {
    const verifierId = verifierOf(principal)
    const { template, dcql, purpose, anchorPolicy } = askedQuery(body)
    if (template !== null && city.templates.get(template)?.verifiers?.includes(verifierId) === false)
      throw new Problem('forbidden', 'This template is for other verifiers.')
    const identity = await identities.get(verifierId)
    const id = uuidOf(random(16))
    const { privateKey, publicJwk } = createResponseKey()
    const createdAt = clock()
    const request: OpenRequest = {
      verifierId,
      actor: principal.actor,
      template,
      purpose,
      dcql,
      anchorPolicy,
      nonce: Buffer.from(random(24)).toString('base64url'),
      privateKey,
      publicJwk,
      expiresAt: new Date(createdAt.getTime() + REQUEST_SECONDS * 1000),
    }
    await insertVerification(db.sql, {
      ...request,
      id,
      dcql: JSON.stringify(dcql),
      sealedKey: requests.sealKey(id, privateKey),
      publicKey: JSON.stringify(publicJwk),
      createdAt,
    })
    requests.keep(id, request)
    const query = new URLSearchParams({
      client_id: identity.clientId,
      request_uri: `${config.publicUrl}/verifier/requests/${id}`,
      request_uri_method: 'post',
    }).toString()
    return {
      id,
      requestUri: `openid4vp://?${query}`,
      walletLink: `${config.publicUrl}/wallet/present#${query}`,
      expiresAt: request.expiresAt.toISOString(),
    }
  }

  async function requestObject(id: string, walletNonce?: string): Promise<string> {
    const request = await requests.get(id)
    if (request.expiresAt <= clock()) throw closed('request_expired')
    requests.noteFetched(id)
    const identity = await identities.get(request.verifierId)
    const { template, purpose, dcql } = request
    const registration =
      template !== null && purpose
        ? await identities.registration(identity, template, registeredPurpose(purpose, dcql))
        : undefined
    const dpopJkt = identifies(request) ? keyOfActor(request.actor) : undefined
    return signRequestObject({
      id,
      identity,
      responseUri: responseUri(id),
      nonce: request.nonce,
      dcql,
      responseKey: request.publicJwk,
      ...(registration === undefined ? {} : { registration }),
      ...(walletNonce === undefined ? {} : { walletNonce }),
      ...(dpopJkt === undefined ? {} : { dpopJkt }),
      iat: seconds(clock()),
      exp: seconds(request.expiresAt),
      sign: agent.signer(identity.keyRef),
    })
  }

  async function answer(id: string, jwe: string, dpop?: string): Promise<void> {
    const request = await requests.get(id)
    const now = clock()
    if (request.expiresAt <= now) throw closed('request_expired')
    if (identifies(request)) proveAsker({ header: dpop, url: responseUri(id), actor: request.actor })
    const { clientId } = await identities.get(request.verifierId)
    const evaluation = await examine(id, jwe, { ...request, clientId, now: seconds(now) })
    if (evaluation === 'declined') return conclude(id, declined(now))
    const { checks, claims, copies } = evaluation
    const refusal = refusalOf(checks) ?? null
    const state = refusal === null ? 'accepted' : 'refused'
    const sealedClaims =
      state === 'accepted' ? seal(id, identifies(request) ? { claims, copies } : { claims }) : null
    await conclude(id, { state, checks, refusal, sealedClaims, now })
    log.debug({ verification: id, state, refusal }, 'presentation decided')
    if (refusal !== null) throw refused(refusal)
  }

  async function examine(id: string, jwe: string, request: OpenRequest & { clientId: string; now: number }) {
    try {
      const answers = readVpToken(jwe, request.privateKey, id)
      return answers === 'declined' ? answers : await evaluate(answers, request, ports)
    } catch (error) {
      throw undecided(error)
    }
  }

  async function conclude(id: string, decision: Decision): Promise<void> {
    if (!(await decide(db.sql, id, decision))) throw closed(await requests.whyClosed(id))
    requests.drop(id)
  }

  async function decline(id: string, state: string | undefined): Promise<void> {
    await requests.get(id)
    // The state is in the signed request alone: who has not fetched it cannot close it by guessing the address.
    if (state !== id) throw malformed('The answer names another request.')
    await conclude(id, declined(clock()))
  }

  async function read(principal: Principal, id: string): Promise<VerificationView> {
    const now = clock()
    const oldest = new Date(now.getTime() - CLAIMS_SECONDS * 1000)
    const row = await takeResult(
      db.sql,
      { id, verifierId: verifierOf(principal), actor: principal.actor },
      { now, oldest },
    )
    if (!row) throw new Problem('not_found', 'You have asked no such question.')
    const claims = row.taken && row.sealedClaims ? open(id, row.sealedClaims).claims : null
    return {
      ...summaryOf(
        requests.isFetched(id) && row.state === 'created' ? { ...row, state: 'fetched' } : row,
        now,
      ),
      checks: row.checks ?? [],
      claims,
      claimsDropped: row.state === 'accepted' && claims === null,
    }
  }

  async function takeSubjects(sql: Sql, principal: Principal, id: string, question: CreateVerification) {
    const now = clock()
    const key = {
      id,
      verifierId: verifierOf(principal),
      actor: principal.actor,
      dcql: JSON.stringify(askedQuery(question).dcql),
    }
    const row = await takeAnswer(sql, key, { now, oldest: new Date(now.getTime() - CLAIMS_SECONDS * 1000) })
    if (!row) throw new Problem('not_found', 'You have asked no such question.')
    const { state, refusal } = row
    if (state === 'refused')
      throw new Problem('verification_refused', 'What was shown was not accepted.', { refusal })
    if (state !== 'accepted')
      throw row.expiresAt <= now
        ? new Problem('expired', 'Nothing was shown in time.')
        : new Problem('verification_pending', 'Nothing was shown yet.')
    if (!row.taken || !row.sealedClaims)
      throw new Problem('verification_spent', 'This was used already, or too long ago.')
    const { copies = [] } = open(id, row.sealedClaims)
    const subjects = await sql<{ subjectId: string }>`
      SELECT DISTINCT c."subjectId" FROM "CredentialCopy" y JOIN "Credential" c ON c."id" = y."credentialId"
      WHERE y."hash" = ANY(${copies}::text[])`
    if (subjects.length === 0) throw new Problem('unknown_subject', 'The card shown is not one of this city.')
    return subjects.map(({ subjectId }) => subjectId)
  }

  const seal = (id: string, kept: Kept) =>
    agent.seal(`verification.claims:${id}`, Buffer.from(JSON.stringify(kept)))
  const open = (id: string, sealed: Uint8Array) =>
    JSON.parse(Buffer.from(agent.open(`verification.claims:${id}`, sealed)).toString('utf8')) as Kept

  return {
    create,
    requestObject,
    answer,
    decline,
    read,
    takeSubjects,
    list: async (principal) => {
      const now = clock()
      return (await listResults(db.sql, verifierOf(principal), RECENT)).map((row) => summaryOf(row, now))
    },
    sweep: claimsSweep.sweep,
    start: claimsSweep.start,
    stop: async () => {
      await claimsSweep.stop()
      await requests.settle()
    },
  }
}

function summaryOf(row: ResultRow, now: Date): VerificationSummary {
  const { id, template, state, refusal, createdAt, expiresAt, answeredAt } = row
  const open = state === 'created' || state === 'fetched'
  return {
    id,
    template,
    state: open && expiresAt <= now ? 'expired' : state,
    refusal,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    answeredAt: answeredAt?.toISOString() ?? null,
  }
}

const declined = (now: Date): Decision => ({
  state: 'refused',
  checks: [],
  refusal: 'declined',
  sealedClaims: null,
  now,
})

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)

/** Version 4 of RFC 9562 from sixteen random bytes. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes)
  hex[6] = ((hex[6] ?? 0) & 0x0f) | 0x40
  hex[8] = ((hex[8] ?? 0) & 0x3f) | 0x80
  return hex.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
